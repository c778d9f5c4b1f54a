"""How far the custody log was sent on to a log collector."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from catalog.models.base import Base


class LogForwarding(Base):
    """One collector: everything before `next_place` was handed to it."""

    __tablename__ = "log_forwardings"

    collector: Mapped[str] = mapped_column(String(300), primary_key=True)
    """Protocol, host and port: another collector begins at the beginning of the log."""
    next_place: Mapped[int] = mapped_column(BigInteger)
    begun_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    """When entries were last handed over."""
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    """That failed, one after the other."""
    failing_since: Mapped[datetime | None]
    due_at: Mapped[datetime]
    """Not to be tried before."""
    error: Mapped[str] = mapped_column(Text, default="")
    """Plain words; empty when the last try did not fail."""
    holder: Mapped[str | None] = mapped_column(String(32))
    """A random word of the worker that is at it."""
    lease_until: Mapped[datetime | None]
    """After this the worker counts as lost, and another takes over."""
