"""Room on the spool's disk, given out before anything is written, so that several copies never promise it twice."""

from __future__ import annotations

import itertools
import threading

from ingest.copying.durable import Folder

JOURNAL_ROOM = 4 << 20
"""Bytes that copies never take, whatever the setting says: without them no receipt can be written down, so nothing
would ever be freed again."""


class Room:
    """What may still be written above the reserve. Safe to use from several threads."""

    def __init__(self, folder: Folder, reserve: int) -> None:
        """`reserve`: bytes that always stay free, for the journal and whatever else lives on that disk."""
        self._folder = folder
        self._reserve = reserve
        self._lock = threading.Lock()
        self._promised: dict[int, int] = {}
        self._numbers = itertools.count()
        self._waiting = 0

    @property
    def full(self) -> bool:
        """Whether somebody waits for room."""
        return self._waiting > 0

    def take(self, size: int) -> Share | None:
        """Promise `size` bytes; None when they are not there. Raises OSError."""
        with self._lock:
            # What others were promised and have not written yet is still counted as free by the disk.
            if self._folder.room() - sum(self._promised.values()) - size < self._reserve:
                return None
            number = next(self._numbers)
            self._promised[number] = size
        return Share(self, number)

    def ever(self, size: int) -> bool:
        """Whether `size` bytes fit where nothing else lies. Raises OSError."""
        return self._folder.capacity() - size >= self._reserve

    def waits(self, more: int) -> None:
        """One more, or one less, waits for room."""
        with self._lock:
            self._waiting += more

    def wrote(self, number: int, count: int) -> None:
        """So many promised bytes are on the disk: it counts them itself from here on."""
        with self._lock:
            if number in self._promised:
                self._promised[number] = max(0, self._promised[number] - count)

    def give_back(self, number: int) -> None:
        """A promise is not needed any more."""
        with self._lock:
            self._promised.pop(number, None)


class Share:
    """Room promised to one file. Give it back when the file is written, or is not going to be."""

    def __init__(self, room: Room, number: int) -> None:
        self._room = room
        self._number = number

    def wrote(self, count: int) -> None:
        """So many bytes of it were written."""
        self._room.wrote(self._number, count)

    def give_back(self) -> None:
        """Let go of the rest; harmless when repeated."""
        self._room.give_back(self._number)
