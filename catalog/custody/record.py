"""The record an entry commits to: pure functions, no database.

A record is canonical JSON (RFC 8785). Whatever says who, why, from where, or is free text, is *private*: the
record holds a salted SHA-256 of it, so that an entry can be shown with the field withheld and still be proven,
and nobody can find the value by trying likely ones.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import rfc8785

RECORD_VERSION = 1
LEAF_PREFIX = b"\x00"
"""RFC 6962 §2.1: leaves and inner nodes are hashed with different prefixes."""


@dataclass(frozen=True, slots=True)
class PrivateField:
    """A value kept out of the record, with the salt its digest was made with (hexadecimal)."""

    name: str
    salt: str
    value: str
    """RFC 8785 text."""


@dataclass(frozen=True, slots=True)
class Record:
    """A finished record: its canonical text, its leaf digest, and the private fields behind its salted digests."""

    text: str
    leaf: str
    private: tuple[PrivateField, ...]


def canonical(value: Any) -> str:
    """Answer the RFC 8785 form of a JSON value as text. Raises ValueError for what JSON cannot hold exactly."""
    return rfc8785.dumps(value).decode("utf-8")


def utc_text(moment: datetime) -> str:
    """Answer a moment as RFC 3339 in UTC with microseconds and `Z`. Raises ValueError for a naive time."""
    if moment.tzinfo is None:
        raise ValueError("a time without its zone cannot be recorded")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def leaf_digest(text: str) -> str:
    """Answer the leaf hash of a record's text, hexadecimal (RFC 6962 §2.1)."""
    return hashlib.sha256(LEAF_PREFIX + text.encode("utf-8")).hexdigest()


def salted_digest(salt: str, value: str) -> str:
    """Answer SHA-256 over the salt's 32 bytes and the value's canonical text, hexadecimal."""
    return hashlib.sha256(bytes.fromhex(salt) + value.encode("utf-8")).hexdigest()


def make_record(
    *,
    entry: UUID,
    action: str,
    at: datetime,
    actor_kind: str,
    subjects: Mapping[str, list[UUID]],
    facts: Mapping[str, Any],
    private: Mapping[str, Any],
    new_salt: Callable[[], str] = lambda: secrets.token_hex(32),
) -> Record:
    """Build the record of an entry; fields of `private` that are None are left out.

    Whole numbers beyond 2^53 are not JSON and raise ValueError: pass them as text.
    """
    fields = tuple(
        PrivateField(name, new_salt(), canonical(value))
        for name, value in sorted(private.items())
        if value is not None
    )
    text = canonical(
        {
            "version": RECORD_VERSION,
            "entry": str(entry),
            "action": action,
            "at": utc_text(at),
            "actor": actor_kind,
            "subjects": {kind: [str(i) for i in ids] for kind, ids in subjects.items()},
            "facts": dict(facts),
            "private": {f.name: salted_digest(f.salt, f.value) for f in fields},
        }
    )
    return Record(text=text, leaf=leaf_digest(text), private=fields)


def proves(text: str, field: PrivateField) -> bool:
    """Answer whether `field` is the value a record's text committed to."""
    committed = json.loads(text)["private"].get(field.name)
    return committed is not None and secrets.compare_digest(committed, salted_digest(field.salt, field.value))
