"""The stage `reread` as a worker runs it: after the bureau's delay, and said in words before it."""

from __future__ import annotations

import os
from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import select

from catalog.models import Clip, SignedStatement, Stage
from catalog.stages import add_stages
from tests.workers.bench_desk import runtime, take
from workers.runtime import Runtime
from workers.stages.run import run_stage

__all__ = ["runtime", "take"]


@pytest.mark.parametrize("delay", [0.0, 24.0])
def test_it_is_signed_after_the_delay(
    delay: float, runtime: Runtime, take: Callable[[bytes, bytes], UUID]
) -> None:
    runtime.settings.catalog.clearing_delay_hours = delay
    clip = take(os.urandom(5000), b"DCIM/a.mp4")
    assert run_stage(runtime, clip, "reread") == []  # nobody asked
    run_stage(runtime, clip, "verify")
    with runtime.database.write() as session:
        add_stages(session, clip, ("reread",), runtime.now())
    run_stage(runtime, clip, "reread")
    with runtime.database.read() as session:
        kinds = set(session.scalars(select(SignedStatement.kind).where(SignedStatement.clip_id == clip)))
        stage = session.get_one(Stage, (clip, "reread"))
        assert session.get_one(Clip, clip).verified_at is not None
    assert kinds == ({"received", "verified", "reread"} if delay == 0 else {"received", "verified"})
    assert (stage.state, stage.error.startswith("not before")) == (
        ("done", False) if delay == 0 else ("failed", True)
    )
