"""Run FFmpeg watched by its progress, not by the clock: a long film takes long, a stuck one is ended.

FFmpeg writes under a temporary name; only a whole result gets the name asked for.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from workers.media import ffmpeg
from workers.media.guard import be_modest, guarded
from workers.media.sanitise import clean

STALL_SECONDS = 60.0
"""No new frame, byte read or byte written for so long: ended."""
MEMORY = 6 << 30
"""Bytes of address space; 4K H.265 to 1080p takes about 2 GiB."""
KEPT_ERRORS = 8192
"""Bytes of FFmpeg's complaints that are kept, the last ones."""

_MOVING = ("frame", "total_size", "out_time_us")
"""What FFmpeg's progress must move for it to be at work."""

_TOO_LARGE = "File too large"
_REASONS = (
    ("No space left on device", "the worker's disk is full"),
    (_TOO_LARGE, "the result grew beyond its limit"),
    ("Cannot allocate memory", "it needs more memory than a worker may use"),
    ("moov atom not found", "the recording's index is missing"),
    ("Unknown decoder", "no reader for this coding"),
    ("Decoder not found", "no reader for this coding"),
    ("Output file does not contain any stream", "nothing in the file could be read as picture or sound"),
    ("does not contain any stream", "nothing in the file could be read as picture or sound"),
    ("Invalid data found", "the file's content is damaged"),
    ("Error while decoding", "the file's content is damaged"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    ok: bool
    seconds: float
    """Running time written, as FFmpeg's progress states it."""
    errors: str
    """The last complaints, cleaned."""
    stalled: bool = False
    status: int = 0

    @property
    def outgrown(self) -> bool:
        """Whether it ended because its result reached the size it was allowed."""
        return self.status == -signal.SIGXFSZ or _TOO_LARGE in self.errors

    @property
    def reason(self) -> str:
        """Why it failed, in words for people."""
        if self.stalled:
            return f"the tool made no progress for {STALL_SECONDS:g} seconds and was ended"
        for mark, words in _REASONS:
            if mark in self.errors:
                return words
        return "the tool could not make it"


def make(
    arguments: list[str],
    source: Path,
    target: Path,
    *,
    progress: Callable[[float], None] | None = None,
    stall: float | None = None,
    file_size: int = 1 << 40,
) -> Outcome:
    """Run FFmpeg with `arguments` (see `ffmpeg`); `target` exists afterwards only when the outcome is ok.

    `progress` gets the seconds written, about twice a second; what it raises ends FFmpeg and passes on. `stall` is how
    long it may stand still, in seconds; STALL_SECONDS when not given.
    `file_size` caps the result, in bytes. Raises OSError when the scratch folder cannot be written.
    """
    part = target.with_name(f".{target.name}.part")
    try:
        with (
            tempfile.TemporaryFile() as errors,
            _started(arguments, source, part, errors, file_size) as process,
        ):
            seconds, stalled = _watch(process, progress, STALL_SECONDS if stall is None else stall)
            if stalled:
                _kill(process)
            status = process.wait()
            told = _last(errors)
        ok = status == 0 and not stalled and part.is_file() and part.stat().st_size > 0
        if ok:
            part.replace(target)
        return Outcome(ok, seconds, told, stalled, status)
    finally:
        part.unlink(missing_ok=True)


def read_output(arguments: list[str], source: Path, *, stall: float | None = None) -> Iterator[bytes]:
    """FFmpeg's standard output in chunks. Raises BrokenRunError when it fails before its first byte or stalls."""
    with (
        tempfile.TemporaryFile() as errors,
        _started(arguments, source, Path(os.devnull), errors, 1 << 40) as process,
        selectors.DefaultSelector() as selector,
    ):
        assert process.stdout is not None  # noqa: S101 - a pipe by construction
        selector.register(process.stdout, selectors.EVENT_READ)
        any_read = False
        while True:
            if not selector.select(STALL_SECONDS if stall is None else stall):
                raise BrokenRunError(Outcome(ok=False, seconds=0.0, errors=_last(errors), stalled=True))
            chunk = os.read(process.stdout.fileno(), 1 << 18)
            if not chunk:
                break
            any_read = True
            yield chunk
        status = process.wait()
        if status != 0 and not any_read:
            raise BrokenRunError(Outcome(ok=False, seconds=0.0, errors=_last(errors), status=status))


class BrokenRunError(Exception):
    """FFmpeg gave no usable output."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


@contextmanager
def _started(
    arguments: list[str], source: Path, target: Path, errors: IO[bytes], file_size: int
) -> Iterator[subprocess.Popen[bytes]]:
    places = {ffmpeg.INPUT: str(source.absolute()), ffmpeg.OUTPUT: f"file:{target.absolute()}"}
    filled = [_filled(argument, places) for argument in arguments]
    process = subprocess.Popen(
        guarded([ffmpeg.binary(), *filled]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"},
        start_new_session=True,
    )
    be_modest(process.pid, memory=MEMORY, file_size=file_size)
    try:
        yield process
    finally:
        if process.poll() is None:
            _kill(process)
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _filled(argument: str, places: dict[str, str]) -> str:
    for mark, place in places.items():
        if argument == mark:
            return place
        if argument == f"file:{mark}":
            return f"file:{place}"
    return argument


def _watch(
    process: subprocess.Popen[bytes], progress: Callable[[float], None] | None, stall: float
) -> tuple[float, bool]:
    """Follow the progress lines until FFmpeg closes its output; answer seconds written and whether it got stuck."""
    assert process.stdout is not None  # noqa: S101 - a pipe by construction
    told: dict[str, str] = {}
    seconds, moved, bytes_moved, buffer = 0.0, time.monotonic(), "", b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if selector.select(min(1.0, stall)):
                chunk = os.read(process.stdout.fileno(), 65536)
                if not chunk:
                    return seconds, False
                *lines, buffer = (buffer + chunk).split(b"\n")
                before = dict(told)
                told |= dict(line.decode("ascii", "replace").split("=", 1) for line in lines if b"=" in line)
                if any(told.get(key) != before.get(key) for key in _MOVING):
                    moved = time.monotonic()
                stated = told.get("out_time_us", "")
                seconds = max(seconds, int(stated) / 1e6) if stated.isdigit() else seconds
                if progress is not None:
                    progress(seconds)
            if time.monotonic() - moved > stall:
                now = _bytes_moved(process.pid)
                if now == bytes_moved:
                    return seconds, True
                bytes_moved, moved = now, time.monotonic()


def _bytes_moved(pid: int) -> str:
    """What the process has read and written so far: moving the index to the front shows no other progress."""
    try:
        told = Path(f"/proc/{pid}/io").read_text(encoding="ascii")
    except OSError:
        return ""
    # Its own progress lines count as written bytes, so only whole megabytes are looked at.
    return " ".join(str(int(line.split()[1]) >> 20) for line in told.splitlines()[:2])


def _last(errors: IO[bytes]) -> str:
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - KEPT_ERRORS))
    return clean(errors.read().decode("utf-8", "replace"), 2000)
