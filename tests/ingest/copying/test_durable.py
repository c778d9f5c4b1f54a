from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from ingest.copying.durable import Folder, ReadBuffer
from ingest.errors import SpoolFull


def test_a_draft_has_no_name_until_it_is_published(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    draft = folder.create("a")
    draft.write(memoryview(b"hello"), 0)
    assert [name for name in folder.names() if not name.startswith(".")] == []
    draft.flush()
    seen: list[bytes] = []
    assert draft.read_back(lambda block: seen.append(bytes(block)), ReadBuffer(4096)) in {
        "direct",
        "cache dropped",
    }
    assert b"".join(seen) == b"hello"
    folder.publish([draft])
    draft.discard()  # harmless by now
    assert folder.names() == ["a"]
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
    os.close(folder.open("a"))
    folder.remove("a")
    folder.remove("a")
    folder.close()


def test_a_discarded_draft_leaves_nothing(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    draft = folder.create("a")
    draft.write(memoryview(b"hello"), 0)
    draft.discard()
    assert folder.names() == []
    folder.close()


def test_no_room_is_its_own_error(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    draft = folder.create("a")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(SpoolFull):
            draft.write(memoryview(bytes(2000)), 0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    draft.discard()
    assert folder.names() == []
    folder.close()
