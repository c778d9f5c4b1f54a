"""What a hostile file may make a reader do; called inside the sandboxed child."""

import os
import sys
import time
from pathlib import Path

from workers.media.telling import tell


def swell() -> int:
    kept = []
    while True:
        kept.append(bytearray(64 << 20))


def spin() -> None:
    while True:
        pass


def sleep() -> None:
    time.sleep(3600)


def chatter() -> str:
    return "x" * (64 << 20)


def crash() -> None:
    os.abort()


def print_much() -> str:
    for _ in range(2000):
        os.write(1, b"noise from a C library\n")
    sys.stdout.write("more noise\n")
    return "answer"


def fill_disk(path: str) -> int:
    with Path(path).open("wb") as file:
        for _ in range(1000):
            file.write(b"\0" * (1 << 20))
            file.flush()
    return 0


def fail() -> None:
    raise ValueError("odd file")


def environment() -> list[str]:
    return sorted(os.environ)


def work_slowly(*, grows: bool) -> str:
    """Say every half second that it goes on; whether it does is another matter."""
    for turn in range(6):
        tell(turn if grows else 7, 1.0)
        time.sleep(0.6)
    return "done"
