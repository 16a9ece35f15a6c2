"""How the site behaves towards peers: its clock, its patience, its speed, and whether it can call them."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from conformance import targets
from conformance.doctor import Check, Found, Missing, Patient, broken, doubtful, ok

SKEW, MOST = 10.0, 60.0
"""Seconds that clocks may differ; with more than the second, signatures are refused somewhere."""

BURST = 12
"""Requests one after the other, fewer than a peer makes while somebody browses a folder."""

SLOW = 1.0
"""Seconds for a document that never changes."""


def clock(patient: Patient) -> Found:
    """Does the site's clock agree with this one?"""
    _ = patient.discovery
    before = time.time()
    told = patient.ask("/.well-known/ocm").headers.get("date")
    if told is None:
        return doubtful(
            "answers have no Date", "let the server send it (RFC 9110, 6.6.1): peers cannot tell its clock"
        )
    try:
        stated = parsedate_to_datetime(told)
    except ValueError:
        return broken(f"Date is {told[:60]!r}", "write it as HTTP does: Sun, 06 Nov 1994 08:49:37 GMT")
    stated = stated if stated.tzinfo else stated.replace(tzinfo=UTC)
    # The header has whole seconds, and the answer takes a while.
    off = (stated - datetime.fromtimestamp((before + time.time()) / 2, UTC)).total_seconds()
    if abs(off) <= SKEW:
        return ok("within a few seconds")
    said = f"it is {abs(off):.0f} s {'ahead' if off > 0 else 'behind'} of this machine"
    advice = "set it by NTP (and see that this machine is); signatures and tokens are judged by it"
    return broken(said, advice) if abs(off) > MOST else doubtful(said, advice)


def rate(patient: Patient) -> Found:
    """Does it bear a few requests in a row?"""
    _ = patient.document
    for number in range(1, BURST + 1):
        answer = patient.ask("/.well-known/ocm")
        if answer.status == 429:
            wait = answer.headers.get("retry-after")
            after = f"after {number} requests in a row"
            if wait is None:
                return broken(f"429 {after}, without Retry-After", "say how long to wait, and allow more")
            return doubtful(f"429 {after}, for {wait} s", "allow a peer more before it has to wait")
        if answer.status != 200:
            return broken(
                f"the document comes, and then it does not: {answer.status} at request {number}",
                "see whether all servers behind the load balancer are alike",
            )
    return ok(f"{BURST} requests in a row")


def speed(patient: Patient) -> Found:
    """Does the document come quickly?"""
    _ = patient.document
    began = patient.timer()
    patient.ask("/.well-known/ocm")
    took = patient.timer() - began
    if took > SLOW:
        return doubtful(f"it takes {took:.1f} s", "serve it from memory; peers ask for it before every share")
    return ok(f"in {took * 1000:.0f} ms")


def peer(patient: Patient) -> Found:
    """Can the site call its peers? (with --peer)"""
    if patient.peer is None:
        raise Missing("give --peer, an address of this machine as the site sees it, to have this looked at")
    _ = patient.document
    try:
        target = targets.load(patient.url, peer=patient.peer, certificate=patient.certificate, ca=patient.ca)
    except targets.Misuse as error:
        raise Missing(str(error)) from error
    try:
        target.prepare()  # type: ignore[attr-defined]
        told: str = target.unreached  # type: ignore[attr-defined]
    except targets.Misuse as error:
        raise Missing(str(error)) from error
    finally:
        target.close()  # type: ignore[attr-defined]
    if told:
        return broken(
            told,
            "let it make connections to other hosts: firewall, proxy, rules against private addresses; "
            "see that its DNS knows the name given with --peer",
        )
    return ok(f"it asked at {patient.peer} who is calling")


CHECKS: tuple[Check, ...] = (clock, rate, speed, peer)
