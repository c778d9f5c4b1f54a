"""What a station remembers of recorders from visit to visit: serials that are shared, and when a clock was last set.

A small JSON file beside the spools. Losing it loses no recording: it is rebuilt from what comes.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.protocol import RecorderIdentity


class Memory:
    """Safe to use from several threads and processes. A file that cannot be read or written is an empty memory."""

    def __init__(self, path: Path) -> None:
        """`path` is made when first needed."""
        self._path = path
        self._lock = threading.Lock()

    def shared(self, identity: RecorderIdentity, *, twin: bool = False) -> bool:
        """Whether this serial was ever reported by more than one recorder; remembers this one.

        `twin`: another one that reports it is plugged in now. Another USB vendor under the same serial is another
        recorder too; another product or file system may be the same one in another mode, or formatted.
        """
        with self._changing() as known:
            entry = known["serials"].setdefault(identity.reported_serial or identity.serial, {})
            vendor = identity.usb_id.partition(":")[0]
            if twin or (vendor and entry.setdefault("vendor", vendor) != vendor):
                entry["shared"] = True
            return bool(entry.get("shared"))

    def clock_set_at(self, serial: str) -> datetime | None:
        """Answer when this station last set the recorder's clock, UTC."""
        with contextlib.suppress(KeyError, ValueError):
            return datetime.fromisoformat(self._read()["clocks"][serial]).astimezone(UTC)
        return None

    def clock_set(self, serial: str, at: datetime) -> None:
        """Remember that its clock was set at `at`."""
        with self._changing() as known:
            known["clocks"][serial] = at.astimezone(UTC).isoformat()

    def _read(self) -> dict[str, Any]:
        try:
            known = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            known = {}
        found = known if isinstance(known, dict) else {}
        return {
            "serials": {
                key: one for key, one in _dict(found.get("serials")).items() if isinstance(one, dict)
            },
            "clocks": {key: one for key, one in _dict(found.get("clocks")).items() if isinstance(one, str)},
        }

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, Any]]:
        with self._lock, contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError):
                self._path.parent.mkdir(parents=True, exist_ok=True)
                lock = stack.enter_context(self._path.with_suffix(".lock").open("a"))
                fcntl.flock(lock, fcntl.LOCK_EX)
            known = self._read()
            before = json.dumps(known, sort_keys=True)
            yield known
            if json.dumps(known, sort_keys=True) != before:
                with contextlib.suppress(OSError):
                    self._write(known)

    def _write(self, known: dict[str, Any]) -> None:
        draft = self._path.with_suffix(".new")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(known, file, ensure_ascii=False, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
