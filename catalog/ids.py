"""Identifiers: UUIDv7, so that ids sort by the time they were made (RFC 9562 §5.7)."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Answer a fresh UUIDv7."""
    return uuid7()
