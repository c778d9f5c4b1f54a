"""Keeping `clip_index` true: in the very transaction that changes what a clip is found by.

Triggers note the clips that are due (so that no way of changing a row can forget it); before a session commits, their
rows are gathered anew. Whoever adds something to be found by gathers it here, and makes triggers for it in a migration.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Table,
    bindparam,
    delete,
    exists,
    false,
    func,
    insert,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import Session

from catalog.case_files.standing import ON_THE_LIST
from catalog.finding import labels
from catalog.finding.terms import checksums, on_sqlite, terms_of
from catalog.models import (
    Attachment,
    Case,
    Clip,
    ClipIndex,
    ClipIndexDue,
    Mark,
    Officer,
    Recorder,
    Stage,
    Step,
)
from catalog.rules.marks import ORDER
from catalog.rules.places import cells_of
from catalog.rules.words import folded

TABLE = cast("Table", ClipIndex.__table__)
AT_ONCE = 500
"""Clips gathered with one question."""
LATER = "liuhen index later"
"""Key in `Session.info` of who makes the index in portions and does not want it done at commit."""
POSTGRES_LOCKS = 0x11007
"""The class of the advisory locks under which rows are gathered and written."""
LOCKS = 2048
"""How many of them there are for all clips: PostgreSQL has room for some thousands."""


def index_what_is_due(session: Session) -> None:
    """Gather the rows of all clips this transaction made due. Called before every commit of `Database.write()`."""
    if session.info.get(LATER):
        return
    session.flush()
    # All at once: portions that lock one after the other could wait for each other.
    _one_by_one(session, session.scalars(select(ClipIndexDue.clip_id).where(ClipIndexDue.later == false())))
    while index_some(session, AT_ONCE, ClipIndexDue.later == false()):
        pass


def index_some(session: Session, most: int, *which: ColumnElement[bool]) -> int:
    """Gather the rows of up to `most` due notes; answer how many notes that were."""
    query = select(ClipIndexDue.n, ClipIndexDue.clip_id).where(*which)
    due = session.execute(query.order_by(ClipIndexDue.n).limit(most)).all()
    if due:
        index_clips(session, sorted({row.clip_id for row in due}))
        session.execute(delete(ClipIndexDue).where(ClipIndexDue.n.in_([row.n for row in due])))
    return len(due)


def some_due(session: Session) -> bool:
    """Answer whether clips wait to be indexed, as after an upgrade until `liuhen prepare` is through."""
    return bool(session.scalar(select(exists(select(ClipIndexDue.n)))))


def forget_all(session: Session) -> int:
    """Empty the index and note every clip as due; answer how many. `index_some` does the rest, in portions."""
    if on_sqlite(session):
        session.execute(text("INSERT INTO clip_index_terms (clip_index_terms) VALUES ('delete-all')"))
    _lock(session, range(LOCKS))
    session.execute(delete(ClipIndex))
    session.execute(delete(ClipIndexDue))
    session.execute(insert(ClipIndexDue).from_select(["clip_id", "later"], select(Clip.id, true())))
    return session.scalar(select(func.count()).select_from(ClipIndexDue)) or 0


def index_clips(session: Session, clips: Sequence[UUID]) -> None:
    """Make the rows of these clips (ascending) anew; those of clips that are gone go too."""
    _one_by_one(session, clips)
    held = {
        row.clip_id: row
        for row in session.execute(
            select(
                ClipIndex.n, ClipIndex.clip_id, ClipIndex.labels, ClipIndex.words, ClipIndex.numbers
            ).where(ClipIndex.clip_id.in_(clips))
        )
    }
    rows = _gather(session, clips)
    gone = [held[clip] for clip in held if clip not in rows]
    if gone:
        session.execute(delete(ClipIndex).where(ClipIndex.n.in_([row.n for row in gone])))
    new = [row for clip, row in rows.items() if clip not in held]
    changed = [{**row, "row": held[clip].n} for clip, row in rows.items() if clip in held]
    sqlite = on_sqlite(session)
    if sqlite:
        last = session.scalar(select(func.max(ClipIndex.n))) or 0
        for n, row in enumerate(new, last + 1):
            row["n"] = n
    else:
        for row in (*new, *changed):
            row["terms"] = checksums(terms_of(row["labels"], row["words"], row["numbers"]))
    connection = session.connection()
    if new:
        connection.execute(insert(TABLE), new)
    if changed:
        columns = [name for name in changed[0] if name != "row"]
        connection.execute(
            update(TABLE)
            .where(ClipIndex.n == bindparam("row"))
            .values({name: bindparam(name) for name in columns}),
            changed,
        )
    if sqlite:
        was = [*gone, *(held[row["clip_id"]] for row in changed)]
        now = [(row["n"], row) for row in new] + [(row["row"], row) for row in changed]
        _write_terms(
            session,
            {row.n: (row.labels, row.words, row.numbers) for row in was},
            {n: (row["labels"], row["words"], row["numbers"]) for n, row in now},
        )


def _one_by_one(session: Session, clips: Iterable[UUID]) -> None:
    """Wait until nobody else has these clips at hand: who comes second gathers what the first has written.

    Not by locking their rows, which are not there yet for a new clip or while all is made anew.
    """
    _lock(session, sorted({clip.int % LOCKS for clip in clips}))


def _lock(session: Session, locks: Sequence[int]) -> None:
    """Take these locks (ascending, so that two never wait for each other) until the end of the transaction."""
    if on_sqlite(session) or not locks:
        return  # SQLite has one writer
    session.execute(
        text("SELECT pg_advisory_xact_lock(:locks, n) FROM unnest(CAST(:ns AS integer[])) AS n"),
        {"locks": POSTGRES_LOCKS, "ns": list(locks)},
    )


def _write_terms(
    session: Session, was: Mapping[int, tuple[str, str, str]], now: Mapping[int, tuple[str, str, str]]
) -> None:
    """Take the old terms out of FTS5, which must be told them, and put the new ones in."""
    connection = session.connection()
    out = [{"n": n, "t": " ".join(terms_of(*texts))} for n, texts in was.items() if now.get(n) != texts]
    into = [{"n": n, "t": " ".join(terms_of(*texts))} for n, texts in now.items() if was.get(n) != texts]
    if out:
        connection.execute(
            text("INSERT INTO clip_index_terms (clip_index_terms, rowid, terms) VALUES ('delete', :n, :t)"),
            out,
        )
    if into:
        connection.execute(text("INSERT INTO clip_index_terms (rowid, terms) VALUES (:n, :t)"), into)


def _gather(session: Session, clips: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Read everything these clips are found by."""
    found = session.execute(
        select(
            Clip.id, Clip.name, Clip.kind, Clip.received_at, Clip.recorded_at, Clip.duration, Clip.size,
            Clip.restricted, Clip.latitude, Clip.longitude, Clip.flags, Clip.verified_at, Clip.officer_id,
            Clip.recorder_id, Officer.name.label("officer"), Officer.number, Officer.unit_id,
            Recorder.label.label("recorder"), Recorder.serial,
        )
        .outerjoin(Officer, Officer.id == Clip.officer_id)
        .outerjoin(Recorder, Recorder.id == Clip.recorder_id)
        .where(Clip.id.in_(clips))
    ).all()  # fmt: skip
    failed = set(
        session.scalars(select(Stage.clip_id).where(Stage.clip_id.in_(clips), Stage.state == "failed"))
    )
    attached: dict[UUID, list[Any]] = defaultdict(list)
    for row in session.execute(
        select(
            Attachment.clip_id, Attachment.proves, Step.stage, Step.activity, Step.title, Step.place,
            Case.id.label("case"), Case.number, Case.title.label("case_title"), Case.party,
        )
        .join(Step, Step.id == Attachment.step_id)
        .join(Case, Case.id == Step.case_id)
        .where(Attachment.clip_id.in_(clips), ON_THE_LIST)
        .order_by(Attachment.attached_at, Attachment.id)
    ):  # fmt: skip
        attached[row.clip_id].append(row)
    marks: dict[UUID, list[Any]] = defaultdict(list)
    for mark in session.execute(
        select(Mark.clip_id, Mark.preset, Mark.note)
        .where(Mark.clip_id.in_(clips), Mark.removed_at.is_(None))
        .order_by(Mark.start, Mark.id)
    ):
        marks[mark.clip_id].append(mark)
    return {
        row.id: {
            "clip_id": row.id,
            "received_at": row.received_at,
            "recorded_at": row.recorded_at,
            "duration": row.duration,
            "size": row.size,
            "restricted": row.restricted,
            "latitude": row.latitude,
            "longitude": row.longitude,
            "labels": labels.line(_labels(row, attached[row.id], marks[row.id], failed=row.id in failed)),
            "words": _lines(
                [row.name, row.officer, row.number, row.recorder, row.serial]
                + [
                    text
                    for a in attached[row.id]
                    for text in (a.number, a.case_title, a.party, a.title, a.place, a.proves)
                ]
                # A kind of the bureau's own is its own name; the others have theirs on the pages, in each language.
                + [text for m in marks[row.id] for text in (m.note, "" if m.preset in ORDER else m.preset)]
            ),
            "numbers": _lines(a.number for a in attached[row.id]),
        }
        for row in found
    }


