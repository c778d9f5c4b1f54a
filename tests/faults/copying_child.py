"""Copies a card into a spool with no server in reach; forked for each job and stopped until somebody has attached to it.

Started by `test_syscalls.py`. Reads jobs as lines of JSON, answers the pid of the stopped child, then how it ended.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import traceback
from pathlib import Path
from typing import Any

from ingest.desk import Desk
from ingest.docking import Docking
from ingest.errors import IngestError
from ingest.protocol import RecorderIdentity
from ingest.recorders.mass_storage import FolderRecorder
from ingest.settings import StationSettings
from ingest.spool import Spool
from tests.faults.storm.agent import in_haste

CLEAR_ERROR = 3
TRACEBACK = 4


def copy(job: dict[str, Any]) -> int:
    if job["stopped"]:
        os.kill(os.getpid(), signal.SIGSTOP)
    settings = StationSettings.model_validate(job["settings"])
    try:
        with Desk(settings, Spool(settings.spool / "hand-1")) as desk:
            identity = RecorderIdentity(serial="BWC-1", serial_source="usb", kind="recorder")
            recorder = FolderRecorder(Path(job["card"]), identity)
            result = Docking(desk, recorder, "slot", wait_for_room=False).run(lambda _trouble: False)
            recorder.close()
            print(f"{result.reason} {result.message}", file=sys.stderr)
    except (IngestError, OSError, sqlite3.Error) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return CLEAR_ERROR
    except BaseException:  # noqa: BLE001  whatever it was, it is told
        traceback.print_exc()
        return TRACEBACK
    return 0


def main() -> None:
    in_haste()
    for line in sys.stdin:
        job = json.loads(line)
        pid = os.fork()
        if pid == 0:
            log = os.open(job["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.dup2(log, 2)
            code = copy(job)
            sys.stderr.flush()
            os._exit(code)
        if job["stopped"]:
            os.waitpid(pid, os.WUNTRACED)
            print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
