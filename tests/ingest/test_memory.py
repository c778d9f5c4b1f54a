"""The station's memory does not depend on the size of what it copies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ingest.settings import StationSettings
from tests.ingest.reference_server import Server

PROGRAM = """
from tests.ingest.crashing_agent import main
main()
for line in open("/proc/self/status"):
    if line.startswith("VmHWM:"):  # ru_maxrss counts the parent's memory too
        print(int(line.split()[1]) // 1024)
"""


def peak_megabytes(card: Path, settings: StationSettings) -> int:
    file = card.parent / "settings.json"
    file.write_text(settings.model_dump_json())
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(file), str(card), "", ""],
        capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    received, peak = done.stdout.split()
    assert received == "1", done.stderr
    return int(peak)


@pytest.mark.parametrize(
    "size", [pytest.param(3 << 29, id="1.5G"), pytest.param(6_000_000_000, id="6G", marks=pytest.mark.slow)]
)
def test_a_long_recording(size: int, card: Path, settings: StationSettings, server: Server) -> None:
    with (card / "long.mp4").open("wb") as file:
        file.truncate(size)
    assert peak_megabytes(card, settings) < 200
    assert server.bytes_taken == size
