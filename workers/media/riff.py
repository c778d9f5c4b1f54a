"""What the outer chunk of WAV and AVI files claims. FFmpeg quietly makes do with a cut file; people should know."""

from __future__ import annotations

from pathlib import Path

_UNFINISHED = (0, 0xFFFFFFFF)


def is_cut(path: Path) -> bool:
    """Whether the RIFF header claims more bytes than the file has. False where it makes no claim.

    Raises OSError when the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(12)
    claimed = int.from_bytes(head[4:8], "little")
    return head[:4] == b"RIFF" and claimed not in _UNFINISHED and claimed + 8 > path.stat().st_size + 1
