"""A small process that behaves as the tests of the supervisor ask it to.

Usage: fake_part.py JOURNAL NAME [WORD...]; words: `child` (starts a child that sleeps), `deaf` (ignores SIGTERM),
`crash` (ends at once), `talk` (prints a lot).
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def main() -> None:
    journal, name, *words = sys.argv[1:]

    def note(event: str) -> None:
        with Path(journal).open("a") as file:
            file.write(f"{time.monotonic():.3f} {name} {event} {os.getpid()}\n")

    def leave(*_: object) -> None:
        note("term")
        sys.exit(0)

    signal.signal(signal.SIGTERM, signal.SIG_IGN if "deaf" in words else leave)
    note("start")
    print(f"{name} says hello", flush=True)
    if "crash" in words:
        print("the disk is on fire", flush=True)
        sys.exit(3)
    if "child" in words:
        child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
        note(f"child:{child.pid}")
    if "talk" in words:
        while True:
            print("x" * 50_000, flush=True)
            time.sleep(0.02)
    while True:
        time.sleep(600)


main()
