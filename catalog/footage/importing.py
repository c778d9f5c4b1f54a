"""Taking in a folder of old footage, file by file, by the same doors as a recorder's: nothing is proven by less."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from pathlib import Path
from uuid import UUID

from catalog.actors import Actor
from catalog.case_files.attaching import CannotAttach
from catalog.custody.log import add_entry
from catalog.database import Database
from catalog.footage.folder import BadFile, Listed, list_folder, read_file
from catalog.footage.house import (
    NoSuchCase,
    case_for_footage,
    hang_on_case,
    open_history_docking,
)
from catalog.intake.completion import Incomplete, complete_uploads
from catalog.intake.dockings import ReportedFile, close_docking, docking_of, note_files
from catalog.intake.offers import HeldAlready, OfferedFile, Wanted, offer_files, renew_addresses
from catalog.intake.sealed import Sealer
from catalog.models import Docking
from catalog.ports import IntakeStore, PartSender
from catalog.probe_results import intake_state
from catalog.receipts import Signer
from catalog.rules.free_text import spoken

TRIES = 3


class IntakeClosed(Exception):
    """The lock probe does not vouch for the storage: nothing is taken in (invariant 7)."""


class NothingKnown(Exception):
    """Neither a case nor any known history was given."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file. `end`: received, held already, or refused with a reason."""

    shown: str
    end: str
    reason: str = ""
    clip: UUID | None = None
    attached: bool = False
    """It was put on the case now."""


@dataclass
class FootageReport:
    """What came of a folder."""

    docking: UUID
    files: list[Taken] = field(default_factory=list)
    stopped: str = ""
    """Why it ended before the last file; empty when it did not."""

    @property
    def counts(self) -> Counter[str]:
        """How many files of each end."""
        return Counter(one.end for one in self.files)


@dataclass(frozen=True, slots=True)
class Doors:
    """What taking in needs of the house."""

    database: Database
    store: IntakeStore
    sender: PartSender
    sealer: Sealer
    signer: Signer
    zone: tzinfo
    part_size: Callable[[int], int]
    clock: Callable[[], datetime]


def import_footage(
    doors: Doors,
    folder: Path,
    *,
    actor: Actor,
    case_number: str = "",
    history: str = "",
    on_file: Callable[[Taken], None] = lambda _: None,
) -> FootageReport:
    """Take in every file of `folder`. Raises IntakeClosed, NothingKnown, NoSuchCase; a bad file is reported, the rest goes on.

    Each is locked, receipted and worked on like a recorder's; the clip says that its provenance before receipt is not
    proven. Files that are held already are taken in no second time, but put on the case as well.
    """
    known, number, now = spoken(history)[:4000], spoken(case_number), doors.clock()
    if not known and not number:
        raise NothingKnown
    with doors.database.read() as session:
        state = intake_state(session, now)
    if not state.open:
        raise IntakeClosed(state.reason)
    with doors.database.write() as session:
        case = case_for_footage(session, number) if number else None
        station, docking = open_history_docking(session, history=known, case=case, now=now)
        case_id = case.id if case is not None else None
    report = FootageReport(docking)
    try:
        for taken in _each(doors, folder, station, docking, report):
            put = _put_on_case(doors, taken, case_id, actor, report)
            report.files.append(put)
            on_file(put)
            if report.stopped:
                break
    except BaseException as error:
        report.stopped = f"it broke off ({type(error).__name__})"
        raise
    finally:
        _close(doors, report, case_id=case_id, actor=actor, known=known, folder=folder)
    return report


def _put_on_case(
    doors: Doors, taken: Taken, case_id: UUID | None, actor: Actor, report: FootageReport
) -> Taken:
    """What is received is received, whether or not the case takes it: why it does not is said."""
    if taken.clip is None or case_id is None:
        return taken
    try:
        with doors.database.write() as session:
            put = hang_on_case(session, actor=actor, case_id=case_id, clip_id=taken.clip, now=doors.clock())
    except NoSuchCase as error:  # somebody passed its file meanwhile: it takes none of the others either
        report.stopped = str(error)
        return replace(taken, reason=f"not put on the case: {error}")
    except CannotAttach as error:
        return replace(taken, reason=f"not put on the case: {error.why}")
    return replace(taken, attached=put)


