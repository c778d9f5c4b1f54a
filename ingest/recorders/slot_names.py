"""What the slots of watched folders are called: told apart whatever lies in them, and the same at every start.

A name follows from the settings and the folder's own name alone, never from what else happens to be plugged in.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

LONGEST = 64
"""Characters of a slot's name, as the protocol has it."""
_PORT = re.compile(r"\d+-\d+(\.\d+)*(\.lun\d+)?")
"""What a socket of the USB is called; a folder must not pass for one."""


def labels(folders: Sequence[Path]) -> dict[Path, str]:
    """Answer what each watched folder is called: its name, with as much of its path as tells it from the others."""
    answer = {}
    for folder in folders:
        parts = folder.parts
        others = [other.parts for other in folders if other != folder]
        depth = next(
            (n for n in range(1, len(parts)) if all(other[-n:] != parts[-n:] for other in others)), len(parts)
        )
        answer[folder] = "/".join(parts[-depth:]).lstrip("/") or "/"
    return answer


def slot_name(label: str, name: bytes, *, alone: bool) -> str:
    """Answer the slot of the subfolder `name` of a watched folder called `label`.

    The only folder that is watched (`alone`) need not be named. A name that is too long, or no text, is cut or written
    otherwise; a few characters of its digest keep it apart from another that would look the same.
    """
    text = name.decode("utf-8", "backslashreplace")
    whole = text if alone and not _PORT.fullmatch(text) else f"{label}/{text}"
    if len(whole) <= LONGEST and os.fsencode(text) == name and whole.isprintable():
        return whole
    mark = hashlib.sha256(f"{label}/".encode() + name).hexdigest()[:8]
    plain = "".join(c if c.isprintable() else "?" for c in whole)
    return f"{plain[: LONGEST - len(mark) - 1]}#{mark}"
