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

from catalog.ids import new_id
from catalog.models.base import Base, Id

APPEND_ONLY = ("custody_entries", "custody_private", "custody_subjects", "custody_places", "custody_lookups")


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


class CustodyLookup(Base):
    """One thing an entry can be found by: who, in which role, from where, what kind of act, about what.

    Made from the entry when it is written and never what proves anything. All rows lie in the order of the key, so a page
    of entries is read from one place, however long the log is.
    """

    __tablename__ = "custody_lookups"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    name: Mapped[str] = mapped_column(String(8), primary_key=True)
    """actor, role, address, action, group, kind or subject."""
    value: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("custody_entries.id"), primary_key=True)


class UnusualRemark(Base):
    """What an auditor found when looking into a row of the report of unusual access. Added, never changed."""

    __tablename__ = "unusual_remarks"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    row: Mapped[str] = mapped_column(String(64), index=True)
    """Which row: a digest of its rule, person, day and thing."""
    remark: Mapped[str] = mapped_column(Text)
    by_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]
