"""What a test left at a site that is not ours: taken back as soon as the test is over.

Shares that were offered are unshared, shares that were given are taken back, contacts are removed. It is no
part of what is judged, so it is not recorded. What cannot be taken back is counted.
"""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from conformance import Unsupported, signing
from conformance.peer import JSON, Peer, parse
from conformance.record import Recorder, Refused, body
from meshsim.wire import NetworkError, Request


def tidy(link: Recorder, peers: Iterable[Peer]) -> Counter[str]:
    """Take back what this test left; what is left all the same, by kind."""
    left: Counter[str] = Counter()
    by_host = {peer.host: peer for peer in peers}
    acts = [step.told for step in link.steps if step.kind == "act" and step.refused is None]
    ended = {str(args[1]) for verb, args in acts if verb in ("unshare", "decline", "remove_contact")}
    for seen in link.exchanges:
        document = parse(body(seen.request)) if seen.test == link.test else None
        if seen.request.method != "POST" or seen.response is None or not isinstance(document, dict):
            continue
        url, taken, peer = seen.request.url, seen.response.status in (200, 201), by_host.get(seen.source)
        if seen.by_site and url.endswith("/shares"):
            owner, share = str(document.get("owner")).rpartition("@")[0], document.get("providerId")
            if taken and share not in ended:
                left["shares given"] += not _done(link, "unshare", owner, share)
        elif peer is not None and taken and url.endswith("/shares"):
            where = url.removesuffix("shares") + "notifications"
            if not any(key.endswith(str(document.get("providerId"))) for key in ended):
                left["shares offered"] += not _unshared(link, peer, where, document)
        elif peer is not None and taken and url.endswith("/invite-accepted"):
            address = f"{document.get('userID')}@{peer.host}"
            left["contacts"] += address not in ended and not any(
                [_done(link, "remove_contact", user, address) for user in link.users]
            )
    for step in link.steps:
        if step.kind == "act" and step.told[0] == "accept_invite" and step.value:
            left["contacts"] += not _done(link, "remove_contact", step.told[1][0], step.value)
    return +left


def _unshared(link: Recorder, peer: Peer, url: str, share: dict[str, Any]) -> bool:
    """Whether the site takes SHARE_UNSHARED, as the newest draft or as older ones have it."""
    name = share.get("providerId")
    for more in ({}, {"providerId": name}):
        document = {
            "notificationType": "SHARE_UNSHARED",
            "senderDomain": peer.host,
            "resourceType": share.get("resourceType"),
            "notification": {"file": {"providerId": name}},
            **more,
        }
        payload = json.dumps(document).encode()
        request = Request("POST", url, {**JSON, "content-length": str(len(payload))}, payload)
        try:
            signed = signing.sign(request, peer.key, link.session.now())
            if link.session.send(peer.host, signed).status < 300:
                return True
        except (NetworkError, Unsupported):
            return False
    return False


def _done(link: Recorder, verb: str, *args: Any) -> bool:
    try:
        link.session.act(verb, *args)
    except (Refused, Unsupported, NetworkError):
        return False
    return True
