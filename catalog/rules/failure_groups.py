"""Reasons of failures put into groups: what differs only in an identifier or a number is the same reason. Pure."""

from __future__ import annotations

import hashlib
import re

_DIFFERS = re.compile(r"\b[0-9a-f]{8}-[0-9a-f-]{20,}\b|\b[0-9a-f]{12,}\b|\d+(?:\.\d+)?", re.IGNORECASE)


def group_of(reason: str) -> str:
    """Answer a short mark that reasons of one group share; it may stand in an address."""
    return hashlib.sha256(_DIFFERS.sub("…", reason).encode()).hexdigest()[:16]
