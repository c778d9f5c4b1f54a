"""What is found is exactly what plain Python finds, by either way, whatever is typed."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from catalog.database import Database
from catalog.finding.naming import officer_called, recorder_called
from catalog.finding.search import COUNTED, Hits, Key, find
from catalog.finding.suggesting import suggest_cases
from catalog.finding.wanted import ANY_MARK, ORDERS, STATES, ClipFilter
from catalog.models import Attachment, Clip, Mark, Officer, Recorder, Unit
from catalog.rules.places import Box, Circle, inside
from catalog.rules.words import folded, words_of
from tests.catalog.finding.bureau import SIGNS, SOMEBODY, Bureau, furnish

WAYS = {"walk": 100_000, "index": 1}
QUESTIONS = st.one_of(
    st.text(st.sampled_from(SIGNS), max_size=4),
    st.text(max_size=12),
    st.text(st.characters() | st.sampled_from("\x00\ud800\udfff\u202e\u200f%_\"*'"), max_size=8),
    st.sampled_from(
        ['"', '""', "*", "录*", "NEAR(a b)", "a OR b", "NOT 录", "^录", "terms:录", "-", "'; DROP TABLE clips; --", "%", "_",
         "\\", "100%_", "王建", "建", "李", "录音笔 9%", "112", "〔", "东风路 18", "签字 食品店", "𠀀", "é", "É", "ｒｅｃ", "长" * 10_000,
         "a " * 5000, "\x00", "\ud83d", "\u202eab", "食品 \u0000"]
    ),
)  # fmt: skip


@pytest.fixture
def bureau(database: Database, now: datetime) -> Bureau:
    with database.write() as session:
        return furnish(session, now)


def everything(session: Session) -> list[Clip]:
    return list(session.scalars(select(Clip).options(selectinload(Clip.stages))))


def texts(session: Session, clip: Clip) -> list[str]:
    """What a clip is found by, gathered without the index."""
    found: list[str | None] = [clip.name]
    if clip.officer_id:
        officer = session.get_one(Officer, clip.officer_id)
        found += [officer.name, officer.number]
    if clip.recorder_id:
        recorder = session.get_one(Recorder, clip.recorder_id)
        found += [recorder.label, recorder.serial]
    for a in attachments(session, clip):
        found += [
            a.proves,
            a.step.title,
            a.step.place,
            a.step.case.title,
            a.step.case.number,
            a.step.case.party,
        ]
    for mark in marks(session, clip):
        found += [mark.note, "" if mark.preset == "signed" else mark.preset]
    return [folded(t) for t in found if t]


def marks(session: Session, clip: Clip) -> list[Mark]:
    return list(session.scalars(select(Mark).where(Mark.clip_id == clip.id, Mark.removed_at.is_(None))))


def attachments(session: Session, clip: Clip) -> list[Attachment]:
    return list(session.scalars(select(Attachment).where(Attachment.clip_id == clip.id)))


def test_words_are_found_as_plain_python_finds_them(database: Database, bureau: Bureau) -> None:
    with database.read() as session:
        known = {clip.id: texts(session, clip) for clip in everything(session) if not clip.restricted}

        @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(QUESTIONS)
        def ask(question: str) -> None:
            words = words_of(question)
            expected = {
                clip for clip, lines in known.items() if all(any(w in line for line in lines) for w in words)
            }
            for way in WAYS.values():
                hits = find(session, ClipFilter(words=question), SOMEBODY, limit=200, stretch=way)
                assert set(hits.clips) == expected
                assert hits.count == len(expected)

        ask()


def test_case_numbers_are_found_as_plain_python_finds_them(database: Database, bureau: Bureau) -> None:
    with database.read() as session:
        numbers = {
            clip.id: [folded(a.step.case.number or "") for a in attachments(session, clip)]
            for clip in everything(session)
            if not clip.restricted
        }
        for typed in ("112", "38 号", "监罚", "〔2026〕", "%", "9", "东风", '"'):
            expected = {
                clip
                for clip, held in numbers.items()
                if all(any(w in number for number in held) for w in words_of(typed))
            }
            for way in WAYS.values():
                assert (
                    set(find(session, ClipFilter(case=typed), SOMEBODY, limit=200, stretch=way).clips)
                    == expected
                )


def fits(session: Session, clip: Clip, wanted: dict[str, Any]) -> bool:
    """The filters in plain Python."""
    attached = attachments(session, clip)
    failed = any(stage.state == "failed" for stage in clip.stages)
    states = {
        "verified": clip.verified_at is not None,
        "waiting": clip.verified_at is None,
        "attention": bool(clip.flags) or failed,
        "failed": failed,
        "partial": "partial" in clip.flags,
    }
    officer = session.get(Officer, clip.officer_id) if clip.officer_id else None
    place = wanted.get("place")
    here = clip.latitude is not None and clip.longitude is not None
    return all(
        (
            "officer" not in wanted or clip.officer_id == wanted["officer"],
            "unit" not in wanted or (officer is not None and officer.unit_id == wanted["unit"]),
            "recorder" not in wanted or clip.recorder_id == wanted["recorder"],
            "kind" not in wanted or clip.kind == wanted["kind"],
            "state" not in wanted or states[wanted["state"]],
            not wanted.get("unattached") or not attached,
            not wanted.get("mark")
            or any(wanted["mark"] in {ANY_MARK, mark.preset} for mark in marks(session, clip)),
            not (wanted.get("stage") or wanted.get("activity"))
            or any(
                a.step.stage in {wanted.get("stage"), None if wanted.get("stage") else a.step.stage}
                and a.step.activity
                in {wanted.get("activity"), None if wanted.get("activity") else a.step.activity}
                for a in attached
            ),
            place is None
            or (
                here
                and (
                    inside(place, clip.latitude or 0, clip.longitude or 0)
                    if isinstance(place, Circle)
                    else place.south <= (clip.latitude or 0) <= place.north
                    and place.west <= (clip.longitude or 0) <= place.east
                )
            ),
            "since" not in wanted or clip.received_at >= wanted["since"],
            "until" not in wanted or clip.received_at < wanted["until"],
        )
    )


def test_every_filter_and_every_two_together(database: Database, bureau: Bureau, now: datetime) -> None:
    with database.read() as session:
        officer = session.scalars(select(Officer).order_by(Officer.number)).first()
        unit = session.scalar(select(Unit).where(Unit.name == "城西分局"))
        recorder = session.scalar(select(Recorder).where(Recorder.serial == "REC-9"))
        assert officer
        assert unit
        assert recorder
        filters: list[dict[str, Any]] = [
            {"officer": officer.id}, {"unit": unit.id}, {"recorder": recorder.id}, {"kind": "photo"},
            *({"state": state} for state in STATES), {"unattached": True}, {"mark": ANY_MARK}, {"mark": "自定标记"},
            {"stage": "investigation"}, {"activity": "questioning"}, {"stage": "investigation", "activity": "patrol"},
            {"place": Circle(26.585, 104.835, 500)}, {"place": Box(26.585, 104.83, 26.595, 104.84)},
            {"place": Circle(0, 0, 1000)}, {"since": now - timedelta(hours=30), "until": now - timedelta(hours=5)},
        ]  # fmt: skip
        clips = [clip for clip in everything(session) if not clip.restricted]
        seen = 0
        for one, two in itertools.combinations_with_replacement(filters, 2):
            wanted = one | two
            expected = {clip.id for clip in clips if fits(session, clip, wanted)}
            seen += bool(expected)
            for way in WAYS.values():
                hits = find(session, ClipFilter(**wanted), SOMEBODY, limit=200, stretch=way)
                assert set(hits.clips) == expected, wanted
                assert hits.count == len(expected), wanted
        assert seen > 60  # most questions have an answer, so something was compared


def test_days_of_the_bureau_begin_in_another_month_of_utc(database: Database, now: datetime) -> None:
    from tests.catalog.world import add_clip  # noqa: PLC0415

    zone = ZoneInfo("Asia/Shanghai")
    first = datetime(2026, 11, 1, tzinfo=zone)
    with database.write() as session:
        early = add_clip(session, first + timedelta(hours=1), "early", recorded=first + timedelta(hours=1)).id
        late = add_clip(session, datetime(2026, 12, 1, tzinfo=zone) - timedelta(hours=1), "late", size=1).id
        add_clip(session, now - timedelta(days=90), "long ago")
    wanted: dict[str, Any] = {"since": first, "until": datetime(2026, 12, 1, tzinfo=zone)}
    with database.read() as session:
        for way in WAYS.values():
            for order in ("received", "size"):
                found = find(session, ClipFilter(order=order, **wanted), SOMEBODY, limit=9, stretch=way)  # type: ignore[arg-type]
                assert found.clips == ([late, early] if order == "received" else [early, late])
            open_ended = ClipFilter(order="size", since=first, rising=True)
            assert find(session, open_ended, SOMEBODY, limit=9, stretch=way).clips == [late, early]
            recorded = ClipFilter(order="size", timed_by="recorded", **wanted)
            assert find(session, recorded, SOMEBODY, limit=9, stretch=way).clips == [early]


def test_the_longest_question_there_can_be(database: Database, bureau: Bureau) -> None:
    long = " ".join("".join(chr(0x4E00 + 100 * n + m) for m in range(100)) for n in range(8))
    everything_asked = ClipFilter(
        words=long,
        case=long,
        place=Box(26, 104, 26.7, 104.7),
        state="failed",
        stage="decision",
        activity="other",
        kind="video",
    )
    with database.read() as session:
        assert find(session, everything_asked, SOMEBODY, limit=9, stretch=1).clips == []


@pytest.mark.parametrize(
    "typed",
    ["", "a\x00b", "\ud800", "' OR 1=1 --", "长" * 9000, "%"],
    ids=["empty", "nul", "half", "sql", "long", "%"],
)
def test_nobody_is_called_that(database: Database, bureau: Bureau, typed: str) -> None:
    with database.read() as session:
        assert officer_called(session, typed) is None
        assert recorder_called(session, typed) is None
        assert suggest_cases(session, SOMEBODY, typed) is not None


def pages(session: Session, wanted: ClipFilter, way: int) -> list[UUID]:
    found: list[UUID] = []
    after: Key | None = None
    while True:
        hits: Hits = find(session, wanted, SOMEBODY, after=after, limit=7, stretch=way)
        found += hits.clips
        after = hits.next
        if after is None:
            return found


@pytest.mark.parametrize("rising", [False, True], ids=["falling", "rising"])
@pytest.mark.parametrize("order", ORDERS)
def test_pages_in_every_order_meet_without_gap_or_double(
    database: Database, bureau: Bureau, order: str, *, rising: bool
) -> None:
    value = {"received": "received_at", "recorded": "recorded_at"}.get(order, order)
    with database.read() as session:
        clips = [c for c in everything(session) if not c.restricted and getattr(c, value) is not None]
        expected = [c.id for c in sorted(clips, key=lambda c: (getattr(c, value), c.id), reverse=not rising)]
        videos = [
            c.id
            for c in sorted(clips, key=lambda c: (getattr(c, value), c.id), reverse=not rising)
            if c.kind == "video"
        ]
        for way in WAYS.values():
            assert pages(session, ClipFilter(order=order, rising=rising), way) == expected  # type: ignore[arg-type]
            assert pages(session, ClipFilter(order=order, rising=rising, kind="video"), way) == videos  # type: ignore[arg-type]


def test_a_page_stays_as_it_was_when_clips_come_in(database: Database, bureau: Bureau, now: datetime) -> None:
    from tests.catalog.world import add_clip  # noqa: PLC0415

    with database.read() as session:
        whole = pages(session, ClipFilter(), 1)
        first = find(session, ClipFilter(), SOMEBODY, limit=10)
    with database.write() as session:
        add_clip(session, now + timedelta(hours=1), "newest")
    with database.read() as session:
        second = find(session, ClipFilter(), SOMEBODY, after=first.next, limit=100)
    assert [*first.clips, *second.clips] == whole


def test_many_hits_are_said_to_be_more_than_were_counted(database: Database, now: datetime) -> None:
    from catalog.models import ClipIndex  # noqa: PLC0415
    from tests.catalog.world import add_clip  # noqa: PLC0415

    with database.write() as session:
        for n in range(30):
            add_clip(session, now, f"a{n}")
    with database.read() as session:
        assert find(session, ClipFilter(), SOMEBODY, limit=5).count == 30
        assert find(session, ClipFilter(words="a"), SOMEBODY, limit=5, stretch=1).count == 30
        assert COUNTED == 1000
        assert session.query(ClipIndex).count() == 30
