"""How much of refused sign-ins stands in the log one by one. Pure: a count in, yes or no out.

Whoever guesses from a thousand addresses must not drown the log. Of each account (and of all names that are none,
taken together) the first refusals of an hour are entered one by one, then those at which their number has doubled; each
says which one it is, and when the hour is over one entry says how many it were.
"""

from __future__ import annotations

from datetime import timedelta

SINGLY = 10
WINDOW = timedelta(hours=1)
MOST_ADDRESSES = 20
"""Network addresses that the entry of an hour names."""


def is_entered(nth: int) -> bool:
    """Answer whether the `nth` refusal of an hour (from 1) has an entry of its own."""
    if nth <= SINGLY:
        return nth > 0
    times, rest = divmod(nth, SINGLY)
    return rest == 0 and times & (times - 1) == 0
