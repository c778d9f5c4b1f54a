"""`liuhen demo`, twice on the same data: what `make demo` does, with a short card and without Ctrl-C."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from catalog.permissions import ROLES
from liuhen.settings import Remembered, remember
from tests.liuhen.test_system import descendants
from tests.services.system import System, free_ports


def demo(system: System) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "liuhen", "demo", "--once", "--scale", "0.02", "--data", str(system.data)],
        capture_output=True,
        text=True,
        env=system.environment,
        timeout=280,
        check=False,
    )


@pytest.fixture
def system(tmp_path: Path) -> System:
    system = System(tmp_path / "var")
    system.data.mkdir()
    remember(system.data, Remembered(ports=free_ports()))
    return system


def links(output: str) -> dict[str, str]:
    return dict(re.findall(r"^\s+([\w-]+)\s+http://127\.0\.0\.1:\d+/signin/(\S+)", output, re.MULTILINE))


def test_everything_is_received_and_the_second_time_held(system: System) -> None:
    first = demo(system)
    assert first.returncode == 0, first.stdout + first.stderr + system.words()
    words = re.search(r"All 10 files are settled after [\d.]+ s: (.*?)\. Ctrl-C", first.stdout)
    assert words is not None, first.stdout
    # Verification runs beside it and may have reached some of them already.
    assert set(re.sub(r"\d+ ", "", words[1]).split(", ")) <= {"received", "verified"}
    assert set(links(first.stdout)) == set(ROLES)
    assert descendants(system) == []
    second = demo(system)
    assert second.returncode == 0, second.stdout + second.stderr + system.words()
    assert "10 held already" in second.stdout
    assert set(links(second.stdout).values()).isdisjoint(links(first.stdout).values())
    assert descendants(system) == []
