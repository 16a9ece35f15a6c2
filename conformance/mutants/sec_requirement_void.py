"""Requirements that the site does not know are passed over."""

from conformance.mutants._parts import hears
from meshsim.departure import Departure

AREA = "security"
BREAKS = ("OCM-SHARE-076",)
SEEN = ("FB-150",)


def build() -> Departure:
    """Unknown words are dropped."""

    def change(document):
        protocol = document.get("protocol")
        webdav = protocol.get("webdav") if isinstance(protocol, dict) else None
        if not isinstance(webdav, dict) or not isinstance(webdav.get("requirements"), list):
            return None
        known = [word for word in webdav["requirements"] if word in ("must-exchange-token", "must-use-mfa")]
        kept = {name: value for name, value in webdav.items() if name != "requirements"}
        kept |= {"requirements": known} if known else {}
        return {**document, "protocol": {**protocol, "webdav": kept}}

    return hears("share", change)
