"""A real station with scripted recorders and its board, for tests and for the pictures in the documents.

with Stage(folder) as stage:
    stage.plug("1", film("A", 3))
    stage.until("1", "verified")
"""

from __future__ import annotations

import json
import os
import threading
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from ingest.protocol import OfficerName
from ingest.recorders.finding import Finder
from ingest.recorders.introducing import Introducer
from ingest.recorders.memory import Memory
from ingest.recorders.scripted import Script, ScriptedDriver, ScriptedFile
from ingest.settings import StationSettings
from ingest.station import Station
from tests.ingest.reference_server import TOKEN, Server

OFFICERS = [
    OfficerName(number=f"52020{number:02}", name=name)
    for number, name in enumerate(
        (
            "王某某", "李某某", "赵某某", "陈某某", "杨某某", "周某某", "吴某某", "刘某某", "张某某",
            "孙某某", "马某某", "朱某某", "胡某某", "林某某", "郭某某", "何某某", "高某某", "罗某某",
        ),
        start=1,
    )
]  # fmt: skip


class Film(bytes):
    """Bytes of a card that gives `rate` of them a second at most, and holds back its middle until `gate` is set."""

    rate = 0.0
    gate: threading.Event | None = None

    def __getitem__(self, key: Any) -> Any:
        got = super().__getitem__(key)
        if self.rate and isinstance(got, bytes):
            time.sleep(len(got) / self.rate)
        if self.gate is not None and isinstance(key, slice) and key.start <= len(self) // 2 < key.stop:
            self.gate.wait()
        return got


def film(
    serial: str,
    files: int,
    size: int = 40_000,
    *,
    rate: float = 0.0,
    held: int = 0,
    small: int = 0,
    **how: Any,
) -> Script:
    """A recorder with so many films of its own, of about `size` bytes, the first `small` ones of a few.

    From the one numbered `held` on, they wait.
    """
    script = Script(serial=serial, model="", **how)
    for number in range(1, files + 1):
        many = (20_000 if number <= small else size) + 1000 * number
        data = Film(os.urandom(16) + bytes(many - 16))
        data.rate = 0.0 if number <= small else rate
        data.gate = script.go_on if held and number >= held else None
        name = f"DCIM/100MEDIA/REC_20261124_{83000 + number * 412:06}_{number:04}.MP4"
        script.files[name.encode()] = ScriptedFile(data)
    return script


class Stage:
    """The station runs in this process; the server is the reference server. Sizes in bytes, times in seconds."""

    def __init__(self, folder: Path, server: Server | None = None, **settings: Any) -> None:
        self.server = server or Server()
        self._own_server = server is None
        token = folder / "token"
        token.write_text(TOKEN + "\n")
        self.settings = StationSettings(
            **{
                "server": self.server.url,
                "token_file": token,
                "station": "02",
                "spool": folder / "spool",
                "disk_reserve": 0,
                "free_after_hours": 0,
                "settle_seconds": 0.0,
                "statement_poll_seconds": 0.5,
                "watch_usb": False,
                "board_port": 0,
                "call": "设备管理员 内线 6012",
                "slots": ["1-1=1", "1-2=2", "1-3=3", "1-4=4"],
                "language": "zh",
                **settings,
            }
        )
        self.driver = ScriptedDriver()
        self.scripts: dict[str, Script] = {}

    def __enter__(self) -> Self:
        if self._own_server:
            self.server.__enter__()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        for script in self.scripts.values():
            script.go_on.set()
        self.stop()
        if self._own_server:
            self.server.__exit__()

    def start(self) -> None:
        """Start the station; the board keeps its port over a restart."""
        self.run_without_board()
        self.wait(lambda: self.station.board_url, "the board is served")
        self.settings = self.settings.model_copy(update={"board_port": int(self.url.rpartition(":")[2])})

    def run_without_board(self) -> None:
        """Start the station and expect no board."""
        finder = Finder(
            [self.driver],
            Introducer(Memory(self.settings.spool / "recorders.json"), set_clocks=False),
            settle=0.0,
            events=False,
        )
        self.station = Station(self.settings, finder=finder)
        self._thread = threading.Thread(target=self.station.run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the station."""
        self.station.stop()
        self._thread.join(20)
        assert not self._thread.is_alive()

    @property
    def url(self) -> str:
        """Address of the board."""
        return self.station.board_url

    def know(self, serial: str, label: str, holder: str | None = None, **facts: Any) -> None:
        """Let the server know a recorder."""
        self.server.known[serial] = {
            "recorder_label": label,
            "holder": holder,
            "recorder_known": True,
            **facts,
        }

    def plug(self, port: str, script: Script) -> Script:
        """Plug a recorder in at a port such as `1-1`."""
        script.port = port
        self.scripts[port] = script
        self.driver.plug(script)
        return script

    def pull(self, port: str) -> None:
        """Pull it out."""
        self.driver.unplug(port)
        self.scripts.pop(port).go_on.set()

    def state(self, language: str = "zh") -> dict[str, Any]:
        """What the page is drawn from."""
        with urllib.request.urlopen(f"{self.url}/state?lang={language}", timeout=10) as answer:
            return dict(json.load(answer))

    def tile(self, port: str, language: str = "zh") -> dict[str, Any]:
        """One tile."""
        return next(
            (slot for slot in self.state(language)["slots"] if slot["slot"] == port), {"kind": "absent"}
        )

    def until(self, port: str, *kinds: str, seconds: float = 20.0) -> dict[str, Any]:
        """Wait until a tile is of one of these kinds; answer it."""
        self.wait(
            lambda: self.tile(port)["kind"] in kinds, lambda: f"{port} is {kinds}: {self.tile(port)}", seconds
        )
        return self.tile(port)

    def post(self, path: str, body: Mapping[str, object], **headers: str) -> tuple[int, dict[str, Any]]:
        """Do an act as the page does; answer status and body."""
        asked = urllib.request.Request(
            self.url + path,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Origin": self.url, **headers},
            method="POST",
        )
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    @staticmethod
    def wait(met: Any, what: Any, seconds: float = 20.0) -> None:
        """Wait for something; fails with `what`."""
        end = time.monotonic() + seconds
        while not met():
            if time.monotonic() > end:
                raise AssertionError(what() if callable(what) else what)
            time.sleep(0.05)
