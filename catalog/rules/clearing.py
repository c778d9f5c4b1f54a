"""When bytes may leave a spool or a recorder, as far as the server decides it. Pure functions.

The server never clears anything: it says what the bureau's policy is, and signs a second read-back no earlier than the
bureau's delay after the first. The stations check both.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

Mode = Literal["never", "confirm", "automatic"]

GOOD_FOR = timedelta(days=30)
"""A second read-back older than this is made anew before anything is cleared on its word."""
TRY_AGAIN_AFTER = timedelta(days=1)
"""A second read-back that failed, with no incident about the clip, is tried again no sooner."""


def first_reread(verified_at: datetime, delay: timedelta) -> datetime:
    """Answer the earliest moment at which a clip may be read back a second time."""
    return verified_at + delay


def wants_reread(
    *, verified_at: datetime | None, reread_at: datetime | None, delay: timedelta, now: datetime
) -> bool:
    """Answer whether a clip a station asks about is to be read back a second time now."""
    if verified_at is None or now < first_reread(verified_at, delay):
        return False
    return reread_at is None or now - reread_at > GOOD_FOR


def mode_for(mode: Mode, *, sealed: bool) -> Mode:
    """Answer the policy for one recorder: an original carrier 原始载体 is never cleared."""
    return "never" if sealed else mode
