"""kill -9 between any two steps of stamping: nothing is lost, nothing is there twice, and all of it proves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import func, select

from catalog.models import CustodyEntry, TimestampLeaf, TimestampToken
from storage.settings import StorageSettings
from tests.catalog.intake_desk import intake, store
from tests.catalog.stamp_desk import StampDesk, desk
from tests.services.tsa import make_tsa

__all__ = ["desk", "intake", "store"]


def test_killed_at_every_moment_in_turn(
    desk: StampDesk, database_url: str, seaweed: StorageSettings, tmp_path: Path
) -> None:
    tsa = make_tsa(tmp_path / "tsa")
    desk.authority("first", tsa)
    clips = [desk.take() for _ in range(5)]
    (tmp_path / "storage.json").write_text(seaweed.model_dump_json())
    command = [sys.executable, "-m", "tests.catalog.dying_stamper", database_url]
    done = subprocess.run(
        [*command, str(tmp_path / "storage.json"), str(tsa.folder)],
        check=False,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 10  # it died that often before it lived to the end
    assert {desk.stage(clip).state for clip in clips} == {"done"}
    (batch,), (token,) = desk.batches(), desk.tokens()
    assert batch.size == 5
    assert token.state == "kept"
    with desk.database.read() as session:
        assert session.scalar(select(func.count()).select_from(TimestampLeaf)) == 5
        assert session.scalar(select(func.count()).select_from(TimestampToken)) == 1
        entries = select(func.count()).where(CustodyEntry.action == "clip.timestamped")
        assert session.scalar(entries.select_from(CustodyEntry)) == 5
    audit = desk.audit()
    assert (audit.findings, audit.proven) == ([], 5)
