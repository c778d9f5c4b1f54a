"""Circles of folders under ever new numbers.

A bind mount shows the same number twice; a corrupt FAT does not: there a folder's entry may lead back to a folder
above as if it were another one. Such a circle repeats its names and its contents.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

_STATED = 256
"""Files of a folder whose size and time are compared too; all names are."""


def repeats(folder: bytes, open_folder: Callable[[bytes], int]) -> bool:
    """Whether a folder shows exactly what a folder above it of the same name shows. Raises OSError.

    Costs nothing where no name on the way is repeated, which is everywhere but in a circle and in odd trees.
    """
    names = folder.split(b"/")
    above = [b"/".join(names[: n + 1]) for n in range(len(names) - 1) if names[n] == names[-1]]
    if not above:
        return False
    own = _picture(folder, open_folder)
    return own is not None and any(_picture(one, open_folder) == own for one in above)


def _picture(folder: bytes, open_folder: Callable[[bytes], int]) -> bytes | None:
    """Digest of a folder's entries in the order the file system gives them; None for one without files.

    Folders alone prove nothing: `DCIM/100/DCIM/100` may be a copy within a copy.
    """
    digest, files = hashlib.sha256(), 0
    fd = open_folder(folder)
    try:
        with os.scandir(fd) as entries:
            for entry in entries:
                digest.update(os.fsencode(entry.name) + b"\0")
                if entry.is_dir(follow_symlinks=False):
                    digest.update(b"/")
                    continue
                files += 1
                if files <= _STATED:
                    facts = entry.stat(follow_symlinks=False)
                    digest.update(b"%d %d\0" % (facts.st_size, facts.st_mtime_ns))
    finally:
        os.close(fd)
    return digest.digest() if files else None
