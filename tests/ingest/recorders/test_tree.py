from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from ingest.errors import NotTaken, Unplugged, Vanished
from ingest.names import decoded, encoded, shown
from ingest.recorders import tree as tree_module
from ingest.recorders.base import LeftOut, Listed
from ingest.recorders.tree import Tree

HOSTILE = [
    "录像 001.mp4".encode(),
    b'it\'s "quoted".avi',
    b"line\nbreak.mp4",
    b"invalid-\xff\xfe.mp4",
    "\u202egpj.exe".encode(),
    b"-rf",
    ("长" * 85).encode(),
    b"back\\slash",
]


@pytest.fixture
def opened(card: Path) -> Tree:
    tree = Tree(card)
    yield tree
    tree.close()


def listed(tree: Tree) -> dict[bytes, Listed | LeftOut]:
    return {entry.path: entry for entry in tree.entries()}


def test_hostile_names(card: Path, opened: Tree) -> None:
    deep = os.fsencode(card) + "/DCIM/第一\n组".encode()
    Path(os.fsdecode(deep)).mkdir(parents=True)
    for name in HOSTILE:
        Path(os.fsdecode(deep + b"/" + name)).write_bytes(name)
    found = listed(opened)
    assert found.keys() == {b"DCIM/" + "第一\n组/".encode() + name for name in HOSTILE}
    for path, entry in found.items():
        assert isinstance(entry, Listed)
        source = opened.open(path)
        assert source.facts()[0] == entry.size
        source.close()
        assert decoded(encoded(path)) == path
        text = shown(path)
        assert text.isprintable()
        assert "\n" not in text
    assert shown(b"a\n\xff\xe2\x80\xaeb") == "a\\n\\xff\\u202eb"


def test_nothing_but_regular_files(card: Path, opened: Tree, tmp_path: Path) -> None:
    outside = tmp_path / "secret"
    outside.write_text("secret")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside").write_text("x")
    (card / "link").symlink_to(outside)
    (card / "folder-link").symlink_to(tmp_path / "folder")
    (card / "self").symlink_to(card)
    (card / "dangling").symlink_to("nowhere")
    os.mkfifo(card / "pipe")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(card / "sock"))
    server.close()
    (card / "good.mp4").write_bytes(b"x")
    found = listed(opened)
    words = {path: entry.word for path, entry in found.items() if isinstance(entry, LeftOut)}
    assert words == {
        b"link": "link", b"folder-link": "link", b"self": "link", b"dangling": "link",
        b"pipe": "fifo", b"sock": "socket",
    }  # fmt: skip
    assert isinstance(found[b"good.mp4"], Listed)
    for path, word in [(b"link", "link"), (b"pipe", "fifo"), (b"sock", "socket")]:
        with pytest.raises(NotTaken) as caught:
            opened.open(path)
        assert caught.value.word == word


def test_a_name_exchanged_for_a_link_leads_nowhere(card: Path, opened: Tree, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a").write_text("secret")
    (card / "sub").mkdir()
    (card / "sub" / "a").write_text("ours")
    assert b"sub/a" in listed(opened)
    (card / "sub").rename(tmp_path / "moved")
    (card / "sub").symlink_to(tmp_path / "elsewhere")
    with pytest.raises((Vanished, NotTaken)):
        opened.open(b"sub/a")


def test_gone_files_and_gone_recorders(card: Path, opened: Tree, tmp_path: Path) -> None:
    (card / "a").write_text("a")
    with pytest.raises(Vanished):
        opened.open(b"b")
    card.rename(tmp_path / "pulled")
    assert not opened.present()
    with pytest.raises(Unplugged):
        opened.open(b"b")
    card.mkdir()
    assert not opened.present()  # another folder at the same place


def test_circles_end(card: Path, opened: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_module, "_DEEPEST", 5)
    deep = card.joinpath(*"abcdefgh")
    deep.mkdir(parents=True)
    (deep / "file").write_text("x")
    (entry,) = opened.entries()
    assert isinstance(entry, LeftOut)
    assert (entry.word, entry.attention) == ("folder-circle", True)


def test_an_unreadable_folder_is_reported(card: Path, opened: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    (card / "bad").mkdir()
    (card / "good").write_text("x")
    scandir = os.scandir

    def failing(fd: int) -> object:
        if Path(f"/proc/self/fd/{fd}").readlink().name == "bad":
            raise OSError(5, "Input/output error")
        return scandir(fd)

    monkeypatch.setattr(os, "scandir", failing)
    found = listed(opened)
    assert isinstance(found[b"good"], Listed)
    entry = found[b"bad"]
    assert isinstance(entry, LeftOut)
    assert (entry.word, entry.attention) == ("unreadable-folder", True)
