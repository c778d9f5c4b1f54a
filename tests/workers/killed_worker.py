"""A worker that is killed (-9) at one step of a stage: `python -m tests.workers.killed_worker SETTINGS CLIP STAGE STEP`."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from workers.media import render as media_render
from workers.media import run as media_run
from workers.originals import Originals
from workers.runtime import Runtime
from workers.stages import keeping
from workers.stages import run as stage_run
from workers.stages.run import run_stage

STEPS = (
    "claimed",
    "fetching",
    "fetched",
    "rendering",
    "rendered",
    "one-stored",
    "stored",
    "uncommitted",
    "committed",
)


def die(*_: Any, **__: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def after(function: Callable[..., Any], calls: int = 1) -> Callable[..., Any]:
    left = [calls]

    def called(*values: Any, **named: Any) -> Any:
        answer = function(*values, **named)
        left[0] -= 1
        return answer if left[0] else die()

    return called


def prepare(runtime: Runtime, stage: str, step: str) -> None:
    """Put death in its place."""
    making = "encode_film" if stage == "encode" else "render_quick"
    module = sys.modules[f"workers.stages.{stage}"]
    if step == "claimed":
        module.fetched = die
    elif step == "fetching":
        for copy in runtime.originals.folder.iterdir():
            copy.unlink()
        read = runtime.evidence.read

        def half(key: str, version: str, **named: Any) -> Any:
            for block in read(key, version, chunk=4096, **named):
                yield block
                die()

        runtime.evidence.read = half  # type: ignore[method-assign]
    elif step == "fetched":
        setattr(module, making, die)
    elif step == "rendering":
        if stage == "encode":  # FFmpeg is at work
            media_run._watch = die
        else:
            media_render._waveform = die
    elif step == "rendered":
        module.keep = die
    elif step == "one-stored":
        runtime.derived.put_file = after(runtime.derived.put_file)  # type: ignore[method-assign]
    elif step == "stored":
        keeping.keep_renditions = die
    elif step == "uncommitted":
        kept = keeping.keep_renditions

        def flushed(session: Any, *values: Any, **named: Any) -> None:
            kept(session, *values, **named)
            session.flush()
            die()

        keeping.keep_renditions = flushed
    else:
        stage_run.catalog_stages.finish = die


def main() -> None:
    settings, clip, stage, step, quality = sys.argv[1:]
    plain = media_render.Encoding
    media_render.Encoding = lambda: plain(crf=int(quality))  # type: ignore[misc,assignment]
    runtime = Runtime(pickle.loads(Path(settings).read_bytes()))
    assert step in STEPS
    assert isinstance(runtime.originals, Originals)
    prepare(runtime, stage, step)
    run_stage(runtime, UUID(clip), stage)
    raise SystemExit("nothing killed it")


if __name__ == "__main__":
    main()