def _close(
    doors: Doors, report: FootageReport, *, case_id: UUID | None, actor: Actor, known: str, folder: Path
) -> None:
    docking = report.docking
    with doors.database.write() as session:
        now = doors.clock()
        row = session.get_one(Docking, docking)
        row.state = "safe"
        close_docking(
            session, actor=actor, docking=row, files_total=len(report.files),
            reason="failed" if report.stopped else "finished", message=report.stopped, now=now,
        )  # fmt: skip
        add_entry(
            session,
            actor=actor,
            action="footage.imported",
            subjects={
                "docking": docking,
                **({"case": case_id} if case_id is not None else {}),
                "clip": sorted({t.clip for t in report.files if t.clip is not None}),
            },
            facts={"ends": dict(sorted(report.counts.items())), "stopped": bool(report.stopped)},
            private={"known_history": known or None, "folder": str(folder)},
            now=now,
        )


def _each(
    doors: Doors, folder: Path, station: Actor, docking: UUID, report: FootageReport
) -> Iterator[Taken]:
    for listed in list_folder(folder):
        try:
            yield _take(doors, listed, station, docking)
        except BadFile as error:
            _note(doors, listed, station, docking, str(error))
            yield Taken(listed.shown, "refused", str(error))
        except (doors.store.StorageError, doors.sender.Away, IntakeClosed) as error:
            report.stopped = str(error)
            return


def _take(doors: Doors, listed: Listed, station: Actor, docking: UUID) -> Taken:
    with doors.database.read() as session:
        state = intake_state(session, doors.clock())  # asked anew for each: the whole may take hours
    if not state.open:
        raise IntakeClosed(state.reason)
    file = read_file(listed, doors.part_size)
    reason = ""
    for _ in range(TRIES):
        [wanted] = offer_files(
            doors.database, doors.store, doors.sealer, actor=station, docking=docking, files=[file],
            now=doors.clock(),
        )  # fmt: skip
        if isinstance(wanted, HeldAlready):
            return Taken(listed.shown, "held already", clip=wanted.clip)
        upload = wanted.clip
        if (held := _send(doors, listed, file, station, wanted)) is not None:
            return Taken(listed.shown, "held already", clip=held)
        [done], _ = complete_uploads(
            doors.database, doors.store, doors.signer, actor=station, uploads=[(upload, None)],
            now=doors.clock(), zone=doors.zone,
        )  # fmt: skip
        if not isinstance(done, Incomplete):
            return Taken(listed.shown, "held already" if done.held_already else "received", clip=done.clip)
        reason = done.reason
        if not done.retry:
            break
    raise BadFile(reason)


def _send(doors: Doors, listed: Listed, file: OfferedFile, station: Actor, wanted: Wanted) -> UUID | None:
    """Send what is missing; answer the clip where it turns out to be held meanwhile."""
    try:
        fd = os.open(listed.path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise BadFile(f"it cannot be opened any more ({error.strerror})") from error
    try:
        while wanted.parts:
            for part in wanted.parts:
                body = _read_at(fd, part.offset, part.length)
                try:
                    doors.sender.put(part.address, body)
                except (
                    doors.sender.Refused
                ) as error:  # the digest signed into the address is not that of these bytes
                    raise BadFile(f"the storage refused it: {error}") from error
            if len(wanted.parts) * file.part_size >= file.size:
                return None
            more = renew_addresses(
                doors.database, doors.store, actor=station, clip=wanted.clip, now=doors.clock()
            )
            if isinstance(more, HeldAlready):
                return more.clip
            if more is None:
                return None
            wanted = more
    finally:
        os.close(fd)
    return None


def _read_at(fd: int, offset: int, length: int) -> bytes:
    try:
        body = os.pread(fd, length, offset)
        while len(body) < length and (more := os.pread(fd, length - len(body), offset + len(body))):
            body += more
    except OSError as error:
        raise BadFile(f"it cannot be read any more ({error.strerror})") from error
    if len(body) != length:
        raise BadFile("it became shorter while it was sent")
    return body


def _note(doors: Doors, listed: Listed, station: Actor, docking: UUID, reason: str) -> None:
    """Keep that the file was seen and not taken in."""
    with doors.database.write() as session:
        note_files(
            session,
            docking=docking_of(session, station, docking),
            files=[ReportedFile(listed.name, listed.shown, None, "refused", reason)],
            now=doors.clock(),
        )
