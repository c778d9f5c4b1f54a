"""Run one of our functions on a hostile file in a child process with limits on memory, time and output.

A decoder that crashes, spins or swells takes the child with it and nothing else. The child is this Python
started anew (a fork would carry the worker's sockets and secrets in its memory), so start-up is kept cheap:
`workers.media.child` imports only what its job needs.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from workers.media.guard import guarded

MIB = 1 << 20
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the child may use."""

    memory: int = 1536 * MIB
    """Bytes of address space."""
    cpu: int = 120
    """Seconds of processor time."""
    wall: float = 180.0
    """Seconds from start to answer."""
    still: float = 60.0
    """Seconds without any processor time used or byte read or written, after which it counts as standing still."""
    output: int = 8 * MIB
    """Bytes of answer."""
    file_size: int = 256 * MIB
    """Bytes of any file it writes."""
    stall: float | None = None
    """Seconds without progress told (`telling.tell`) after which it is ended; `wall` does not count then."""


class SandboxError(Exception):
    """The child gave no answer. `why` is stable; the text is for the maintainer."""

    def __init__(
        self, why: Literal["time", "still", "memory", "output", "crash", "error"], text: str
    ) -> None:
        super().__init__(text)
        self.why = why


def run(
    target: str,
    arguments: dict[str, object],
    limits: Limits | None = None,
    *,
    progress: Callable[[float], None] | None = None,
) -> object:
    """Call `target` (`package.module:function`, from our own code, never from data) with `arguments` in a child.

    The function takes the arguments by name and answers plain JSON values, which are returned. `progress` gets the
    seconds it says it has reached, as they come; what it raises ends the child and passes on.
    Raises SandboxError when the child ran beyond a limit, stood still, crashed or raised.
    """
    limits = limits or Limits()
    request = json.dumps({"target": target, "arguments": arguments, "limits": asdict(limits)}).encode()
    process = subprocess.Popen(
        guarded([sys.executable, "-P", "-m", "workers.media.child"]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={
            "PYTHONPATH": str(_ROOT),
            "PATH": os.defpath,
            "LC_ALL": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        start_new_session=True,
    )
    try:
        answer = _exchange(process, request, limits, progress)
        process.wait(timeout=10)
    finally:
        _end(process)
    return _verdict(answer, process.returncode)


def _exchange(
    process: subprocess.Popen[bytes],
    request: bytes,
    limits: Limits,
    progress: Callable[[float], None] | None,
) -> bytes:
    assert process.stdin is not None  # noqa: S101 - both are pipes by construction
    assert process.stdout is not None  # noqa: S101
    patience = _Patience(limits, process.pid)
    try:
        process.stdin.write(request)
        process.stdin.close()
    except BrokenPipeError:
        return b""
    answer = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(patience.left()):
                patience.nothing_came()
                continue
            chunk = os.read(process.stdout.fileno(), 65536)
            if not chunk:
                return bytes(answer)
            answer += chunk
            told, _, rest = answer.rpartition(b"\n")  # an answer is one line of JSON, without an end
            if told:
                answer = bytearray(rest)
                work, seconds = _last_told(bytes(told))
                patience.moved_on(work)
                if progress is not None:
                    progress(seconds)
            if len(answer) > limits.output:
                raise SandboxError("output", f"answer larger than {limits.output} bytes")


class _Patience:
    """How long a child is waited for: until its time is up, or it stands still."""

    def __init__(self, limits: Limits, pid: int) -> None:
        self._limits = limits
        self._pid = pid
        self._deadline = time.monotonic() + (limits.wall if limits.stall is None else limits.stall)
        self._work = -1
        self._done, self._moved = _done_so_far(pid), time.monotonic()

    def left(self) -> float:
        """Answer the seconds to wait before looking at it again. Raises SandboxError when its time is up."""
        left = self._deadline - time.monotonic()
        if left > 0:
            return min(left, self._limits.still / 4)
        if self._limits.stall is not None:
            raise SandboxError("still", f"no progress for {self._limits.stall:g} s")
        raise SandboxError("time", f"no answer within {self._limits.wall:g} s")

    def moved_on(self, work: int) -> None:
        """It told how much work it has done; only more than before counts."""
        if self._limits.stall is not None and work > self._work:
            self._work, self._deadline = work, time.monotonic() + self._limits.stall

    def nothing_came(self) -> None:
        """It said nothing for a while. Raises SandboxError when it did nothing either."""
        now = _done_so_far(self._pid)
        if now != self._done:
            self._done, self._moved = now, time.monotonic()
        elif time.monotonic() - self._moved > self._limits.still:
            raise SandboxError("still", f"nothing was done for {self._limits.still:g} s")


def _last_told(lines: bytes) -> tuple[int, float]:
    """Work and seconds of the last line told."""
    try:
        work, seconds = lines.rpartition(b"\n")[2].split()
        return int(work), float(seconds)
    except ValueError:
        return -1, 0.0


def _done_so_far(pid: int) -> tuple[str, ...]:
    """What the process has used and moved: a stopped one, or one that waits for a dead disk, shows no other sign."""
    try:
        used = (
            Path(f"/proc/{pid}/stat")
            .read_text(encoding="ascii", errors="replace")
            .rsplit(")", 1)[-1]
            .split()[11:13]
        )
        return (*used, *Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines()[:2])
    except OSError:
        return ()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None and not pipe.closed:
            pipe.close()


def _verdict(answer: bytes, status: int) -> object:
    if status == -signal.SIGXCPU:
        raise SandboxError("time", "used up its processor time")
    if status != 0:
        raise SandboxError("crash", f"ended with status {status}")
    try:
        reply = json.loads(answer)
    except ValueError as error:
        raise SandboxError("crash", "answered no JSON") from error
    if "error" in reply:
        raise SandboxError("memory" if reply["error"] == "memory" else "error", str(reply.get("text", "")))
    return reply["answer"]
