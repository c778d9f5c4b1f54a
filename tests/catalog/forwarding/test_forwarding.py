"""The custody log reaches a real collector whole and in order, whatever breaks on the way."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from catalog.auditing.exporting import begin_export, export_lines
from catalog.custody.projection import placed
from catalog.database import Database
from catalog.forwarding import forward as module
from catalog.models import CustodyPrivate
from catalog.rules.giving_out import Reason
from catalog.rules.merkle import leaf_hash
from tests.catalog import world
from tests.catalog.custody.test_exporting import ZHAO
from tests.catalog.forwarding.desk import Desk, target
from tests.catalog.forwarding.dying_forwarder import BATCH
from tests.services.syslog import Papers, Received, collecting, free_port, make_papers
from workers.forwarding.collector import Collector


@pytest.fixture
def desk(database: Database, now: datetime) -> Desk:
    return Desk(database, now)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return make_papers(tmp_path_factory.mktemp("papers") / "one")


def by_first_coming(places: Sequence[int]) -> list[int]:
    return list(dict.fromkeys(places))


@pytest.mark.parametrize("protocol", ["udp", "tcp", "tls"])
def test_everything_arrives_in_order_over(desk: Desk, papers: Papers, protocol: str) -> None:
    newest = desk.fill(40)
    context = papers.context() if protocol == "tls" else None
    with collecting(protocol, tls=context) as got:
        to = target(got.port, protocol, syslog_ca_file=papers.authority)
        assert desk.go(to, limit=60_000).trouble == ""
        found = got.wait(newest + 1)
        newest = desk.place()  # that it began is an entry too
        desk.go(to, limit=60_000)
        found = got.wait(newest + 1)
    assert [int(one.custody["seq"]) for one in found] == list(range(newest + 1))
    state = desk.state(to)
    assert (state.behind, state.error, state.sent_at) == (0, "", desk.now)
    for one, entry in zip(found, placed(desk.database, 0, newest, records=True), strict=True):
        text = json.loads(one.text)
        assert text == {"place": entry.place, "leaf": entry.leaf, "record": entry.record}
        assert leaf_hash(text["record"].encode()).hex() == one.custody["leaf"] == entry.leaf
        record = json.loads(entry.record)
        assert (one.custody["action"], one.custody["entry"]) == (record["action"], record["entry"])
        assert one.at == datetime.fromisoformat(record["at"])
        assert one.severity == (4 if record["action"] == "act.refused" else 6)
        assert (one.facility, one.host, one.app, list(one.data)) == (
            13, "liuhen-1", "liuhen", ["custody@32473"],
        )  # fmt: skip
        assert one.text.isprintable()
        assert one.custody["bureau"] == "某某区市场监督管理局"


def test_neither_values_nor_salts_leave_and_the_form_is_that_of_the_export(desk: Desk) -> None:
    newest = desk.fill(20)
    with collecting("tcp") as got:
        desk.go(target(got.port), limit=60_000)
        found = got.wait(newest + 1)
    everything = b"".join(got.raw).decode()
    with desk.database.read() as session:
        for private in session.scalars(select(CustodyPrivate)):
            assert private.salt not in everything
            assert private.value not in everything
    for word in ("wang", "10.0.0.9", "private "):
        assert word not in everything
    extent = begin_export(desk.database, actor=ZHAO, reason=Reason("case"), last=newest, now=desk.now)
    lines = list(export_lines(desk.database, extent))[1:-1]
    assert [json.loads(one.text) for one in found] == [json.loads(line) for line in lines]


def test_killed_at_every_moment_in_turn(desk: Desk, database_url: str) -> None:
    newest = desk.fill(60)
    with collecting("tcp") as got:
        done = subprocess.run(
            [sys.executable, "-m", "tests.catalog.forwarding.dying_forwarder", database_url, str(got.port)],
            check=False,
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        assert done.returncode == 0, done.stderr
        deaths = int(done.stdout)
        assert deaths >= 10
    places = got.places()
    assert by_first_coming(places) == list(range(newest + 1))  # nothing skipped, in order
    for before, after in pairwise(places):
        assert after == before + 1 or before - BATCH < after <= before  # at most the last batch once more
    assert len(places) > newest + 1


def test_a_collector_that_is_down_holds_up_nothing_and_gets_all_later(desk: Desk) -> None:
    newest, port = desk.fill(12), free_port()
    to = target(port)
    first = desk.go(to)
    assert (first.sent, first.trouble) == (0, "nothing accepts messages at this address")
    state = desk.state(to)
    assert (state.behind, state.since) == (newest + 1, desk.now)
    assert state.failing_since == desk.now
    assert state.due_at == desk.now + timedelta(seconds=30)
    begun = desk.now
    with collecting("tcp", port=port) as got:
        assert desk.go(to).trouble == first.trouble  # it is left alone for the pause
        assert got.connections == 0
    pauses = []
    for _ in range(7):
        due = desk.state(to).due_at
        assert due is not None
        desk.now = due
        desk.go(to)
        again = desk.state(to)
        assert again.due_at is not None
        pauses.append((again.due_at - desk.now).total_seconds())
        assert again.failing_since == begun
    assert pauses == [60, 120, 240, 480, 600, 600, 600]
    newest = desk.fill(3)  # others go on meanwhile
    due = desk.state(to).due_at
    assert due is not None
    desk.now = due
    with collecting("tcp", port=port) as got:
        assert desk.go(to).trouble == ""
        got.wait(newest + 1)
    assert got.places() == list(range(newest + 1))
    state = desk.state(to)
    assert (state.behind, state.error, state.failing_since, state.due_at) == (0, "", None, None)


def test_a_connection_broken_off_half_way_is_not_taken_for_delivery(desk: Desk) -> None:
    newest = desk.fill(30)
    with collecting("tcp") as got:
        got.break_after = 10
        to = target(got.port)
        assert desk.go(to).trouble == "it broke off the connection"
        assert desk.state(to).behind == newest + 1
        got.break_after = None
        desk.now += timedelta(minutes=1)
        assert desk.go(to).trouble == ""
    assert got.places() == [*range(10), *range(newest + 1)]


def test_a_collector_that_never_ends_connections_is_believed_when_it_has_every_byte(desk: Desk) -> None:
    newest = desk.fill(3)
    with collecting("tcp") as got:
        got.keep_open = True
        assert desk.go(target(got.port)).trouble == ""
        got.wait(newest + 1)


def test_two_workers_at_once_do_not_interleave(desk: Desk) -> None:
    newest, inside, rounds = desk.fill(30), threading.Barrier(2, timeout=20), []
    with collecting("tcp") as got:
        to = target(got.port)

        def second() -> None:
            inside.wait()
            rounds.append(desk.go(to))
            inside.wait()

        other = threading.Thread(target=second)
        other.start()

        def meanwhile() -> None:
            got.meanwhile = lambda: None
            inside.wait()
            inside.wait()

        got.meanwhile = meanwhile
        assert desk.go(to).sent == newest + 1
        other.join()
    assert [(one.sent, one.trouble) for one in rounds] == [(0, "")]
    assert got.places() == list(range(newest + 1))


def test_many_workers_begin_at_the_same_moment(desk: Desk) -> None:
    newest = desk.fill(30)
    with collecting("tcp") as got:
        to = target(got.port)
        workers = [threading.Thread(target=desk.go, args=(to,)) for _ in range(5)]
        for one in workers:
            one.start()
        for one in workers:
            one.join()
        assert by_first_coming(got.places())[: newest + 1] == list(range(newest + 1))
        with desk.database.read() as session:
            assert len(world.entries(session, "custody.forwarding-begun")) == 1


def test_one_that_was_taken_for_lost_does_not_move_the_cursor(desk: Desk) -> None:
    newest = desk.fill(20)
    with collecting("tcp") as got:
        to = target(got.port)

        class Slow(Collector):
            def send(self, messages: Sequence[bytes]) -> None:
                super().send(messages[:5])
                desk.now += module.LEASE + timedelta(seconds=1)
                assert desk.go(to).sent == newest + 1  # another takes over from the same place
                raise self.Away("late")

        assert desk.go(to, way=Slow(to)).trouble == "late"
    assert got.places() == [*range(5), *range(newest + 1)]
    state = desk.state(to)
    assert (state.behind, state.error) == (0, "")


def test_another_collector_begins_at_the_beginning(desk: Desk) -> None:
    newest = desk.fill(5)
    with collecting("tcp") as old, collecting("tcp") as new:
        desk.go(target(old.port))
        desk.go(target(new.port))
        assert old.places() == new.places() == list(range(newest + 1))


def test_a_message_that_is_too_long_is_cut_behind_place_and_leaf(desk: Desk) -> None:
    newest = desk.fill(8)  # the last has 9000 bytes of one word
    with collecting("udp") as got:
        desk.go(target(got.port, "udp"), limit=1024)
        found = got.wait(newest + 1)
    assert all(len(one) <= 1024 for one in got.raw)
    cut = [one for one in found if "cut" in one.custody]
    assert cut
    entries = list(placed(desk.database, 0, newest, records=True))
    for one in cut:
        entry = entries[int(one.custody["seq"])]
        assert one.custody["leaf"] == entry.leaf
        assert int(one.custody["cut"]) > len(one.text.encode())
        assert one.text.startswith(f'{{"leaf":"{entry.leaf}","place":{entry.place},"record":"')


@pytest.mark.parametrize("ask", [False, True])
def test_a_certificate_is_checked_by_whoever_wants_one(desk: Desk, papers: Papers, ask: bool) -> None:
    newest = desk.fill(3)
    with collecting("tls", tls=papers.context(ask=ask)) as got:
        strange = target(got.port, "tls")
        assert "its certificate is not accepted (" in desk.go(strange).trouble
        desk.now += timedelta(minutes=2)
        bare = target(got.port, "tls", syslog_ca_file=papers.authority)
        if ask:
            trouble = desk.go(
                bare
            ).trouble  # the collector breaks off: whether its reason still arrives is chance
            assert "TLS with it failed (" in trouble or trouble == "it broke off the connection"
            assert desk.state(bare).behind == newest + 1
            desk.now += timedelta(minutes=2)
            bare = target(
                got.port,
                "tls",
                syslog_ca_file=papers.authority,
                syslog_certificate_file=papers.server,
            )
        assert desk.go(bare).trouble == ""
    assert by_first_coming(got.places())[: newest + 1] == list(range(newest + 1))


def test_a_certificate_for_another_name_is_refused(desk: Desk, tmp_path: Path) -> None:
    desk.fill(2)
    other = make_papers(tmp_path / "other", "DNS:elsewhere.example")
    with collecting("tls", tls=other.context()) as got:
        trouble = desk.go(target(got.port, "tls", syslog_ca_file=other.authority)).trouble
    assert "its certificate is not accepted (" in trouble
    assert got.raw == []


def test_other_troubles_are_said_in_words(desk: Desk, tmp_path: Path) -> None:
    desk.fill(2)
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("nothing")
    assert desk.go(target(1, "tls", syslog_ca_file=nothing)).trouble == (
        f"{nothing} holds no certificates (PEM), so the collector cannot be believed"
    )
    with collecting("tcp") as got:  # speaks no TLS
        got.meanwhile = lambda: None
        assert desk.go(target(got.port, "tls")).trouble != ""
    assert desk.go(target(free_port(), "udp")).trouble == "nothing accepts messages at this address"


def test_a_collector_that_takes_nothing_is_given_up_in_time(desk: Desk) -> None:
    desk.fill(3)
    gate = threading.Event()
    with collecting("tls", tls=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)) as got:
        got.meanwhile = lambda: gate.wait(10) and None
        to = target(got.port, "tls")
        assert desk.go(to, way=Collector(to, whole_seconds=0.5)).trouble == "it did not answer in time"
        gate.set()
    assert isinstance(got, Received)