def _lines(texts: Iterable[str | None]) -> str:
    return "\n".join(dict.fromkeys(f for t in texts if t and (f := folded(t))))


def _labels(row: Any, attached: Sequence[Any], marks: Sequence[Any], *, failed: bool) -> list[str]:
    found = [
        labels.officer(row.officer_id),
        labels.kind(row.kind),
        labels.state("verified" if row.verified_at else "waiting"),
        labels.month("received", row.received_at),
    ]
    found.append(labels.month("recorded", row.recorded_at) if row.recorded_at else labels.NO_TIME)
    if row.duration is None:
        found.append(labels.NO_DURATION)
    if row.unit_id is not None:
        found.append(labels.unit(row.unit_id))
    if row.recorder_id is not None:
        found.append(labels.recorder(row.recorder_id))
    troubles = {"failed": failed, "attention": failed or row.flags, "partial": "partial" in row.flags}
    found += [labels.state(state) for state, so in troubles.items() if so]
    if row.latitude is not None and row.longitude is not None:
        found += cells_of(row.latitude, row.longitude)
    if marks:
        found += [labels.MARKED, *(labels.mark(m.preset) for m in marks if m.preset)]
    if not attached:
        found.append(labels.UNATTACHED)
    for a in attached:
        found += [
            labels.step(a.stage, None), labels.step(None, a.activity), labels.step(a.stage, a.activity),
            f"c{a.case.hex}",
        ]  # fmt: skip
    return found
