"""The supervisor with small fake parts: real processes, real signals."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from liuhen.supervisor.backoff import Backoff
from liuhen.supervisor.lock import AlreadyRunning, FolderLock
from liuhen.supervisor.part import Part
from liuhen.supervisor.supervisor import Supervisor

FAKE = Path(__file__).with_name("fake_part.py")


def quick() -> Backoff:
    return Backoff(first=0.1, longest=0.4, steady=60.0, loop_after=3)


class House:
    """A supervisor in the main thread, with a second thread that plays the person."""

    def __init__(self, folder: Path) -> None:
        self.data = folder
        self.journal = folder / "journal"
        self.said: list[str] = []
        self.failure: BaseException | None = None

    def part(self, name: str, *words: str, **more: object) -> Part:
        command = [sys.executable, "-S", str(FAKE), str(self.journal), name, *words]
        more.setdefault("check", lambda: self.pid_of(name))
        return Part(name=name, command=command, **more)  # type: ignore[arg-type]

    def events(self) -> list[tuple[str, str, int]]:
        if not self.journal.exists():
            return []
        lines = [line.split() for line in self.journal.read_text().splitlines()]
        return [(name, event, int(pid)) for _, name, event, pid in lines]

    def pid_of(self, name: str) -> int:
        return [pid for its, event, pid in self.events() if its == name and event == "start"][-1]

    def state(self) -> dict:
        try:
            return json.loads((self.data / "run/state.json").read_text())
        except FileNotFoundError:
            return {"ready": False, "parts": {}}

    def state_of(self, name: str) -> str:
        return self.state()["parts"].get(name, {}).get("state", "")

    def run(self, parts: list[Part], play: Callable[[], None], **more: object) -> int:
        more.setdefault("backoff", quick)
        supervisor = Supervisor(parts, self.data, say=self.said.append, **more)  # type: ignore[arg-type]

        def person() -> None:
            try:
                play()
            except BaseException as error:  # noqa: BLE001
                self.failure = error
            finally:
                supervisor.stop()

        thread = threading.Thread(target=person)
        thread.start()
        try:
            return supervisor.run()
        finally:
            thread.join()
            if self.failure:
                raise self.failure


def until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_parts_start_after_those_they_need_and_stop_by_rank(house: House) -> None:
    parts = [
        house.part("web", after=("storage", "queue"), stop_rank=1),
        house.part("queue", stop_rank=2),
        house.part("storage", stop_rank=3),
        house.part("station", after=("web",), stop_rank=0),
    ]
    assert house.run(parts, lambda: until(lambda: house.state()["ready"])) == 0
    starts = [name for name, event, _ in house.events() if event == "start"]
    stops = [name for name, event, _ in house.events() if event == "term"]
    assert set(starts[:2]) == {"storage", "queue"}
    assert starts[2:] == ["web", "station"]
    assert stops == ["station", "web", "queue", "storage"]
    assert not any(runs(pid) for _, _, pid in house.events())
    assert not (house.data / "run/state.json").exists()


def test_a_killed_part_comes_back_and_is_counted(house: House) -> None:
    def play() -> None:
        until(lambda: house.state()["ready"])
        first = house.pid_of("web")
        os.kill(first, signal.SIGKILL)
        until(lambda: house.pid_of("web") != first and house.state()["ready"])
        assert house.state()["parts"]["web"]["deaths"] == 1
        assert house.state()["parts"]["queue"]["deaths"] == 0

    house.run([house.part("web"), house.part("queue")], play)
    assert any("web" in line and "ended by signal 9" in line for line in house.said)
    assert any("web" in line and "restarted 1×" in line for line in house.said)


def test_what_a_dead_part_had_started_is_ended_before_it_comes_back(house: House) -> None:
    children: list[int] = []

    def play() -> None:
        until(lambda: any(event.startswith("child:") for _, event, _ in house.events()))
        children.extend(int(event[6:]) for _, event, _ in house.events() if event.startswith("child:"))
        first = house.pid_of("worker")
        assert runs(children[0])
        os.kill(first, signal.SIGKILL)
        until(lambda: house.pid_of("worker") != first)
        assert not runs(children[0])

    house.run([house.part("worker", "child")], play)


def test_a_crash_loop_is_flagged_with_the_last_words_of_the_log(house: House) -> None:
    never = house.part("bad", "crash", check=lambda: (_ for _ in ()).throw(OSError("refused")))
    house.run(
        [never, house.part("good")],
        lambda: until(lambda: house.state_of("bad") == "failing"),
    )
    line = next(line for line in house.said if "failing" in line)
    assert "ended with status 3" in line
    assert "the disk is on fire" in line
    assert any(line.startswith("good") and "ready" in line for line in house.said)


def test_giving_up_ends_with_status_1(house: House) -> None:
    flagged = lambda: until(lambda: any("failing" in line for line in house.said))  # noqa: E731
    assert house.run([house.part("bad", "crash")], flagged, give_up=True) == 1


def test_a_command_that_does_not_exist_is_told(house: House) -> None:
    part = Part(name="ghost", command=["/does/not/exist"], check=lambda: None)
    house.run([part], lambda: until(lambda: house.state()["parts"].get("ghost", {}).get("deaths")))
    assert any("cannot start /does/not/exist" in line for line in house.said)


def test_a_part_that_never_becomes_ready_counts_as_dead(house: House) -> None:
    def refuse() -> None:
        raise ConnectionError("nobody there")

    part = house.part("slow", check=refuse, start_seconds=0.5)
    house.run([part], lambda: until(lambda: house.state()["parts"].get("slow", {}).get("deaths")))
    assert any("was not ready after 0.5 s (ConnectionError: nobody there)" in line for line in house.said)


def test_a_silent_part_is_shown_and_a_hung_one_started_again(house: House) -> None:
    answers = True

    def check() -> None:
        house.pid_of("web")
        if not answers:
            raise TimeoutError("no answer in 2 s")

    def play() -> None:
        nonlocal answers
        until(lambda: house.state()["ready"])
        first = house.pid_of("web")
        answers = False
        until(lambda: house.state()["parts"]["web"]["state"] == "not answering")
        assert not house.state()["ready"]
        until(lambda: house.state()["parts"]["web"]["deaths"] > 0)
        answers = True
        until(lambda: house.pid_of("web") != first)  # it says so itself, which may be after its check
        until(lambda: house.state()["ready"])

    house.run([house.part("web", check=check, check_seconds=0.1, hung_seconds=1.5)], play)


def test_a_deaf_part_is_killed_in_the_end(house: House) -> None:
    part = house.part("deaf", "deaf", "child", stop_signals=((signal.SIGTERM, 0.3), (signal.SIGQUIT, 5.0)))
    house.run([part], lambda: until(lambda: house.state()["ready"]))
    assert not any(runs(pid) for _, _, pid in house.events())
    deaf = house.part("deafer", "deaf", stop_signals=((signal.SIGTERM, 0.3),))
    house.run([deaf], lambda: until(lambda: house.state()["ready"]))
    assert any("deafer" in line and "had to be killed" in line for line in house.said)


def test_steps_that_run_once_let_the_others_go_on_or_stop_everything(house: House) -> None:
    well = Part(name="prepare", command=["/bin/sh", "-c", "exit 0"], once=True)
    parts = [well, house.part("web", after=("prepare",))]
    assert house.run(parts, lambda: until(lambda: house.state()["ready"])) == 0
    badly = Part(name="prepare", command=["/bin/sh", "-c", "echo no space left; exit 7"], once=True)
    assert house.run([badly, house.part("web", after=("prepare",))], lambda: time.sleep(2)) == 1
    assert any("prepare" in line and "status 7" in line and "no space left" in line for line in house.said)


def test_two_supervisors_never_run_on_one_folder(house: House) -> None:
    def play() -> None:
        until(lambda: house.state()["ready"])
        with pytest.raises(AlreadyRunning, match=rf"process {os.getpid()}.*Nothing was started"):
            FolderLock(house.data / "run/supervisor.lock").acquire()

    house.run([house.part("web")], play)
    with FolderLock(house.data / "run/supervisor.lock"):
        pass


def test_a_log_that_grows_is_cut(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("liuhen.supervisor.supervisor.ROTATE_SECONDS", 0.1)
    monkeypatch.setattr("liuhen.supervisor.logs.rotate.__defaults__", (200_000, 3))
    house.run([house.part("web", "talk")], lambda: until((house.data / "logs/web.log.3").exists))
    sizes = [file.stat() for file in (house.data / "logs").iterdir()]
    assert len(sizes) == 4
    assert all(size.st_mode & 0o077 == 0 for size in sizes)


ALONE = """
import sys
from pathlib import Path
from liuhen.supervisor.part import Part
from liuhen.supervisor.supervisor import Supervisor
data, fake = Path(sys.argv[1]), sys.argv[2]
def part(name, *words):
    return Part(name=name, command=[sys.executable, "-S", fake, str(data / "journal"), name, *words])
