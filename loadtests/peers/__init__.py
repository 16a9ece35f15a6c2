"""Contenders of the benchmark: each offers the same flow in its own way.

A contender's `prepare` gives a function that runs AT_ONCE flows, of numbers from the one it is called with,
none of which was used before.
"""

AT_ONCE = 16
"""Flows that are under way at a time, as in the measurements that set our goals."""
