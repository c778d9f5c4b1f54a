"""Writers to one file come in one after the other, in the order they came, and nobody's death keeps the others out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from catalog.database import Database
from catalog.write_queue import WriteQueue, queue_before

HOLDER = """
import sys, time
from pathlib import Path
from catalog.write_queue import WriteQueue
queue = WriteQueue(Path(sys.argv[1]))
assert queue.enter(5)
print("in", flush=True)
time.sleep(600)
"""


def hold(file: Path) -> subprocess.Popen[bytes]:
    """Another process that has its turn and never ends it."""
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(file)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"in\n"
    return holder


def test_threads_come_in_as_they_came(tmp_path: Path) -> None:
    queue = WriteQueue(tmp_path / "writers")
    came: list[int] = []
    assert queue.enter(1)

    def one(number: int) -> None:
        assert queue.enter(10)
        came.append(number)
        queue.leave()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(12)]
    for thread in threads:
        waiting = len(queue._waiting)
        thread.start()
        while len(queue._waiting) == waiting:
            time.sleep(0.001)
    assert came == []
    queue.leave()
    for thread in threads:
        thread.join(10)
    assert came == list(range(12))


def test_who_gave_up_keeps_nobody_out(tmp_path: Path) -> None:
    queue = WriteQueue(tmp_path / "writers")
    assert queue.enter(1)
    given_up: list[bool] = []
    thread = threading.Thread(target=lambda: given_up.append(queue.enter(0.05)))
    thread.start()
    thread.join(5)
    assert given_up == [False]
    queue.leave()
    assert queue.enter(1)
    queue.leave()


def test_a_process_killed_in_its_turn_keeps_nobody_out(tmp_path: Path) -> None:
    holder = hold(tmp_path / "writers")
    queue = WriteQueue(tmp_path / "writers")
    assert not queue.enter(0.1), "the other process has its turn"
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert queue.enter(5)
    queue.leave()


def test_a_child_of_a_fork_has_no_turn_of_its_parent(tmp_path: Path) -> None:
    queue = queue_before(str(tmp_path / "c.db"))
    assert queue.enter(1)
    child = os.fork()
    if child == 0:
        os._exit(1 if queue_before(str(tmp_path / "c.db")).enter(0.05) else 7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    queue.leave()


@pytest.fixture
def counter(tmp_path: Path) -> Database:
    database = Database.open(f"sqlite:///{tmp_path / 'c.db'}")
    with database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE counted (n INTEGER)")
        connection.exec_driver_sql("INSERT INTO counted VALUES (0)")
    return database


def count_up(database: Database) -> None:
    # Without the work that every write of the catalog does at its end: this file has no catalog in it.
    with database.engine.execution_options(liuhen_writing=True).begin() as connection:
        seen = connection.scalar(text("SELECT n FROM counted"))
        connection.execute(text("UPDATE counted SET n = :n"), {"n": seen + 1})


def test_no_count_is_lost_between_threads(counter: Database) -> None:
    threads = [threading.Thread(target=lambda: [count_up(counter) for _ in range(25)]) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with counter.engine.connect() as connection:
        assert connection.scalar(text("SELECT n FROM counted")) == 300


def test_a_failed_write_lets_the_next_in(counter: Database) -> None:
    with pytest.raises(ZeroDivisionError), counter.engine.execution_options(liuhen_writing=True).begin():
        raise ZeroDivisionError
    began = time.monotonic()
    count_up(counter)
    assert time.monotonic() - began < 5


def test_without_a_place_for_its_lock_it_writes_all_the_same(
    counter: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "c.db-writers").mkdir()  # nothing that could be opened for writing
    count_up(counter)
    count_up(counter)
    with counter.engine.connect() as connection:
        assert connection.scalar(text("SELECT n FROM counted")) == 2


def test_who_may_write_gets_a_second_connection_while_many_wait(database: Database) -> None:
    """Sixteen threads of a process come to write at once; the one that may still finds a connection to read with."""
    start, read = threading.Barrier(16), []

    def write_and_read() -> None:
        start.wait(20)
        with database.write() as writing:
            writing.execute(text("SELECT 1")).scalar_one()
            time.sleep(0.02)  # so that all the others wait, each with its connection
            with database.read() as reading:
                read.append(reading.execute(text("SELECT 1")).scalar_one())

    threads = [threading.Thread(target=write_and_read) for _ in range(16)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert read == [1] * 16
    assert time.monotonic() - began < 25  # a pool that is too small gives up after 30 s
