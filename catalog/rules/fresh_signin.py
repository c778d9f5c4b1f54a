"""What cannot be undone, or binds others, asks for a fresh sign-in (R2.12): an open session may be somebody else's by now."""

from __future__ import annotations

from datetime import datetime, timedelta

FRESH = timedelta(minutes=5)
"""So recent must the last proof of who sits there be."""


def is_fresh(signed_in_at: datetime | None, now: datetime) -> bool:
    """Answer whether a sign-in is recent enough for what cannot be undone. One from the future is none."""
    return signed_in_at is not None and now - FRESH <= signed_in_at <= now
