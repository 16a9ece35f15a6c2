"""What must always be true of a run: functions of its transcript and its records.

A plug-in offers `build() -> Invariant`.
"""
