"""留痕日志: the append-only record of everything that happened, and its order.

Three tables, because they answer three questions: what was committed to (`custody_entries`), what the salted
digests in it stand for (`custody_private`, which may one day be withheld while the entry still proves itself),
and where the entry stands in the log (`custody_places`, filled by the sequencer: database ids are not commit
order). Triggers refuse every update and delete of them, on SQLite and PostgreSQL.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from catalog.models.base import Base, Id

APPEND_ONLY = ("custody_entries", "custody_private", "custody_subjects", "custody_places")


class CustodyEntry(Base):
    """One entry. `record` is the RFC 8785 text the leaf commits to; other columns repeat parts of it for looking up."""

    __tablename__ = "custody_entries"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    record: Mapped[str] = mapped_column(Text)
    leaf: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of 0x00 and the record's UTF-8 bytes (the leaf hash of RFC 6962 §2.1), hexadecimal."""
    action: Mapped[str] = mapped_column(String(48), index=True)
    at: Mapped[datetime] = mapped_column(index=True)


class CustodyPrivate(Base):
    """A private field of an entry: the value and the salt that its digest in the record is made of."""

    __tablename__ = "custody_private"

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("custody_entries.id"), primary_key=True)
    field: Mapped[str] = mapped_column(String(32), primary_key=True)
    salt: Mapped[str] = mapped_column(String(64))
    value: Mapped[Any] = mapped_column(Text)
    """RFC 8785 text of the value."""


class CustodySubject(Base):
    """What an entry is about, for finding a clip's or a case's entries."""

    __tablename__ = "custody_subjects"

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("custody_entries.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(Id, primary_key=True, index=True)


class CustodyPlace(Base):
    """Where an entry stands in the log: 0, 1, 2 … without gaps, given once."""

    __tablename__ = "custody_places"

    place: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("custody_entries.id"), unique=True)
