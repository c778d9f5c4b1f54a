"""Sheets as a station makes them, for tests of the catalog and the pages."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from catalog.sheets import SHEET_SIGNATURE_PREFIX, SentSheet, SheetShape
from tests.catalog.intake_desk import Intake

ANY_SHAPE = SheetShape(frame=lambda _frame: None, file=lambda _file: None)


def entry(path: bytes, clip: UUID | None = None, end: str = "received", **more: Any) -> dict[str, Any]:
    return {
        "path": base64.b64encode(path).decode(),
        "shown": path.decode(errors="backslashreplace"),
        "end": end,
        **({"clip": str(clip)} if clip else {}),
        **more,
    }


def frame(docking: UUID, station: str = "st-1", revision: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "format": "liuhen docking sheet 1",
        "docking": str(docking),
        "revision": revision,
        "station": station,
        "slot": "1",
        "recorder": {"serial": "DSJ-1", "serial_source": "usb", "battery": 41, "free_bytes": 7 << 30},
        "station_clock": None,
        "started": "2026-11-24T01:00:00Z",
        "ended": "2026-11-24T01:05:00Z",
        "end_reason": "done",
        "gaps": [],
        "method": "逐字节复制",
        "made": "2026-11-24T01:05:01Z",
        "maker": "王建国",
        "software": "liuhen 0.1.0",
        **more,
    }


class SheetMaker:
    """One station's key."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.public = base64.b64encode(self.key.public_key().public_bytes_raw()).decode()

    def sign(self, docking: UUID, text: str, *, body: bytes | None = None) -> SentSheet:
        signature = self.key.sign(SHEET_SIGNATURE_PREFIX + (body or text.encode()))
        return SentSheet(
            docking=docking,
            text=text,
            public_key=self.public,
            signature=base64.b64encode(signature).decode(),
        )

    def sheet(self, docking: UUID, files: list[dict[str, Any]], **more: Any) -> SentSheet:
        return self.sign(docking, rfc8785.dumps({**frame(docking, **more), "files": files}).decode())

    def of(self, intake: Intake, files: list[dict[str, Any]], **more: Any) -> SentSheet:
        return self.sheet(intake.docking, files, **more)
