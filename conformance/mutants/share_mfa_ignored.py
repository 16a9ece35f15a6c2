"""must-use-mfa is dropped by a site that has no second factor."""

from conformance.mutants._parts import hears
from meshsim.departure import Departure

AREA = "security"
BREAKS = ("OCM-MFA-005",)
SEEN = ("FB-150",)


def build() -> Departure:
    """The demand is not seen."""

    def change(document):
        protocol = document.get("protocol")
        webdav = protocol.get("webdav") if isinstance(protocol, dict) else None
        if isinstance(webdav, dict) and webdav.get("requirements") == ["must-use-mfa"]:
            kept = {name: value for name, value in webdav.items() if name != "requirements"}
            return {**document, "protocol": {**protocol, "webdav": kept}}
        return None

    return hears("share", change)
