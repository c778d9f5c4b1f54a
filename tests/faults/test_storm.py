"""The storm: random dockings, struck by random faults; then a checker that shares no code with the station judges.

The short form always draws the same, unless `--storm-seed` says otherwise; the long form draws its seed and prints it.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.storm.faults import KINDS
from tests.faults.storm.runner import ROOT, Storm, run_storm
from tests.services.system import running_system

USUAL_SEED = 1127


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    given = request.config.getoption("--storm-seed")
    return USUAL_SEED if given is None else int(given)


@pytest.fixture
def long_seed(request: pytest.FixtureRequest) -> int:
    given = request.config.getoption("--storm-seed")
    return secrets.randbelow(1_000_000) if given is None else int(given)


def judge(storm: Storm, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{storm.table()}")
    assert not storm.objections, "\n".join(storm.objections[:20])


def test_nothing_is_lost_in_a_storm(seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    storm = run_storm(seed, worlds=6, processes=3)
    judge(storm, capsys)
    assert storm.total("freed") > 20, "nothing was freed, so nothing was risked"
    assert sum(storm.faults.values()) > 20


def test_killed_between_every_few_writes(seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    storm = run_storm(
        seed, worlds=1, processes=1, options=["--without-delay", "--every-write", "--step", "20"]
    )
    judge(storm, capsys)
    assert storm.faults["killed between writes"] > 4


@pytest.mark.slow
def test_a_long_storm(long_seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    storm = run_storm(long_seed, worlds=120, dockings=10, processes=3, options=["--large"], seconds=3600)
    judge(storm, capsys)
    assert not set(KINDS) - set(storm.faults), "some faults never struck"


@pytest.mark.slow
def test_killed_between_every_two_writes(long_seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    storm = run_storm(
        long_seed,
        worlds=2,
        processes=2,
        options=["--without-delay", "--every-write", "--step", "1"],
        seconds=3600,
    )
    judge(storm, capsys)
    assert storm.faults["killed between writes"] > 100


@pytest.mark.slow
def test_killed_at_every_state(long_seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--without-delay", "--every-state"]
    storm = run_storm(long_seed, worlds=1, processes=1, options=options, seconds=3600)
    judge(storm, capsys)
    assert storm.faults["killed at a state"] > 30


@pytest.mark.slow
def test_a_storm_over_the_whole_system(
    long_seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The real web, workers, queue and storage, each killed now and then, and recorders cleared for real."""
    policy = {"MODE": "automatic", "AFTER_DAYS": "0", "DELAY_HOURS": "0"}
    with running_system(
        **{f"LIUHEN_CATALOG__CLEARING_{name}": value for name, value in policy.items()}
    ) as system:
        command = [sys.executable, "-m", "tests.faults.storm.real", "--data", str(system.data)]
        done = subprocess.run(
            [*command, "--folder", str(tmp_path / "world"), "--seed", str(long_seed), "--dockings", "60"],
            cwd=ROOT, capture_output=True, text=True, timeout=3600, check=False,
        )  # fmt: skip
        assert done.returncode in {0, 1}, done.stderr + system.words()
        storm = Storm(long_seed, [json.loads(done.stdout)])
        judge(storm, capsys)
        assert storm.total("cleared") > 0
        assert sum(storm.faults.values()) > 20
