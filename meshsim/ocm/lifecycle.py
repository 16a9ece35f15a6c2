"""What may happen to a share, an invite and a contact: states and events as tables."""


class Refused(Exception):
    """The event does not fit the state."""
