from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.recorders.folder import FolderDriver
from ingest.recorders.slot_names import LONGEST, labels, slot_name

NAME = st.binary(min_size=1, max_size=90).filter(lambda name: b"/" not in name and b"\0" not in name)
PART = st.sampled_from(["a", "b", "slots", "一楼"])


def test_subfolders_of_one_name_are_two_slots(tmp_path: Path) -> None:
    for folder in ("hall", "cellar"):
        for slot in ("1", "2"):
            (tmp_path / folder / slot).mkdir(parents=True)
    driver = FolderDriver([tmp_path / "hall", tmp_path / "cellar"])
    assert sorted(place.slot for place in driver.find()) == ["cellar/1", "cellar/2", "hall/1", "hall/2"]
    (tmp_path / "cellar" / "1").rmdir()  # a name does not hang on what else is there
    assert sorted(place.slot for place in driver.find()) == ["cellar/2", "hall/1", "hall/2"]


def test_a_folder_watched_twice_is_one(tmp_path: Path) -> None:
    (tmp_path / "hall" / "1").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "hall")
    driver = FolderDriver([tmp_path / "hall", tmp_path / "link"])
    assert [place.slot for place in driver.find()] == ["1"]


def test_folders_are_called_by_as_much_of_their_path_as_tells_them_apart() -> None:
    hall, cellar, other = Path("/srv/hall/slots"), Path("/srv/cellar/slots"), Path("/media")
    assert labels([hall, cellar, other]) == {hall: "hall/slots", cellar: "cellar/slots", other: "media"}
    below = Path("/slots")
    assert labels([hall, below]) == {hall: "hall/slots", below: "slots"}


@pytest.mark.parametrize(
    ("name", "slot"),
    [
        (b"one", "one"),
        ("一号".encode(), "一号"),
        (b"1-2.3", "slots/1-2.3"),  # a socket of the USB is called so
        (b"1-2.lun0", "slots/1-2.lun0"),
        (b"1-2-3", "1-2-3"),
    ],
    ids=["plain", "chinese", "usb-port", "card-reader", "no-port"],
)
def test_the_only_watched_folder_is_not_named_unless_it_must(name: bytes, slot: str) -> None:
    assert slot_name("slots", name, alone=True) == slot


@given(names=st.sets(NAME, min_size=2, max_size=4), alone=st.booleans())
def test_names_that_differ_are_slots_that_differ(names: set[bytes], alone: bool) -> None:
    slots = [slot_name("slots", name, alone=alone) for name in names]
    assert len(set(slots)) == len(names)
    assert all(0 < len(slot) <= LONGEST and slot.isprintable() for slot in slots)


@given(st.sets(st.lists(PART, min_size=1, max_size=4).map(lambda parts: Path("/", *parts)), min_size=1))
def test_no_two_folders_are_called_the_same(folders: set[Path]) -> None:
    called = labels(sorted(folders))
    assert len(set(called.values())) == len(folders)


def test_cut_names_stay_apart() -> None:
    long = "很长的名字" * 20
    first, second = (slot_name("slots", f"{long}{n}".encode(), alone=True) for n in (1, 2))
    assert first != second
    assert first[:50] == second[:50] == long[:50]
    assert slot_name("slots", b"\xff", alone=True) != slot_name("slots", rb"\xff", alone=True)
