"""Passwords may be guessed over WebDAV as often as one likes."""

import base64

from conformance.mutants._parts import receives
from meshsim.departure import Departure
from meshsim.wire import Request

AREA = "rate-limit"
BREAKS = ("OCM-FIELD-061",)
SEEN = ("FB-126",)


def build() -> Departure:
    """Each try seems to come from somebody else, and for somebody else."""
    tries = iter(range(10**6))

    def change(request):
        number = next(tries)
        shown = f"Basic {base64.b64encode(f'user-{number}:x'.encode()).decode()}"
        headers = {**request.headers, "authorization": shown}
        remote = f"192.0.{number // 250 % 250}.{number % 250}"
        return Request(request.method, request.url, headers, request.body, remote)

    return receives("/dav/files/", change)
