"""A Directory Service (draft appendix C), where the examined site keeps one."""

import base64
import json

from conformance import Unsupported, requirement

PATHS = ("/directory", "/.well-known/ocm-directory", "/ocm/directory")


def payload(site):
    """The document of the directory; Unsupported where there is none."""
    for path in PATHS:
        answer = site.get(path)
        if answer.status_code != 200:
            continue
        compact = [*answer.text.strip().split("."), ""][1]
        part = answer.json.get("payload") if isinstance(answer.json, dict) else compact
        try:
            return json.loads(base64.urlsafe_b64decode(str(part) + "=" * (-len(str(part)) % 4)))
        except ValueError:
            continue  # something else is served there
    raise Unsupported("the site keeps no directory")


@requirement("OCM-DIR-001", "OCM-DIR-003", "OCM-DIR-004")
def test_the_directory_is_a_signed_list(site):
    """A JWS whose payload has federation and servers."""
    found = payload(site)

    assert isinstance(found["federation"], str)
    assert isinstance(found["servers"], list)


@requirement("OCM-DIR-005", "OCM-DIR-006", "OCM-DIR-007", "OCM-DIR-008", "OCM-DIR-009")
def test_each_server_is_an_origin_with_a_name(site):
    """Scheme, host, perhaps a port, and no more."""
    import re

    for server in payload(site)["servers"]:
        assert re.fullmatch(r"https?://[^/?#@\s]+/?", server["url"])
        assert isinstance(server["displayName"], str)
