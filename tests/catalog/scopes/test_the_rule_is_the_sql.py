"""What lists show is what the pure rule says, for whole invented bureaux, on both databases."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.case_files.whose import changes
from catalog.database import Database
from catalog.finding.indexing import index_what_is_due
from catalog.finding.search import find
from catalog.finding.visible import not_so, reachable_by, reached, visible_to
from catalog.finding.wanted import ClipFilter
from catalog.holds.reading import named_clips
from catalog.models import (
    Account,
    Attachment,
    Case,
    Clip,
    ClipIndex,
    DocumentUpload,
    LookPurpose,
    Officer,
    Recorder,
    Seal,
    SealReader,
    Step,
    Unit,
)
from catalog.permissions import ROLES
from catalog.purposes.standing import facts_of, onlooker, opened_clips
from catalog.rules.scopes import Act, CaseFacts, Verdict, decide, may_change_case
from tests.catalog.world import add_clip

HOUR = timedelta(hours=1)
few = st.integers(0, 2)
maybe = st.none() | few


@dataclass
class Plan:
    """A bureau by numbers; None: not known."""

    officers: list[int | None] = field(default_factory=list)
    recorders: list[int | None] = field(default_factory=list)
    accounts: list[tuple[int | None, set[str]]] = field(default_factory=list)
    cases: list[tuple[int | None, int | None, int | None]] = field(default_factory=list)
    clips: list[tuple[int | None, int | None]] = field(default_factory=list)
    attached: list[tuple[int, int, str]] = field(default_factory=list)
    put_in: list[tuple[int, int]] = field(default_factory=list)
    purposes: list[tuple[int, int, bool]] = field(default_factory=list)
    seals: dict[int, tuple[str, set[int]]] = field(default_factory=dict)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    def several(item: st.SearchStrategy, least: int, most: int) -> list:  # type: ignore[type-arg]
        return draw(st.lists(item, min_size=least, max_size=most))

    officers = several(maybe, 1, 4)
    recorders = several(maybe, 1, 3)
    officer = st.none() | st.integers(0, len(officers) - 1)
    roles = st.sets(st.sampled_from(sorted(ROLES)), max_size=2)
    accounts = several(st.tuples(officer, roles), 1, 4)
    cases = several(st.tuples(maybe, officer, officer), 1, 3)
    clips = several(st.tuples(officer, st.none() | st.integers(0, len(recorders) - 1)), 1, 6)
    clip, account = st.integers(0, len(clips) - 1), st.integers(0, len(accounts) - 1)
    standing = st.sampled_from(["attached", "detached", "gone"])
    seal = st.tuples(st.sampled_from(["standing", "proposed", "lifted"]), st.sets(account, max_size=2))
    return Plan(
        officers,
        recorders,
        accounts,
        cases,
        clips,
        several(st.tuples(clip, st.integers(0, len(cases) - 1), standing), 0, 6),
        several(st.tuples(account, clip), 0, 2),
        several(st.tuples(account, clip, st.booleans()), 0, 3),
        draw(st.dictionaries(clip, seal, max_size=2)),
    )


@dataclass
class Built:
    """The rows of a plan."""

    accounts: list[Account]
    cases: list[Case]
    clips: list[UUID]


def build(session: Session, plan: Plan, now: datetime) -> Built:
    def at(rows: list, place: int | None) -> UUID | None:  # type: ignore[type-arg]
        return rows[place].id if place is not None else None

    def add(rows: list) -> list:  # type: ignore[type-arg]
        session.add_all(rows)
        session.flush()
        return rows

    units = add([Unit(name=f"{uuid4()}") for _ in range(3)])
    officers = add(
        [
            Officer(number=uuid4().hex, name="人", unit_id=at(units, unit), created_at=now)
            for unit in plan.officers
        ]
    )
    recorders = add(
        [
            Recorder(
                serial=uuid4().hex,
                serial_source="marker",
                label="机",
                unit_id=at(units, unit),
                created_at=now,
            )
            for unit in plan.recorders
        ]
    )
    accounts = add(
        [
            Account(
                username=uuid4().hex,
                email=uuid4().hex,
                fs_uniquifier=uuid4().hex,
                officer_id=at(officers, officer),
                created_at=now,
            )
            for officer, _ in plan.accounts
        ]
    )
    cases = add(
        [
            Case(
                title="案", type="other", opened_at=now, unit_id=at(units, unit),
                handler_id=at(officers, first), second_handler_id=at(officers, second),
            )
            for unit, first, second in plan.cases
        ]
    )  # fmt: skip
    steps = add(
        [
            Step(case_id=case.id, stage="investigation", activity="other", title="步", position=1)
            for case in cases
        ]
    )
    clips = [
        add_clip(
            session, now, f"{n}.MP4", officer_id=at(officers, officer), recorder_id=at(recorders, recorder)
        ).id
        for n, (officer, recorder) in enumerate(plan.clips)
    ]
    for clip, case, standing in plan.attached:
        row = Attachment(
            clip_id=clips[clip], step_id=steps[case].id, role="process", volume="main", attached_at=now
        )
        row.detached_at = None if standing == "attached" else now
        row.detach_confirmed_at = now if standing == "gone" else None
        session.add(row)
    for account, clip in plan.put_in:
        session.add(
            DocumentUpload(
                id=uuid4(), state="duplicate", by_id=accounts[account].id, step_id=steps[0].id, wish={}, name="书",
                kind="document", size=1, sha256="a" * 64, sm3="a" * 64, part_digests=b"", key="", opened_at=now,
                clip_id=clips[clip],
            )
        )  # fmt: skip
    for account, clip, valid in plan.purposes:
        session.add(
            LookPurpose(
                account_id=accounts[account].id, clip_id=clips[clip], purpose="file-check",
                stated_at=now - 9 * HOUR, valid_until=now + HOUR if valid else now - HOUR,
            )
        )  # fmt: skip
    for clip, (state, named) in plan.seals.items():
        session.get_one(Clip, clips[clip]).restricted = state == "standing"
        seal = Seal(
            clip_id=clips[clip], state=state, ground="secret", basis="法", proposed_by=accounts[0].id, proposed_at=now
        )  # fmt: skip
        add([seal])
        for account in named:
            session.add(
                SealReader(
                    seal_id=seal.id, account_id=accounts[account].id, proposed_by=accounts[0].id,
                    proposed_at=now, confirmed_at=now,
                )
            )  # fmt: skip
    session.flush()
    index_what_is_due(session)
    return Built(accounts, cases, clips)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=plans())
def test_the_sql_set_is_the_pure_rule(database: Database, now: datetime, plan: Plan) -> None:
    with database.read() as session:  # dropped at the end, whatever was put in
        built = build(session, plan, now)
        for account, (officer, roles) in zip(built.accounts, plan.accounts, strict=True):
            unit = plan.officers[officer] if officer is not None else None
            actor = Actor(
                kind="person",
                id=account.id,
                name="",
                roles=frozenset(roles),
                officer_id=account.officer_id,
                unit_id=None if unit is None else session.get_one(Officer, account.officer_id).unit_id,
                named=named_clips(session, account.id),
                opened=opened_clips(session, account.id, now),
            )
            who = onlooker(session, actor)
            facts = {clip: facts_of(session, session.get_one(Clip, clip), now) for clip in built.clips}
            expected = {
                act: {c for c, known in facts.items() if decide(who, act, known).verdict is Verdict.ALLOWED}
                for act in (Act.FIND, Act.OPEN)
            }
            these = Clip.id.in_(built.clips)
            listed = set(session.scalars(select(Clip.id).where(these, visible_to(actor))))
            assert listed == expected[Act.FIND]
            indexed = ClipIndex.clip_id.in_(built.clips) & visible_to(actor, ClipIndex)
            assert set(session.scalars(select(ClipIndex.clip_id).where(indexed))) == listed
            others = set(session.scalars(select(Clip.id).where(these, not_so(visible_to(actor)))))
            assert others == set(built.clips) - listed
            for stretch in (1, 1000):  # by the index, and by walking
                hits = find(session, ClipFilter(), actor, limit=100, stretch=stretch)
                assert set(hits.clips) == listed
                assert hits.count == len(listed)
            assert (
                set(session.scalars(select(Clip.id).where(these, reachable_by(actor)))) == expected[Act.OPEN]
            )
            assert reached(session, actor, built.clips) == expected[Act.OPEN]
            for case in built.cases:
                handlers = frozenset(h for h in (case.handler_id, case.second_handler_id) if h)
                assert changes(actor, case) == may_change_case(who, CaseFacts(handlers, case.unit_id))
            # A token of the same person reaches no further than its lists: it states no purpose.
            assert reached(session, replace(actor, opened=frozenset()), built.clips) == listed
