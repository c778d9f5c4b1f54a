"""The driver for everything that is a folder in the end: USB disks, cards in a reader, plain folders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ingest.protocol import RecorderIdentity
from ingest.recorders.base import LeftOut, Listed
from ingest.recorders.identity import MARKER, identify, read_marker
from ingest.recorders.tree import OpenFile, Tree


class FolderRecorder:
    """A mounted file system or a folder; a `Recorder`. The station's own marker file is not listed."""

    def __init__(self, root: Path, identity: RecorderIdentity | None = None) -> None:
        """Open and identify it. Raises OSError when the folder cannot be opened."""
        self.root = Path(os.path.realpath(root))
        self.identity = identity or identify(self.root)
        ignore = frozenset({os.fsencode(MARKER)}) if read_marker(self.root) else frozenset[bytes]()
        self._tree = Tree(self.root, ignore=ignore)

    def present(self) -> bool:
        """Whether the same folder still stands there and answers."""
        return self._tree.present()

    def entries(self) -> Iterator[Listed | LeftOut]:
        """List everything on it. Raises Unplugged."""
        return self._tree.entries()

    def open(self, path: bytes) -> OpenFile:
        """Open a listed file. Raises Vanished, NotTaken, Unplugged."""
        return self._tree.open(path)

    def close(self) -> None:
        """Let go of it."""
        self._tree.close()
