"""How long an original is locked when it comes in, before anything else is known of it.

All periods start from the server's own clock at receipt, never from a camera's (invariant 3).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

AT_OPENING = timedelta(days=8)
"""Lock an upload is created with: short, because an upload may be abandoned; long enough that the extension
right after completion meets it alive even when the server was down for a week."""
AT_RECEIPT_DAYS = 184
"""Six months and a little: the first review of what nobody has classified."""

RENEW_BEFORE = timedelta(days=60)
"""A lock that ends within two months is renewed: time enough for somebody to notice that renewing fails."""


def lock_at_opening(now: datetime) -> datetime:
    """Answer the lock date of an upload created at `now` (UTC, whole seconds)."""
    return (now.astimezone(UTC) + AT_OPENING).replace(microsecond=0)


def lock_at_receipt(now: datetime) -> datetime:
    """Answer the lock date of an original received at `now` (UTC, whole seconds)."""
    return (now.astimezone(UTC) + timedelta(days=AT_RECEIPT_DAYS)).replace(microsecond=0)
