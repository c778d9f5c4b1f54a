"""A station in the virtual machine and an office outside; what tests ask of both."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from ingest.protocol import CloseDocking, FileOffer, OpenDocking
from tests.ingest.reference_server import TOKEN, Server
from tests.usb.machine import DISK, SHARE, Machine

Answer = TypeVar("Answer")
_SETTINGS = """
server = "{server}"
token_file = "{share}/token"
spool = "{disk}/spool"
disk_reserve = 0
free_after_hours = 0
settle_seconds = 0.5
statement_poll_seconds = 1
language = "en"
"""


def until(what: Callable[[], Answer], seconds: float, why: Callable[[], str] = str) -> Answer:
    """Ask until the answer is true; answer it. Emulation is slow and uneven, hence generous limits."""
    deadline = time.monotonic() + seconds
    while not (answer := what()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s\n{why()}"
        time.sleep(0.05)
    return answer


class Site:
    """One machine with a station on it, and the office's server."""

    def __init__(self, machine: Machine, office: Server) -> None:
        self.machine = machine
        self.office = office
        self.station = 0
        self.started_seconds = 0.0
        (machine.share / "token").write_text(TOKEN)
        self.settings("", DISK)
        machine.python("-m", "tests.usb.forward", str(office.server_address[1]), log="forward.log")

    def settings(self, folder: str, disk: Path) -> None:
        """Write a station's settings into a folder of the share; its spool lies on `disk`."""
        data = self.machine.share / folder
        data.mkdir(exist_ok=True)
        text = _SETTINGS.format(server=self.office.url, share=SHARE, disk=disk)
        (data / "station.toml").write_text(text)

    def start(self, folder: str = "") -> None:
        """Start the station as the product does, with the settings in a folder; returns when it is ready."""
        began, before = time.monotonic(), self.said().count("station ready")
        self.station = self.machine.python(
            "-m", "liuhen", "station-agent", "--data", str(SHARE / folder), log="station.log"
        )
        until(lambda: self.said().count("station ready") > before, 90, self.said)
        self.started_seconds = time.monotonic() - began

    def running(self) -> bool:
        """Whether the station's process lives."""
        return bool(self.station) and "yes" in self.machine.sh(f"[ ! -d /proc/{self.station} ] || echo yes")

    def kill(self) -> None:
        """Kill the station with SIGKILL."""
        self.machine.sh(f"kill -9 {self.station}")
        until(lambda: not self.running(), 10)

    def mounts(self) -> list[set[str]]:
        """Options of each USB file system that is mounted."""
        lines = self.machine.sh("grep ^/dev/sd /proc/1/mounts || true").splitlines()
        return [set(line.split()[3].split(",")) for line in lines]

    def board(self, port: int) -> dict[str, Any]:
        """What the station's own board shows of a socket; empty where it shows none."""
        said = json.loads(self.machine.sh("wget -qO- 'http://127.0.0.1:8610/state'"))
        return next((slot for slot in said["slots"] if slot["slot"].endswith(f"-{port}")), {})

    def said(self) -> str:
        """What the station wrote so far."""
        log = self.machine.share / "station.log"
        return log.read_text(errors="replace") if log.exists() else ""

    # What the office knows

    def dockings(self, serial: str) -> dict[UUID, OpenDocking]:
        """Dockings of recorders that report this serial."""
        with self.office.lock:
            return {
                number: docking
                for number, docking in self.office.dockings.items()
                if serial in {docking.recorder.serial, docking.recorder.reported_serial}
            }

    def docked(self, serial: str, nth: int = 1, seconds: float = 60) -> OpenDocking:
        """Wait for the nth docking of a recorder to be announced; answer it."""
        return until(lambda: list(self.dockings(serial).values())[nth - 1 : nth], seconds, self.said)[0]

    def closed(self, docking: OpenDocking, seconds: float = 120) -> CloseDocking:
        """Wait for a docking to be over; answer how it ended."""
        return until(lambda: self.office.closed.get(docking.docking), seconds, self.said)

    def received(self, *dockings: OpenDocking) -> dict[str, FileOffer]:
        """Originals received, by path, of any of these dockings."""
        wanted = {docking.docking for docking in dockings}
        with self.office.lock:
            return {
                base64.b64decode(path).decode("utf-8", "surrogateescape"): self.office.clips[clip].offer
                for (docking, path), clip in self.office.sightings.items()
                if docking in wanted and self.office.clips[clip].received
            }

    def uploads_of(self, content: bytes) -> int:
        """How many originals with exactly these bytes the office holds."""
        digest = hashlib.sha256(content).hexdigest()
        with self.office.lock:
            return sum(
                1 for clip in self.office.clips.values() if clip.received and clip.offer.sha256 == digest
            )

    def cleared(self, serial: str) -> dict[str, str]:
        """Digests of what was cleared from a recorder, by path, as the office was told."""
        dockings = self.dockings(serial)
        with self.office.lock:
            return {
                base64.b64decode(path).decode("utf-8", "surrogateescape"): file.sha256
                for (docking, path), file in self.office.cleared.items()
                if docking in dockings
            }

    def verify_all(self) -> None:
        """Let the office sign `verified` for whatever it received."""
        with self.office.lock:
            for clip in self.office.clips.values():
                if clip.received and clip.verified is None:
                    clip.verified = self.office.sign(clip, "verified")

    def states(self, docking: OpenDocking) -> list[str]:
        """States that the slot went through so far, as told to the office."""
        with self.office.lock:
            told = self.office.progress_of.get(docking.docking, [])
            return [message.state for message in told]


def digests(files: dict[str, bytes]) -> dict[str, str]:
    """SHA-256 of each file."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def image_digest(card: Path) -> str:
    """SHA-256 of a whole card, to see that nobody wrote on it."""
    with card.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
