"""What may happen to a share, an invite, a contact and a request: states and events as tables.

Both tables of a share only ever move forward, so messages that arrive twice, late or out of
order lead to the same end on both sides. Expiry is not a state: it follows from the clock.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar


class Refused(Exception):
    """The event does not fit the state."""


class Share(StrEnum):
    """Where a share is, on either side."""

    OFFERED = "offered"  # written at the sender; the receiver may or may not have it
    PENDING = "pending"  # on both sides; the recipient has not answered
    ACCEPTED = "accepted"
    DECLINED = "declined"  # refused by the recipient, or left after having been accepted
    REVOKED = "revoked"  # taken back by the sender
    FAILED = "failed"  # refused by the receiving server: exists on neither side


class ShareEvent(StrEnum):
    """What moves a share."""

    CONFIRM = "confirm"  # the receiving server answered 201
    REFUSE = "refuse"  # the receiving server certainly does not have it
    ACCEPT = "accept"
    DECLINE = "decline"
    UNSHARE = "unshare"


SENT: Mapping[tuple[Share, ShareEvent], Share] = {
    (Share.OFFERED, ShareEvent.CONFIRM): Share.PENDING,
    (Share.OFFERED, ShareEvent.REFUSE): Share.FAILED,
    # The recipient may answer before the 201 is back, or although it was lost.
    (Share.OFFERED, ShareEvent.ACCEPT): Share.ACCEPTED,
    (Share.OFFERED, ShareEvent.DECLINE): Share.DECLINED,
    (Share.OFFERED, ShareEvent.UNSHARE): Share.REVOKED,
    (Share.PENDING, ShareEvent.CONFIRM): Share.PENDING,
    (Share.PENDING, ShareEvent.ACCEPT): Share.ACCEPTED,
    (Share.PENDING, ShareEvent.DECLINE): Share.DECLINED,
    (Share.PENDING, ShareEvent.UNSHARE): Share.REVOKED,
    (Share.ACCEPTED, ShareEvent.CONFIRM): Share.ACCEPTED,
    (Share.ACCEPTED, ShareEvent.ACCEPT): Share.ACCEPTED,
    (Share.ACCEPTED, ShareEvent.DECLINE): Share.DECLINED,
    (Share.ACCEPTED, ShareEvent.UNSHARE): Share.REVOKED,
    (Share.DECLINED, ShareEvent.CONFIRM): Share.DECLINED,
    (Share.DECLINED, ShareEvent.DECLINE): Share.DECLINED,
    (Share.DECLINED, ShareEvent.UNSHARE): Share.REVOKED,
    (Share.REVOKED, ShareEvent.CONFIRM): Share.REVOKED,
    (Share.REVOKED, ShareEvent.REFUSE): Share.REVOKED,
    (Share.REVOKED, ShareEvent.DECLINE): Share.REVOKED,
    (Share.REVOKED, ShareEvent.UNSHARE): Share.REVOKED,
}
"""A share in the records of the sending server."""

RECEIVED: Mapping[tuple[Share, ShareEvent], Share] = {
    (Share.PENDING, ShareEvent.ACCEPT): Share.ACCEPTED,
    (Share.PENDING, ShareEvent.DECLINE): Share.DECLINED,
    (Share.PENDING, ShareEvent.UNSHARE): Share.REVOKED,
    (Share.ACCEPTED, ShareEvent.ACCEPT): Share.ACCEPTED,
    (Share.ACCEPTED, ShareEvent.DECLINE): Share.DECLINED,
    (Share.ACCEPTED, ShareEvent.UNSHARE): Share.REVOKED,
    (Share.DECLINED, ShareEvent.DECLINE): Share.DECLINED,
    (Share.DECLINED, ShareEvent.UNSHARE): Share.REVOKED,
    (Share.REVOKED, ShareEvent.UNSHARE): Share.REVOKED,
    # Our user gave up on a share that the sender took back meanwhile.
    (Share.REVOKED, ShareEvent.DECLINE): Share.REVOKED,
}
"""A share in the records of the receiving server."""

OPEN = frozenset({Share.OFFERED, Share.PENDING, Share.ACCEPTED})
"""States in which the sender's credentials work. OFFERED too: receivers may look before they answer 201."""

HELD = frozenset({Share.PENDING, Share.ACCEPTED})
"""States in which a share exists for the recipient."""


class Deal(StrEnum):
    """Where an invite, its acceptance, or a request for a share is."""

    OPEN = "open"  # issued, or asked; no answer yet
    DONE = "done"
    REFUSED = "refused"


class DealEvent(StrEnum):
    """What moves it."""

    AGREE = "agree"
    REFUSE = "refuse"


DEAL: Mapping[tuple[Deal, DealEvent], Deal] = {
    (Deal.OPEN, DealEvent.AGREE): Deal.DONE,
    (Deal.OPEN, DealEvent.REFUSE): Deal.REFUSED,
}
"""An invite, an acceptance on its way, or a request: each is settled once."""

State = TypeVar("State", bound=StrEnum)
Event = TypeVar("Event", bound=StrEnum)


def move(table: Mapping[tuple[State, Event], State], state: State, event: Event) -> State:
    """The state after the event; Refused if the table has no such step."""
    try:
        return table[state, event]
    except KeyError:
        raise Refused(f"cannot {event} what is {state}") from None
