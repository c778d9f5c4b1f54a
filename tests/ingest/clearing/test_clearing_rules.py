"""Whatever the facts, nothing goes unless every condition holds; and when all hold, it goes."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.clearing.rules import policy_of, read_again_soundly, stays_on_recorder, time_of
from ingest.journal.rows import FileRow
from ingest.protocol import ClearingPolicy, DockingOpened, NameFacts, Statement

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CLIPS = (UUID(int=1), UUID(int=2))


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def statement(kind: str, **changes: Any) -> Statement:
    facts = {
        "protocol": 1, "kind": kind, "clip": CLIPS[0], "bucket": "b", "key": "k", "version": "v", "size": 9,
        "sha256": "a" * 64, "sm3": "b" * 64, "lock_mode": "COMPLIANCE", "lock_until": "2027-01-01T00:00:00Z",
        "time": text(NOW - timedelta(days=9 if kind == "verified" else 5)),
    }  # fmt: skip
    return Statement.model_validate({**facts, **changes})


ROW = FileRow(
    id=1, docking="d", serial="s", path=b"a.mp4", size=9, modified_ns=1, state="held already", word="", detail="",
    attention=False, spool=None, sha256="", sm3="", head="", tail="", parts=(), bad_ranges=[], clip=CLIPS[0], page="",
    held_already=True, received=None, verified=None, reread=None, read_method=None, copied_at=None, verified_at=None,
    named=None, important=False, new=None, clear_from=None, cleared_at=None, cleared_reported=False,
)  # fmt: skip
POLICY = ClearingPolicy(mode="automatic", after_days=7, delay_hours=24)
digests = st.sampled_from(["a" * 64, "b" * 64])
moments = st.integers(-20, 2).map(lambda days: text(NOW + timedelta(days=days)))
statements = st.builds(
    statement,
    st.sampled_from(["verified", "reread"]),
    clip=st.sampled_from(CLIPS), size=st.sampled_from([9, 10]), sha256=digests, sm3=digests,
    lock_until=moments | st.just("never"), time=moments | st.sampled_from(["soon", "2026-11-01T00:00:00"]),
)  # fmt: skip
rows = st.builds(
    lambda **changes: dataclasses.replace(ROW, **changes),
    path=st.sampled_from([b"a.mp4", b"a.cfg"]),
    state=st.sampled_from(["held already", "clearable", "verified", "received", "checked", "found", "refused"]),
    size=st.sampled_from([9, 10]), attention=st.booleans(), important=st.booleans(),
    sha256=st.just("") | digests, sm3=digests, bad_ranges=st.sampled_from([[], [(0, 1)]]),
    clip=st.sampled_from([*CLIPS, None]), named=st.none() | st.builds(NameFacts, profile=st.just("p"), important=st.booleans()),
    verified_at=st.none() | st.integers(-20, 2).map(lambda days: (NOW + timedelta(days=days)).timestamp()),
)  # fmt: skip
policies = st.builds(
    ClearingPolicy,
    mode=st.sampled_from(["never", "confirm", "automatic"]),
    after_days=st.integers(0, 10),
    delay_hours=st.sampled_from([0.0, 24.0, 100.0]),
)


@given(
    row=rows,
    policy=policies,
    confirmed=st.booleans(),
    verified=st.none() | statements,
    reread=st.none() | statements,
)
def test_nothing_goes_unless_everything_holds(
    row: FileRow,
    policy: ClearingPolicy,
    confirmed: bool,
    verified: Statement | None,
    reread: Statement | None,
) -> None:
    if stays_on_recorder(row, policy, confirmed=confirmed, verified=verified, reread=reread, now=NOW):
        return
    assert verified is not None
    assert reread is not None
    assert policy.mode == "automatic" or (policy.mode == "confirm" and confirmed)
    assert not (row.attention)
    assert not (row.important)
    assert not (row.bad_ranges)
    assert row.named is not None or row.path == b"a.mp4"
    assert row.named is None or not row.named.important
    assert row.state in {"held already", "clearable"}
    same = {(s.clip, s.size, s.sha256, s.sm3) for s in (verified, reread)}
    assert len(same) == 1
    assert (verified.clip, verified.size) == (row.clip, row.size)
    assert row.sha256 in {"", verified.sha256}
    delay = timedelta(hours=policy.delay_hours)
    assert time_of(reread) - time_of(verified) >= delay
    assert datetime.fromisoformat(reread.lock_until) > NOW
    waited = NOW - time_of(verified)
    assert waited >= delay
    if policy.mode == "automatic":
        assert waited >= timedelta(days=policy.after_days)
    if row.verified_at is not None:
        assert NOW.timestamp() - row.verified_at >= delay.total_seconds()


def stays(**changes: Any) -> str:
    facts: dict[str, Any] = {
        "row": ROW, "policy": POLICY, "confirmed": False, "verified": statement("verified"),
        "reread": statement("reread"), "now": NOW,
    }  # fmt: skip
    facts.update(changes)
    return stays_on_recorder(facts.pop("row"), facts.pop("policy"), **facts)


def test_it_goes_when_all_holds() -> None:
    assert stays() == ""
    assert stays(row=dataclasses.replace(ROW, state="clearable", sha256="a" * 64, sm3="b" * 64)) == ""


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"policy": ClearingPolicy(mode="never")}, "never"),
        ({"policy": ClearingPolicy(mode="confirm")}, "not-confirmed"),
        ({"policy": ClearingPolicy(mode="automatic", after_days=10)}, "too-early"),
        ({"verified": None}, "not-verified"),
        ({"reread": None}, "not-read-again"),
        ({"reread": statement("reread", sm3="c" * 64)}, "other-bytes"),
        ({"reread": statement("reread", time=text(NOW - timedelta(days=8.5)))}, "too-early"),
        ({"reread": statement("reread", lock_until=text(NOW))}, "lock-over"),
        ({"row": dataclasses.replace(ROW, important=True)}, "important"),
        ({"row": dataclasses.replace(ROW, bad_ranges=[(0, 1)])}, "partial"),
        ({"row": dataclasses.replace(ROW, path=b"MISC/a.cfg")}, "no-recording"),
    ],
)
def test_why_it_stays(changes: dict[str, Any], why: str) -> None:
    assert stays(**changes) == why


def test_a_second_look_is_compared_by_the_servers_own_clock() -> None:
    verified = statement("verified", time=text(NOW))
    for hours, wrong in ((23.9, "too-early"), (24.0, "")):
        reread = statement("reread", time=text(NOW + timedelta(hours=hours)))
        assert read_again_soundly(verified, reread, timedelta(hours=24), NOW) == wrong


@given(here=policies, station=policies)
def test_of_two_policies_the_stricter_holds(here: ClearingPolicy, station: ClearingPolicy) -> None:
    answer = DockingOpened(
        docking=UUID(int=3), recorder_known=True, recorder_label="", page="", clearing=here
    )
    both = policy_of(answer, station)
    order = ("never", "confirm", "automatic")
    assert order.index(both.mode) <= min(order.index(here.mode), order.index(station.mode))
    assert both.after_days >= max(here.after_days, station.after_days)
    assert both.delay_hours >= max(here.delay_hours, station.delay_hours)
    assert policy_of(None, station).mode == "never"
    assert policy_of(answer.model_copy(update={"notes": ["sealed"]}), station).mode == "never"
    assert policy_of(answer, None) == here