sys.exit(Supervisor([part("storage"), part("worker", "child")], data).run())
"""


def alone(house: House) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", ALONE, str(house.data), str(FAKE)], stdout=subprocess.PIPE, text=True
    )


def test_kill_9_of_the_supervisor_leaves_nothing_and_frees_the_folder(house: House) -> None:
    with alone(house) as process:
        until(lambda: house.state()["ready"])
        pids = {pid for _, _, pid in house.events()}
        pids |= {int(event[6:]) for _, event, _ in house.events() if event.startswith("child:")}
        assert len(pids) == 3
        assert all(runs(pid) for pid in pids)
        process.kill()
    # The warden holds the lock until nothing is left, so taking it waits for exactly that.
    with FolderLock(house.data / "run/supervisor.lock"):
        assert not any(runs(pid) for pid in pids)


def test_ctrl_c_and_kill_stop_everything(house: House) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with alone(house) as process:
            until(lambda: house.state()["ready"])
            process.send_signal(number)
            assert process.wait(20) == 0
        assert not any(runs(pid) for _, _, pid in house.events())


def test_backoff_doubles_to_a_limit_and_forgets() -> None:
    backoff = Backoff(first=0.5, longest=30.0, steady=60.0, loop_after=5)
    assert [backoff.died(0.0) for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert backoff.looping
    assert backoff.died(61.0) == 0.5
    assert not backoff.looping
    assert backoff.total == 9
