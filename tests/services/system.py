"""The whole one-machine system, as `liuhen up` starts it, on a temporary data folder and ports of its own.

    def test_something(liuhen_system: System) -> None:
        liuhen_system.plug(card)                      # a folder appears in a slot
        liuhen_system.kill("web")                     # kill -9; the supervisor starts it again
        liuhen_system.wait_ready()

`liuhen_system` (module) is started once for the tests of a module; `System(folder)` with `start` and `stop` gives
one that a test has for itself. Nothing of it outlives the test process, whatever happens.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from liuhen.addresses import USUAL_PORTS
from liuhen.settings import Remembered, Settings, load, remember
from tests.services.redis import free_port

READY_SECONDS = 90.0


def free_ports(names: Mapping[str, int] = USUAL_PORTS) -> dict[str, int]:
    """A free port for each name, all different."""
    found: dict[str, int] = {}
    while len(found) < len(names):
        port = free_port()
        if port not in found.values():
            found[list(names)[len(found)]] = port
    return found


class System:
    """A running `liuhen up`. Times in seconds."""

    def __init__(self, data: Path, *, environment: Mapping[str, str] | None = None) -> None:
        self.data = data
        self.slots = data / "slots"
        """A folder put in here (by a rename) is a recorder plugged in; see `plug`."""
        self.output = data / "up.out"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LIUHEN_")},
            "LIUHEN_STATION__WATCH_USB": "false",
            **(environment or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str, wait: bool = True) -> None:
        """Start `liuhen up`; with `wait`, until every part is ready."""
        self.slots.mkdir(parents=True, exist_ok=True)
        if not (self.data / "ports.json").exists():
            # Remembered, not demanded: one that somebody takes meanwhile moves instead of failing the test.
            remember(self.data, Remembered(ports=free_ports()))
        leash = shutil.which("setpriv")
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    *([leash, "--pdeathsig", "TERM", "--"] if leash else []),
                    *(
                        sys.executable,
                        "-m",
                        "liuhen",
                        "up",
                        "--data",
                        str(self.data),
                        "--watch",
                        str(self.slots),
                    ),
                    *arguments,
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self.environment,
                start_new_session=True,
            )
        if wait:
            self.wait_ready()

    @property
    def settings(self) -> Settings:
        """The settings that the parts run with."""
        return load(self.data)

    @property
    def url(self) -> str:
        """Address of the pages, without a slash at its end."""
        return self.settings.web.public_url.rstrip("/")

    def state(self) -> dict[str, Any]:
        """What the supervisor says of its parts: `ready`, and `parts` by name with state, pid, deaths."""
        with contextlib.suppress(FileNotFoundError):
            said = dict(json.loads((self.data / "run" / "state.json").read_text()))
            # A supervisor that was killed leaves its last word behind.
            if self._process is not None and said["supervisor"] == self._process.pid:
                return said
        return {"ready": False, "parts": {}}

    def part(self, name: str) -> dict[str, Any]:
        """State, pid, deaths, address of one part."""
        return dict(self.state()["parts"].get(name, {}))

    def wait_for(self, condition: Callable[[], object], what: str, seconds: float = 60.0) -> None:
        """Wait until `condition()` is true; fails with `what` and the end of all logs."""
        deadline = time.monotonic() + seconds
        while not condition():
            alive = self._process is not None and self._process.poll() is None
            if time.monotonic() > deadline or not alive:
                why = f"not within {seconds:g} s" if alive else "the supervisor ended"
                raise AssertionError(f"{what}: {why}\n{self.words()}")
            time.sleep(0.05)

    def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Wait until every part is ready."""
        self.wait_for(lambda: self.state()["ready"], "the system becomes ready", seconds)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Kill one part and answer the pid it had. The supervisor starts it again; see `wait_restarted`."""
        pid = int(self.part(name)["pid"])
        os.kill(pid, number)
        return pid

    def wait_restarted(self, name: str, old_pid: int, seconds: float = READY_SECONDS) -> None:
        """Wait until `name` runs anew and the whole is ready."""
        self.wait_for(
            lambda: self.part(name).get("pid") not in {None, old_pid} and self.state()["ready"],
            f"{name} comes back",
            seconds,
        )

    def kill_and_wait(self, name: str) -> None:
        """Kill -9 one part and wait until the whole is ready again."""
        self.wait_restarted(name, self.kill(name))

    def kill_supervisor(self) -> None:
        """Kill -9 the supervisor itself; all parts end with it. `start` may follow at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self, seconds: float = 60.0) -> int:
        """Stop as by Ctrl-C; answer the exit status (0: as asked)."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill_supervisor()
            raise
        finally:
            self._process = None

    def end(self, seconds: float = 20.0) -> None:
        """Stop without ado, as by Ctrl-C twice; how it stops when asked once is tried in `tests/liuhen`."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            time.sleep(0.2)
            with contextlib.suppress(subprocess.TimeoutExpired, ProcessLookupError):
                self._process.send_signal(signal.SIGINT)
                self._process.wait(seconds)
                self._process = None

    def run(self, *arguments: str, seconds: float = 120.0) -> subprocess.CompletedProcess[str]:
        """Run `liuhen ARGUMENTS` on this data folder, as a person in another window would."""
        return subprocess.run(
            [sys.executable, "-m", "liuhen", *arguments, "--data", str(self.data)],
            capture_output=True,
            text=True,
            timeout=seconds,
            env=self.environment,
            check=False,
        )

    def signin_link(self, user: str) -> str:
        """A one-time sign-in link for `user`."""
        done = self.run("signin-link", user)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def plug(self, card: Path, name: str = "slot-1") -> Path:
        """Plug a recorder in: a copy of the folder `card` appears at once, whole, as `slots/<name>`."""
        aside = Path(tempfile.mkdtemp(prefix="card-", dir=self.data)) / name
        shutil.copytree(card, aside, symlinks=True)
        aside.rename(self.slots / name)
        return self.slots / name

    def unplug(self, name: str = "slot-1") -> None:
        """Pull the recorder out."""
        aside = Path(tempfile.mkdtemp(prefix="pulled-", dir=self.data)) / name
        (self.slots / name).rename(aside)

    def words(self, count: int = 15) -> str:
        """The end of every log, for a message that helps."""
        files = [self.output, *sorted((self.data / "logs").glob("*.log"))]
        ends = [
            (file, file.read_text(errors="replace").splitlines()[-count:]) for file in files if file.exists()
        ]
        return "\n".join(f"== {file.name}\n" + "\n".join(lines) for file, lines in ends)


@contextlib.contextmanager
def running_system(*arguments: str, **environment: str) -> Iterator[System]:
    """A system started with `arguments` in a folder of its own, stopped and removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="liuhen-system-"))
    folder.chmod(0o755)  # the storage's own user must get through
    system = System(folder / "var", environment=environment)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.callback(system.kill_supervisor)
        system.start(*arguments)
        yield system
        system.end()


@pytest.fixture(scope="module")
def liuhen_system() -> Iterator[System]:
    """The whole system, started once for the tests of a module."""
    with running_system() as system:
        yield system
