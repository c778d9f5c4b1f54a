"""The station's process: a nursery that has everything imported, and forks a station for each job.

A fork costs milliseconds where a new interpreter costs most of a second, so that a storm has hundreds of them.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

import urllib3

from ingest import docking as docking_module
from ingest import protocol
from ingest.desk import Desk
from ingest.docking import Docking
from ingest.errors import IngestError
from ingest.handover import patience, sending
from ingest.journal.journal import Journal
from ingest.office import client
from ingest.progress import View
from ingest.protocol import RecorderIdentity, parts
from ingest.recorders.mass_storage import FolderRecorder
from ingest.settings import StationSettings
from ingest.spool import Spool
from tests.faults.storm import deaths
from tests.faults.storm.recorder import FaultyRecorder

SPOOL = "hand-1"
HUNG = 45.0
"""Seconds after which a station counts as hanging."""
STEPS = (
    "begin_docking", "docking_opened", "found", "held", "copied", "checked", "offered", "uploaded", "received",
    "verified", "last_round", "clearable", "freed", "clearing_begins", "cleared", "cleared_told", "differs",
    "not_cleared", "sheet_made", "sheet_sent", "left_open", "left_open_before", "end_docking", "docking_closed",
    "ended", "noted", "attention", "spool_lost", "try_again", "reported", "delay_again", "clearing_confirmed",
)  # fmt: skip
"""Steps of the journal at which a station is killed."""
ENDED_BADLY = 4


def small_parts() -> None:
    """Parts of 1 MiB instead of 16, in office and station alike: the same ways with fewer bytes."""
    parts.MIB = 1 << 16
    parts.SINGLE_PUT_LIMIT = protocol.SINGLE_PUT_LIMIT = 16 * parts.MIB


def in_haste(limit: float = 0.8) -> None:
    """Pauses shorter than people would have them, answers awaited for `limit` seconds; nothing else is changed."""
    client._PAUSES = (0.01, 0.03)
    sending._TIMEOUT = limit
    docking_module.CLEAR_EVERY = docking_module._PRESENCE = 0.1
    for name, module in list(sys.modules.items()):
        if name.startswith("ingest.") and hasattr(module, "LONGEST_PAUSE"):
            module.LONGEST_PAUSE = 0.15  # type: ignore[attr-defined]
    patience.Rests.__init__.__defaults__ = (0.01,)
    pool, timeout = urllib3.PoolManager, urllib3.Timeout(connect=1, read=limit)
    client.urllib3.PoolManager = lambda *args, **given: pool(*args, **{**given, "timeout": timeout})


class Nursery:
    """Start it before any thread. `run` forks a station and answers how it ended."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            _serve(theirs)
            os._exit(0)
        theirs.close()
        self._file = ours.makefile("rw")
        ours.close()

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        """Answer `status` (exit status, or minus a signal) and `hung`."""
        self._file.write(json.dumps(job) + "\n")
        self._file.flush()
        return dict(json.loads(self._file.readline()))

    def close(self) -> None:
        self._file.close()
        os.waitpid(self.pid, 0)


def _serve(way: socket.socket) -> None:
    file = way.makefile("rw")
    for line in file:
        job = json.loads(line)
        pid = os.fork()
        if pid == 0:
            file.close()
            way.close()
            os._exit(_station(job))
        file.write(json.dumps(_await(pid, float(job.get("kill_after") or 0))) + "\n")
        file.flush()


def _await(pid: int, kill_after: float) -> dict[str, Any]:
    began = time.monotonic()
    limit = kill_after or HUNG
    while time.monotonic() - began < limit:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return {"status": os.waitstatus_to_exitcode(status), "hung": False}
        time.sleep(0.003)
    os.kill(pid, signal.SIGABRT if not kill_after else signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return {"status": os.waitstatus_to_exitcode(status), "hung": not kill_after}


def _station(job: dict[str, Any]) -> int:
    log = os.open(job["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    faulthandler.enable()  # a station that hangs says where
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, force=True)
    try:
        _arm(job)
        with Spooled(job) as desk:
            _work(desk, job)
    except (IngestError, OSError) as error:
        deaths.note(Path(job["log"]), {"ended": f"{type(error).__name__}: {error}"})
        return 3
    except BaseException:  # noqa: BLE001  whatever it was, it is told
        traceback.print_exc()
        sys.stderr.flush()
        return ENDED_BADLY
    return 0


def _arm(job: dict[str, Any]) -> None:
    in_haste(float(job["patience"]))
    fate = job["fate"]
    deaths.tell_struck(Path(job["struck"]))
    deaths.arm(fate, job["watched"], Path(job["removals"]))
    if step := fate.get("step"):
        deaths.die_around(Journal, step["name"], before=step["before"], nth=step["nth"])


@contextlib.contextmanager
def Spooled(job: dict[str, Any]) -> Any:  # noqa: N802  it reads like the thing it makes
    settings = StationSettings.model_validate(job["settings"])
    spool = Spool(settings.spool / SPOOL)
    with Desk(settings, spool) as desk:
        yield desk


def _work(desk: Desk, job: dict[str, Any]) -> None:
    end = time.monotonic() + float(job["seconds"])
    if job.get("card"):
        _dock(desk, job, end)
    while time.monotonic() < end and not _quiet(desk):
        time.sleep(0.01)
        desk.keep_once()
    for _ in range(3):  # verified, read again, freed
        desk.keep_once()


def _quiet(desk: Desk) -> bool:
    journal = desk.journal
    open_rows = journal._rows("SELECT 1 FROM file WHERE state = 'received' LIMIT 1")
    return not (journal.unfinished() or open_rows or journal.dockings(only="to close"))


def _dock(desk: Desk, job: dict[str, Any], end: float) -> None:
    identity = RecorderIdentity(serial=job["serial"], serial_source="usb", kind="recorder")
    recorder = FaultyRecorder(FolderRecorder(Path(job["card"]), identity), job["fate"].get("card", {}))
    views = Path(job["views"])

    def seen(view: View) -> None:
        counts = view.counts
        deaths.note(
            views,
            {
                "docking": str(view.docking),
                "state": view.state,
                "files": counts.files,
                "copied": counts.copied_files,
                "open": counts.open,
            },
        )

    confirm = bool(job.get("confirm"))
    docking = Docking(
        desk, recorder, "slot-1", on_view=seen, view_every=0.05, wait_for_room=False  # type: ignore[arg-type]
    )  # fmt: skip
    try:
        result = docking.run(lambda _trouble: time.monotonic() < end)
        if confirm:
            docking.confirm_clearing("值班民警")
        if job.get("stays"):
            threading.Timer(0.4, recorder.leave).start()
            docking.tend()
    finally:
        recorder.close()
    deaths.note(views, {"docking": str(docking.id), "reason": result.reason, "open": result.counts.open})
