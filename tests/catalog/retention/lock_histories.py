"""Random histories of cases, clips, holds, schedules, time and accidents, and what must be true all along.

A history is a list of acts, each with a number that decides its details, so that the same one runs on any storage.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from catalog.ids import new_id
from catalog.models import Attachment, Case, Clip, Copy, LockApply, LockDue, Step
from catalog.retention.due import locks_due, locks_of_case_due
from catalog.retention.walking import go_on_with_schedules
from catalog.rules.case_life import IN_ARCHIVE
from catalog.rules.desired_lock import until_of
from catalog.rules.held import HeldBy
from catalog.rules.intake_lock import lock_at_receipt
from storage.errors import StorageSilent
from tests.catalog.retention.office import ZONE, Office, row
from tests.catalog.retention.stores import Killed, MemoryStore, Mortal, MortalDatabase, Refused, ScaledStore
from tests.catalog.world import add_clip

TYPES = ("penalty-general", "licence", "other")
YEARS = (1, 2, 30, None)


class History:
    """A bureau whose time passes as `clock` says, or by `pass_days` where it stands still."""

    def __init__(
        self,
        database: Any,
        store: MemoryStore | ScaledStore,
        clock: Callable[[], datetime] | None,
        start: datetime,
    ) -> None:
        self.plain = database
        self.catalog = MortalDatabase(database)
        self.real, self.store, self.clock = store, Mortal(store, self.lifting), clock
        self.catalog.store = self.store
        self.office = Office(self.catalog, self.store, start)  # type: ignore[arg-type]
        self.clips: list[UUID] = []
        self.cases: list[UUID] = []
        self.attachments: list[UUID] = []
        self.holds: dict[UUID, list[HeldBy]] = {}
        self.highest: dict[str, datetime] = {}

    # What the world does

    def take(self, n: int) -> None:
        if len(self.clips) >= 6:
            return
        with self.plain.write() as session:
            clip = add_clip(session, self.now, f"{n}.mp4")
            self._store_copy(clip.copies[0])
            locks_due(session, [clip.id], self.now)
            self.clips.append(clip.id)

    def copy(self, n: int) -> None:
        """A further copy, with the lock it is born with."""
        clip = self._one(self.clips, n)
        if clip is None or len(self.office.clip(clip)[1]) > 1:
            return
        with self.plain.write() as session:
            copy = Copy(
                clip_id=clip, bucket=self.real.bucket, key=f"originals/{new_id()}", version="", lock_mode="COMPLIANCE",
                lock_until=self.now, lock_read_at=self.now, created_at=self.now,
            )  # fmt: skip
            self._store_copy(copy)
            session.add(copy)
            locks_due(session, [clip], self.now)

    def open(self, n: int) -> None:
        if len(self.cases) < 4:
            self.cases.append(self.office.open_case(TYPES[n % 3], ("open", "lead", "dropped")[n // 3 % 3]))

    def attach(self, n: int) -> None:
        clip, case = self._one(self.clips, n), self._one(self.cases, n // 7)
        if clip is None or case is None:
            return
        with self.plain.write() as session:
            step = session.get_one(Case, case).steps[0]
            made = Attachment(
                clip_id=clip,
                step_id=step.id,
                role=("evidence", "process")[n % 2],
                volume="main",
                attached_at=self.now,
            )
            session.add(made)
            session.flush()
            self.attachments.append(made.id)
            locks_due(session, [clip], self.now)

    def detach(self, n: int) -> None:
        self._mark(n, "detached_at", "detached_at")

    def confirm(self, n: int) -> None:
        self._mark(n, "detach_confirmed_at", "detached_at")

    def accept(self, n: int) -> None:
        case = self._one(self.cases, n)
        if case is not None and self._state(case) not in IN_ARCHIVE:
            self.office.accept(case)

    def reopen(self, n: int) -> None:
        case = self._one(self.cases, n)
        if case is not None and self._state(case) in IN_ARCHIVE:
            self.office.move(case, "reopen")

    def merge(self, n: int) -> None:
        """Ended without a file of its own: nothing that was on it loses its hold by that."""
        case = self._one(self.cases, n)
        if case is not None and self._state(case) not in IN_ARCHIVE:
            with self.plain.write() as session:
                session.get_one(Case, case).state = "merged"
                locks_of_case_due(session, case, self.now)

    def hold(self, n: int) -> None:
        clip = self._one(self.clips, n)
        if clip is not None:
            with self.plain.write() as session:
                locks_due(session, [clip], self.now)
            self.holds.setdefault(clip, []).append(HeldBy("court", self.now))

    def lift(self, n: int) -> None:
        clip = self._one(sorted(c for c, held in self.holds.items() if held), n)
        if clip is not None:
            self.holds[clip].pop()
            with self.plain.write() as session:
                locks_due(session, [clip], self.now)

    def schedule(self, n: int) -> None:
        rows = [row(YEARS[n % 4], TYPES[0])]
        if n % 3:
            rows.append(row(YEARS[n // 4 % 4], TYPES[1], role=("any", "evidence")[n // 16 % 2]))
        self.office.schedule(*rows)
        go_on_with_schedules(self.plain, ZONE, self.now)

    # What the house does

    def settle(self, n: int) -> None:
        self.office.settle()

    def night(self, n: int) -> None:
        self._pass(days=n % 40)
        self.office.reconcile(page=1 + n % 3)

    def years(self, n: int) -> None:
        for _ in range(1 + n % 12):
            self._pass(days=40)
            self.office.reconcile()

    def die(self, n: int) -> None:
        """Killed after some call to the storage, before anything of it is written."""
        self.store.die_after = 1 + n % 9
        self._dying(n)

    def die_writing(self, n: int) -> None:
        """Killed in a transaction."""
        self.catalog.die_at_write = 1 + n % 6
        self._dying(n)

    def away(self, n: int) -> None:
        self.store.away_after = 1 + n % 7
        with suppress(StorageSilent):
            self.office.reconcile() if n % 2 else self.office.settle()
        self.store.away_after = 0

    def together(self, n: int) -> None:
        """Two workers at once."""
        failed: list[BaseException] = []

        def work() -> None:
            try:
                self.office.settle()
            except BaseException as error:  # noqa: BLE001 - told below
                failed.append(error)

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failed == []

    def destroy(self, n: int) -> None:
        """Somebody with the disposal key tries: what the storage lets go must have been free to go."""
        clip = self._one(self.clips, n)
        if clip is None:
            return
        found, copies = self.office.clip(clip)
        if found.destroyed_at is not None:
            return
        for copy in copies:
            try:
                self.real.delete(copy.key, copy.version)
            except Refused:
                return
            assert not self.must_be_held(clip)
            assert found.lock_reason["rule"]["kind"] == "period"
            self.highest.pop(copy.key, None)
        with self.plain.write() as session:
            session.get_one(Clip, clip).destroyed_at = self.now

    # What must be true

    def lifting(self, key: str) -> None:
        """No hold is ever taken off while something asks for it."""
        with self.plain.read() as session:
            clip = session.scalars(select(Copy.clip_id).where(Copy.key == key)).one()
        assert not self.must_be_held(clip), "a hold was about to be taken off"

    def must_be_held(self, clip: UUID) -> bool:
        """Whether a case that the archive has not accepted, or a hold, stands on the clip: asked of the rows alone."""
        with self.plain.read() as session:
            states = session.scalars(
                select(Case.state)
                .join(Step, Step.case_id == Case.id)
                .join(Attachment, Attachment.step_id == Step.id)
                .where(Attachment.clip_id == clip, Attachment.detach_confirmed_at.is_(None))
            ).all()
        return bool(self.holds.get(clip)) or bool(set(states) - IN_ARCHIVE)

    def look(self) -> None:
        """No lock at the storage has moved back."""
        for clip in self.clips:
            found, copies = self.office.clip(clip)
            if found.destroyed_at is not None:
                continue
            for copy in copies:
                at = self.real.facts(copy.key, copy.version)
                assert at.lock_until is not None
                assert at.lock_mode == "COMPLIANCE"
                assert at.lock_until >= self.highest.get(copy.key, at.lock_until), "a lock moved back"
                self.highest[copy.key] = at.lock_until

    def meet(self) -> None:
        """After the rounds, desired, observed and storage agree, with a reason that computes to the date."""
        self._pass(hours=2)
        self.office.settle()
        self.office.reconcile()
        with self.plain.read() as session:
            assert session.scalars(select(LockDue.clip_id)).all() == []
            assert session.scalars(select(LockApply.clip_id)).all() == []
        for clip in self.clips:
            found, copies = self.office.clip(clip)
            if found.destroyed_at is not None:
                continue
            assert until_of(found.lock_reason) == found.lock_desired
            if self.must_be_held(clip):
                assert found.hold_desired
            if any(h["kind"] == "open-case" for h in found.lock_reason["holds"]):
                assert found.lock_desired >= self.now + timedelta(days=365)
            for copy in copies:
                at = self.real.facts(copy.key, copy.version)
                assert (at.lock_until, at.hold) == (copy.lock_until, copy.hold)
                assert copy.hold == found.hold_desired
                assert copy.lock_until >= found.lock_desired or found.lock_desired <= self.now

    # Helpers

    @property
    def now(self) -> datetime:
        if self.clock is not None:
            self.office.now = self.clock()
        return self.office.now

    def play(self, acts: Sequence[tuple[str, int]]) -> None:
        """Play a history to its end."""
        for name, n in acts:
            self.office.now = self.now
            getattr(self, name)(n)
            self.look()
        self.meet()
        self.look()

    def _pass(self, **by: int) -> None:
        """Let time pass; where the clock runs by itself it is waited for."""
        if self.clock is None:
            self.office.pass_time(**by)
            return
        assert isinstance(self.real, ScaledStore)
        self.real.sleep(timedelta(**by))
        self.office.now = self.clock()

    def _dying(self, n: int) -> None:
        with suppress(Killed):
            self.office.reconcile() if n % 3 == 0 else self.office.settle()
        self.store.die_after, self.store.dead, self.catalog.die_at_write = 0, False, 0

    def _store_copy(self, copy: Copy) -> None:
        copy.bucket, copy.lock_until = self.real.bucket, lock_at_receipt(self.now)
        copy.version = self.real.put(copy.key, copy.lock_until)

    def _mark(self, n: int, name: str, asked: str) -> None:
        made = self._one(self.attachments, n)
        if made is None:
            return
        with self.plain.write() as session:
            found = session.get_one(Attachment, made)
            if name == asked or getattr(found, asked) is not None:
                session.execute(update(Attachment).where(Attachment.id == made).values({name: self.now}))
                locks_due(session, [found.clip_id], self.now)

    def _state(self, case: UUID) -> str:
        with self.plain.read() as session:
            return session.get_one(Case, case).state

    def holds_on(self, _session: object, clips: Sequence[UUID]) -> Mapping[UUID, Sequence[HeldBy]]:
        """What stands in for the holds of the catalog."""
        return {clip: tuple(self.holds.get(clip, ())) for clip in clips}

    @staticmethod
    def _one(some: Sequence[UUID], n: int) -> UUID | None:
        return some[n % len(some)] if some else None


ACTS = (
    "take", "take", "copy", "open", "attach", "attach", "attach", "detach", "confirm", "accept", "accept", "reopen",
    "merge", "hold", "lift", "schedule", "settle", "settle", "night", "years", "die", "die_writing", "away",
    "together", "destroy",
)  # fmt: skip
