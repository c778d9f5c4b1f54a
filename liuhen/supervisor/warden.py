"""Run as a script beside the supervisor: ends the parts if the supervisor itself is killed.

Reads lines from the supervisor: `+ N` (session N began), `- N` (it is gone), `bye` (all is in order). When the pipe
ends without `bye`, the supervisor is dead: every session gets SIGTERM, and after some seconds SIGKILL. It holds the
lock of the data folder meanwhile, so that no new supervisor starts among leftovers. Standard library only.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  (runs with -I)

from sessions import members, send  # type: ignore[import-not-found]

GRACE_SECONDS = 15.0


def end(sessions: set[int], grace: float) -> None:
    """End all `sessions`: ask the leaders, wait up to `grace` seconds for them, then kill what is left."""
    for session in sessions:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(session, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and any(session in members(session) for session in sessions):
        time.sleep(0.1)
    while any([send(session, signal.SIGKILL) for session in sessions]):  # noqa: C419  (all of them, not up to the first)
        time.sleep(0.05)


def main(grace: float = GRACE_SECONDS) -> None:
    """Follow the supervisor's lines until it says good-bye or is gone."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sessions: set[int] = set()
    for line in sys.stdin:
        word, _, session = line.strip().partition(" ")
        if word == "bye":
            return
        if word == "+":
            sessions.add(int(session))
        elif word == "-":
            sessions.discard(int(session))
    end(sessions, grace)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else GRACE_SECONDS)
