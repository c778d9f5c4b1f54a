"""Nothing leaves a spool without `verified` and `reread` for exactly its bytes, after the delay, by a sound clock."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ingest.desk import Desk
from ingest.errors import ServerTroubled, ServerUnreachable
from ingest.protocol import SignedStatement
from tests.ingest.docks import Dock, fill, spooled, states
from tests.ingest.reference_server import Clip, Server

HOUR = 3600.0
Lie = Callable[[Server, Clip], SignedStatement | None]


def said(**otherwise: Any) -> Lie:
    return lambda server, clip: server.sign(clip, "reread", **otherwise)


def early(server: Server, clip: Clip) -> SignedStatement:
    assert clip.verified is not None
    soon = datetime.fromisoformat(clip.verified.statement.time) + timedelta(seconds=HOUR - 1)
    return server.sign(clip, "reread", time=soon.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))


def by_another_key(server: Server, clip: Clip) -> SignedStatement:
    own, server.key = server.key, Ed25519PrivateKey.generate()
    try:
        return server.sign(clip, "reread")
    finally:
        server.key = own


def altered(server: Server, clip: Clip) -> SignedStatement:
    signed = server.sign(clip, "reread", sha256="0" * 64)
    true = signed.statement.model_copy(update={"sha256": clip.offer.sha256})
    return signed.model_copy(update={"statement": true})


LIES: dict[str, Lie] = {
    "none": lambda _server, _clip: None,
    "other SHA-256": said(sha256="0" * 64),
    "other SM3": said(sm3="0" * 64),
    "other size": said(size=2),
    "other clip": said(clip=uuid4()),
    "too early": early,
    "lock over": said(lock_until="2020-01-01T00:00:00Z"),
    "no time": said(time="soon"),
    "no zone": said(time="2030-01-01T00:00:00"),
    "no lock date": said(lock_until="always"),
    "another kind": lambda server, clip: server.sign(clip, "verified"),
    "another key": by_another_key,
    "altered": altered,
}


@pytest.fixture(autouse=True)
def hour(desk: Desk) -> None:
    desk.keeper._delay = HOUR


def test_a_spool_file_goes_after_verified_the_delay_and_a_second_look(
    card: Any, dock: Dock, desk: Desk, server: Server
) -> None:
    server.verify_at_once = False
    fill(card, {"a.mp4": b"a"})
    result = dock(card)
    now = time.time()
    desk.keeper.round(now)
    desk.keeper.round(now + 3 * HOUR)
    assert states(desk, result) == {b"a.mp4": "received"}
    now += 3 * HOUR
    server.clock_ahead = timedelta(hours=3)
    (clip,) = server.clips.values()
    clip.verified = server.sign(clip, "verified")
    desk.keeper.round(now + 1)
    server.clock_ahead = timedelta(hours=4, seconds=-2)
    desk.keeper.round(now + HOUR - 2)  # the delay is not over: not even asked
    assert (states(desk, result), clip.reread) == ({b"a.mp4": "verified"}, None)
    server.reread_at_once = False
    server.clock_ahead = timedelta(hours=4, seconds=10)
    desk.keeper.round(now + HOUR + 2)
    assert len(spooled(desk)) == 1
    server.reread_at_once = True
    desk.keeper.round(now + HOUR + 3)
    assert (states(desk, result), spooled(desk)) == ({b"a.mp4": "clearable"}, [])
    assert desk.journal.files(result.docking)[0].reread == clip.reread


@pytest.mark.parametrize("lie", LIES)
def test_a_server_that_lies_frees_nothing(
    lie: str, card: Any, dock: Dock, desk: Desk, server: Server
) -> None:
    fill(card, {"a.mp4": b"a"})
    result = dock(card)
    now = time.time()
    desk.keeper.round(now)
    (clip,) = server.clips.values()
    server.clock_ahead = timedelta(hours=2)
    server.reread_at_once = False
    clip.reread = LIES[lie](server, clip)
    for hours in (1.5, 20, 40):
        desk.keeper.round(now + hours * HOUR)
    assert (states(desk, result), len(spooled(desk))) == ({b"a.mp4": "verified"}, 1)
    clip.reread = server.sign(clip, "reread")
    desk.keeper.round(now + 41 * HOUR)
    assert spooled(desk) == []


@pytest.mark.parametrize("change", [{"sm3": "0" * 64}, {"size": 7}, {"clip": uuid4()}, {"kind": "received"}])
def test_a_verified_for_other_bytes_counts_for_nothing(
    change: dict[str, Any], card: Any, dock: Dock, desk: Desk, server: Server
) -> None:
    server.verify_at_once = False
    fill(card, {"a.mp4": b"a"})
    result = dock(card)
    (clip,) = server.clips.values()
    clip.verified = server.sign(clip, "verified", **change)
    desk.keeper.round(time.time())
    assert states(desk, result) == {b"a.mp4": "received"}


def test_the_bureau_may_ask_for_a_longer_delay(card: Any, dock: Dock, desk: Desk, server: Server) -> None:
    server.clearing = server.clearing.model_copy(update={"delay_hours": 5.0})
    fill(card, {"a.mp4": b"a"})
    dock(card)
    now = time.time()
    desk.keeper.round(now)
    server.clock_ahead = timedelta(hours=4)
    desk.keeper.round(now + 4 * HOUR)
    assert len(spooled(desk)) == 1
    server.clock_ahead = timedelta(hours=5, minutes=1)
    desk.keeper.round(now + 5.01 * HOUR)
    assert spooled(desk) == []


def test_a_clock_that_is_wrong_frees_nothing(card: Any, dock: Dock, desk: Desk, server: Server) -> None:
    fill(card, {"a.mp4": b"a"})
    dock(card)
    now = time.time()
    server.clock_ahead = timedelta(
        hours=3
    )  # what it signs is good throughout: only our clock stands in the way
    (clip,) = server.clips.values()
    clip.reread = server.sign(clip, "reread")
    desk.keeper.round(now - 7200)  # our clock is behind: the statement's time counts
    desk.keeper.round(now - 3000)
    desk.keeper.round(now + 3000)
    assert len(spooled(desk)) == 1
    clip.reread = server.sign(clip, "reread", lock_until="2099-01-01T00:00:00Z")
    desk.keeper.round(now + 400 * 86400)  # it jumps: the delay begins anew
    desk.keeper.round(now + 400 * 86400 + 3500)
    assert len(spooled(desk)) == 1
    desk.keeper.round(now)  # it is set right
    desk.keeper.round(now + 3500)
    desk.keeper._delay = 0
    desk.keeper.free(now - 400)  # behind what was written down
    assert len(spooled(desk)) == 1
    desk.keeper.round(now + 3600)
    assert spooled(desk) == []


def test_what_was_clearable_before_a_jump_waits_again(
    card: Any, dock: Dock, desk: Desk, server: Server
) -> None:
    fill(card, {"a.mp4": b"a"})
    result = dock(card)
    now = time.time()
    desk.keeper.round(now)
    server.clock_ahead = timedelta(hours=2)
    remove = desk.spool.folder.remove
    desk.spool.folder.remove = lambda _name: (_ for _ in ()).throw(OSError(5, "busy"))  # type: ignore[method-assign]
    with pytest.raises(OSError, match="busy"):
        desk.keeper.round(now + 1.5 * HOUR)
    desk.spool.folder.remove = remove  # type: ignore[method-assign]
    assert (states(desk, result), len(spooled(desk))) == ({b"a.mp4": "clearable"}, 1)
    later = now + 10 * 86400
    desk.keeper.round(later)
    desk.keeper.round(later + 0.9 * HOUR)
    assert len(spooled(desk)) == 1
    desk.keeper.round(later + 1.1 * HOUR)
    assert spooled(desk) == []


def test_an_idle_station_says_how_it_stands(card: Any, dock: Dock, desk: Desk, server: Server) -> None:
    server.storage_down = True
    fill(card, {"a.mp4": b"abc", "b.mp4": b"de"})
    dock(card, keep_waiting=lambda _trouble: False)
    desk.keeper._queue = desk._queue
    desk.keeper.round(time.time())
    assert server.queues == []  # a spool of somebody who docks by hand is not the station's
    assert desk.journal.waiting().files == 2
    assert desk.journal.waiting().bytes == 5
    assert datetime.fromtimestamp(desk.journal.waiting().oldest or 0, UTC) <= datetime.now(UTC)


@pytest.mark.parametrize("error", [ServerTroubled("it stumbles"), ServerUnreachable("it takes for ever")])
def test_a_sheet_in_trouble_keeps_no_statement_waiting(
    error: Exception, card: Any, dock: Dock, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise error

    monkeypatch.setattr(desk.client, "send_sheet", fails)
    fill(card, {"a.mp4": b"a"})
    result = dock(card)
    for _ in range(3):
        with contextlib.suppress(ServerUnreachable):
            desk.keeper.round(time.time())
    assert states(desk, result) == {b"a.mp4": "verified"}
    assert desk.journal.docking(result.docking).closed == isinstance(error, ServerTroubled)
