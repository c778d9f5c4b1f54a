"""One recorder under one serial: a second way of writing it would be a second recorder, in service, with no fault (R2.14)."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.maintenance.log import CannotMaintain
from catalog.models import Recorder
from catalog.rules.serials import serial_key


class Known(NamedTuple):
    """A recorder that is there already."""

    id: UUID
    serial: str


class KnownAlready(CannotMaintain):
    """A recorder was not entered since it is there already; `which` says as what."""

    def __init__(self, why: str, which: Known) -> None:
        super().__init__(why)
        self.which = which


class Serials:
    """The serials of the catalog by what they have in common, read once; a table asks for many."""

    def __init__(self, session: Session) -> None:
        self._known: dict[str, list[Known]] = {}
        for number, serial in session.execute(select(Recorder.id, Recorder.serial).order_by(Recorder.serial)):
            self.add(Known(number, serial))

    def add(self, one: Known) -> None:
        """Note one that was entered since."""
        same = self._known.setdefault(serial_key(one.serial), [])
        if one not in same:
            same.append(one)

    def twin(self, serial: str) -> Known | None:
        """Answer a recorder with another way of writing this serial."""
        same = self._known.get(serial_key(serial), [])
        return next((one for one in same if one.serial != serial), None)
