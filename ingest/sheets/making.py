"""Makes a docking's sheet from the journal and signs it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import overload
from uuid import UUID

from ingest.journal.journal import Journal
from ingest.journal.rows import DockingRow, FileRow
from ingest.office.orders import software
from ingest.office.signing import StationKey
from ingest.profiles.gaps import missing
from ingest.protocol import SHEET_SIGNATURE_PREFIX, NameFacts, Sheet, SheetFile, SheetGap
from ingest.sheets.shelf import Shelved
from ingest.sheets.text import LARGEST, canonical, entry_of
from ingest.words.words import Words

_AT_ONCE = 1000
_UNSETTLED = frozenset({"copied", "checked", "uploaded"})
"""States that go on by themselves, or when somebody has a file tried again."""


class Names(Sequence[tuple[bytes, NameFacts]]):
    """What makes rows of numbers, of any many names, kept small; no paths."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, int | None, str, int | None, int | None, int]] = []
        self._texts: dict[str, str] = {}

    def add(self, named: NameFacts) -> None:
        """Keep what a name says of its place in a row."""
        if (named.series and named.sequence is not None) or (named.chain and named.part is not None):
            series, chain = (self._texts.setdefault(text, text) for text in (named.series, named.chain))
            self._rows.append(
                (series, named.sequence, chain, named.part, named.wraps_after, named.first_part)
            )

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> tuple[bytes, NameFacts]: ...
    @overload
    def __getitem__(self, place: slice) -> list[tuple[bytes, NameFacts]]: ...
    def __getitem__(self, place: int | slice) -> tuple[bytes, NameFacts] | list[tuple[bytes, NameFacts]]:
        if isinstance(place, slice):
            return [self[n] for n in range(*place.indices(len(self)))]
        series, sequence, chain, part, wraps_after, first_part = self._rows[place]
        return b"", NameFacts(
            profile="",
            series=series,
            sequence=sequence,
            chain=chain,
            part=part,
            wraps_after=wraps_after,
            first_part=first_part,
        )


class SheetMaker:
    """Goes through one docking's files, once."""

    def __init__(self, journal: Journal, docking: DockingRow, words: Words) -> None:
        self._journal = journal
        self._docking = docking
        self._words = words
        self._names = Names()
        self.settled = True
        """Whether nothing of the docking can change any more by itself; known when its body was made."""

    def body(self, revision: int, station: str, made: datetime) -> tuple[bytes, str]:
        """Answer the sheet's canonical form and the digest of what matters in it. Raises rfc8785's errors."""
        frame = self._frame(revision, station, made)
        return canonical(frame, self._entries(), lambda: gaps_of(self._names))

    def _entries(self) -> Iterator[SheetFile]:
        after: bytes | None = None
        while rows := self._journal.files(self._docking.id, after, _AT_ONCE):
            after = rows[-1].path
            for row in rows:
                self._note(row)
                yield entry_of(row, self._words)

    def _note(self, row: FileRow) -> None:
        if row.state in _UNSETTLED:
            self.settled = False
        if row.named is not None:
            self._names.add(row.named)

    def _frame(self, revision: int, station: str, made: datetime) -> Sheet:
        docking = self._docking
        clock = docking.recorder.clock
        return Sheet(
            docking=docking.id,
            revision=revision,
            station=station,
            slot=docking.slot,
            recorder=docking.recorder,
            station_clock=clock.station_clock if clock is not None else None,
            started=_utc(docking.started),
            ended=_utc(docking.ended or made),
            end_reason=docking.reason or "failed",
            files=[],
            gaps=[],
            method=f"{Words('zh').say('sheet-method')} / {Words('en').say('sheet-method')}",
            made=_utc(made),
            maker=maker_of(docking),
            software=software(),
        )


def signed(
    key: StationKey, docking: UUID, revision: int, body: bytes, *, content: str, settled: bool
) -> Shelved:
    """Answer what goes with a sheet's bytes: the station's key and its signature."""
    return Shelved(
        docking=docking,
        revision=revision,
        public_key=key.public_base64,
        signature=key.sign(SHEET_SIGNATURE_PREFIX + body),
        content=content,
        settled=settled,
    )


def maker_of(docking: DockingRow) -> str:
    """Answer who held the recorder or said so at the station; empty when nobody is known."""
    if docking.picked is not None:
        number = docking.picked.number
        names = {one.number: one.name for one in docking.answer.officers} if docking.answer else {}
        return f"{names[number]} {number}" if number in names else number
    return (docking.answer.holder or "") if docking.answer is not None else ""


def gaps_of(
    named: Sequence[tuple[bytes, NameFacts]],
    find: Callable[[Sequence[tuple[bytes, NameFacts]]], list[SheetGap]] = missing,
) -> list[SheetGap]:
    """Answer the gaps in the names, those that RFC 8785 can write."""
    return [gap for gap in find(named) if gap.first <= gap.last <= LARGEST]


def digest_of(body: bytes) -> str:
    """Answer the digest a printed sheet bears."""
    return hashlib.sha256(body).hexdigest()


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
