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
    output: int = 8 * MIB
    """Bytes of answer."""
    file_size: int = 256 * MIB
    """Bytes of any file it writes."""


class SandboxError(Exception):
    """The child gave no answer. `why` is stable; the text is for the maintainer."""

    def __init__(self, why: Literal["time", "memory", "output", "crash", "error"], text: str) -> None:
        super().__init__(text)
        self.why = why


def run(target: str, arguments: dict[str, object], limits: Limits | None = None) -> object:
    """Call `target` (`package.module:function`, from our own code, never from data) with `arguments` in a child.

    The function takes the arguments by name and answers plain JSON values, which are returned.
    Raises SandboxError when the child ran beyond a limit, crashed or raised.
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
        answer = _exchange(process, request, limits)
        process.wait(timeout=10)
    finally:
        _end(process)
    return _verdict(answer, process.returncode)


def _exchange(process: subprocess.Popen[bytes], request: bytes, limits: Limits) -> bytes:
    assert process.stdin is not None  # noqa: S101 - both are pipes by construction
    assert process.stdout is not None  # noqa: S101
    deadline = time.monotonic() + limits.wall
    try:
        process.stdin.write(request)
        process.stdin.close()
    except BrokenPipeError:
        return b""
    answer = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise SandboxError("time", f"no answer within {limits.wall:g} s")
            chunk = os.read(process.stdout.fileno(), 65536)
            if not chunk:
                return bytes(answer)
            answer += chunk
            if len(answer) > limits.output:
                raise SandboxError("output", f"answer larger than {limits.output} bytes")


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
