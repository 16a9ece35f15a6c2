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
    for seen in link.exchanges:
        if seen.test != link.test or seen.by_site or seen.request.method != "POST" or seen.response is None:
            continue
        peer, document = by_host.get(seen.source), parse(body(seen.request))
        if peer is None or not isinstance(document, dict):
            continue
        url, status = seen.request.url, seen.response.status
        if url.endswith("/shares") and status in (200, 201):
            if not _unshare(link, peer, url.removesuffix("shares") + "notifications", document):
                left["shares offered"] += 1
        elif url.endswith("/invite-accepted") and status in (200, 201):
            address = f"{document.get('userID')}@{peer.host}"
            left["contacts"] += not any([_done(link, "remove_contact", user, address) for user in link.users])
    for step in link.steps:
        if step.kind != "act" or step.refused is not None:
            continue
        verb, (user, *_) = step.told
        if verb == "share" and isinstance(step.value, dict):
            left["shares given"] += not _done(link, "unshare", user, step.value.get("providerId"))
        elif verb == "accept_invite":
            left["contacts"] += not _done(link, "remove_contact", user, step.value)
    return +left


def _unshare(link: Recorder, peer: Peer, url: str, share: dict[str, Any]) -> bool:
    """Whether the site takes SHARE_UNSHARED, as the newest draft or as older ones have it."""
    for more in ({}, {"providerId": share.get("providerId")}):
        document = {
            "notificationType": "SHARE_UNSHARED",
            "senderDomain": peer.host,
            "resourceType": share.get("resourceType"),
            "notification": {"file": {"providerId": share.get("providerId")}},
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
