"""A USB stick is plugged into a machine with a station on it: found, told by its serial number, docked, pulled out."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.usb import cards
from tests.usb.site import Site, digests, image_digest, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
MIB = 1 << 20


def test_a_card_is_found_told_by_its_serial_and_docked(site: Site, tmp_path: Path) -> None:
    files = {
        "DCIM/100MEDIA/DSJ0412_20261123081500_0001.MP4": cards.recording(3 * MIB, "plug 1"),
        "DCIM/100MEDIA/DSJ0412_20261123081900_0002.MP4": cards.recording(17 * MIB + 5, "plug 2"),
        "DCIM/101PHOTO/现场照片 一.JPG": cards.recording(400_000, "plug 3"),
        "DCIM/101PHOTO/empty.JPG": b"",
    }
    card = cards.fat(tmp_path / "card.img", files)
    before = image_digest(card)
    began = time.monotonic()
    site.machine.plug(card, 2, "BWC-0412-SN42")
    docking = site.docked("BWC-0412-SN42")
    found = time.monotonic() - began
    identity = docking.recorder
    assert (identity.serial, identity.serial_source) == ("BWC-0412-SN42", "usb")
    assert (identity.vendor, identity.model) == ("QEMU", "QEMU USB HARDDRIVE")
    assert docking.slot.endswith("-2"), docking.slot
    assert "vfat" in identity.filesystem
    closed = site.closed(docking)
    print(f"docked after {found:.1f} s, all received after {time.monotonic() - began:.1f} s")
    assert (closed.reason, closed.files_total) == ("done", len(files))
    received = site.received(docking)
    assert {name: offer.sha256 for name, offer in received.items()} == digests(files)
    assert site.states(docking)[-1] == "safe"
    assert image_digest(card) == before


@pytest.mark.parametrize("make", [cards.fat, cards.ext4, cards.ntfs])
def test_pulled_in_mid_copy_and_plugged_in_again(
    make: Callable[[Path, dict[str, bytes]], Path], site: Site, tmp_path: Path
) -> None:
    kind = make.__name__
    files = {
        "first.MP4": cards.recording(MIB, f"{kind} pull 1"),
        "long.MP4": cards.recording(24 * MIB, f"{kind} pull 2"),
    }
    card = make(tmp_path / "card.img", files)
    before = image_digest(card)
    stick = site.machine.plug(card, 3, f"BWC-PULLED-{kind}", bytes_a_second=3 * MIB)
    docking = site.docked(f"BWC-PULLED-{kind}")
    told = site.office.progress_of
    # small files come first: once more bytes are read than the first has, the long one is under way
    until(
        lambda: any(4 * MIB < word.bytes_copied < 20 * MIB for word in told.get(docking.docking, [])),
        60,
        site.said,
    )
    (options,) = site.mounts()
    assert {"ro", "nosuid", "nodev", "noexec"} <= options
    began = time.monotonic()
    site.machine.pull(stick)
    closed = site.closed(docking)
    until(lambda: not site.mounts(), 30, site.said)
    print(f"the docking was over {time.monotonic() - began:.1f} s after the pull")
    assert closed.reason == "unplugged"
    assert site.states(docking)[-1] != "safe"
    until(lambda: "first.MP4" in site.received(docking), 30, site.said)
    assert set(site.received(docking)) == {"first.MP4"}, "half a recording must not pass for a whole one"

    site.machine.plug(card, 4, f"BWC-PULLED-{kind}")
    again = site.docked(f"BWC-PULLED-{kind}", nth=2)
    assert again.slot != docking.slot
    assert site.closed(again).reason == "done"
    assert site.states(again)[-1] == "safe"
    received = site.received(docking, again)
    assert {name: offer.sha256 for name, offer in received.items()} == digests(files)
    assert not any(offer.bad_ranges for offer in received.values())
    assert [site.uploads_of(content) for content in files.values()] == [1, 1]
    assert image_digest(card) == before


def test_the_same_card_once_more_is_held_already(site: Site, tmp_path: Path) -> None:
    files = {f"DCIM/{n}.MP4": cards.recording(MIB, f"held {n}") for n in range(3)}
    card = cards.fat(tmp_path / "card.img", files)
    for nth in (1, 2):
        stick = site.machine.plug(card, 2, "BWC-HELD")
        docking = site.docked("BWC-HELD", nth)
        assert site.closed(docking).reason == "done"
        assert {name: offer.sha256 for name, offer in site.received(docking).items()} == digests(files)
        site.machine.pull(stick)
    assert [site.uploads_of(content) for content in files.values()] == [1, 1, 1]


def test_pulled_before_anything_was_read(site: Site, tmp_path: Path) -> None:
    card = cards.fat(tmp_path / "card.img", {"a.MP4": cards.recording(MIB, "brief")})
    site.machine.pull(site.machine.plug(card, 5, "BWC-BRIEF"))
    # whether the station saw it or not: the next one is docked as ever
    site.machine.plug(card, 5, "BWC-AFTER")
    docking = site.docked("BWC-AFTER")
    assert site.closed(docking).reason == "done"
    assert set(site.received(docking)) == {"a.MP4"}


def test_the_station_is_killed_in_mid_copy(site: Site, tmp_path: Path) -> None:
    files = {f"DCIM/{n}.MP4": cards.recording(6 * MIB, f"killed {n}") for n in range(3)}
    card = cards.fat(tmp_path / "card.img", files)
    site.machine.plug(card, 2, "BWC-KILLED", bytes_a_second=4 * MIB)
    docking = site.docked("BWC-KILLED")
    told = site.office.progress_of
    until(
        lambda: any(8 * MIB < word.bytes_copied < 16 * MIB for word in told.get(docking.docking, [])),
        60,
        site.said,
    )
    site.kill()
    assert len(site.mounts()) == 1  # nobody let go of it
    site.start()
    again = site.docked("BWC-KILLED", nth=2)
    assert site.closed(again).reason == "done"
    until(lambda: not site.mounts(), 30, site.said)
    received = site.received(docking, again)
    assert {name: offer.sha256 for name, offer in received.items()} == digests(files)
    assert [site.uploads_of(content) for content in files.values()] == [1, 1, 1]
    assert site.closed(docking).reason == "failed"


def test_it_may_go_while_the_office_is_away(site: Site, tmp_path: Path) -> None:
    files = {f"DCIM/{n}.MP4": cards.recording(MIB, f"away {n}") for n in range(3)}
    site.office.down = True
    try:
        stick = site.machine.plug(cards.fat(tmp_path / "card.img", files), 7, "BWC-AWAY")
        until(
            lambda: "BWC-AWAY" in site.board(7).get("recorder", "") and site.board(7)["tone"] == "safe",
            90,
            lambda: f"{site.board(7)}\n{site.said()}",
        )
        assert site.board(7)["headline"] == "You may take it"
        site.machine.pull(stick)
        until(lambda: not site.mounts(), 30, site.said)
        assert site.dockings("BWC-AWAY") == {}
    finally:
        site.office.down = False
    docking = site.docked("BWC-AWAY")
    until(lambda: len(site.received(docking)) == len(files), 60, site.said)
    assert {name: offer.sha256 for name, offer in site.received(docking).items()} == digests(files)
    assert site.closed(docking).reason == "done"


def test_a_stick_that_hardly_answers_holds_up_nobody(site: Site, tmp_path: Path) -> None:
    hanging = {"DCIM/long.MP4": cards.recording(8 * MIB, "hanging")}
    card = cards.fat(tmp_path / "hanging.img", hanging)
    stick = site.machine.plug(card, 2, "BWC-HANGING", bytes_a_second=2 * MIB)
    docking = site.docked("BWC-HANGING")
    told = site.office.progress_of
    until(lambda: any(word.bytes_copied >= 2 * MIB for word in told.get(docking.docking, [])), 60, site.said)
    site.machine.slow_down(stick, 16 * 1024)  # seconds for one read
    for n in range(2):
        files = {"a.MP4": cards.recording(2 * MIB, f"beside hanging {n}")}
        other = site.machine.plug(cards.fat(tmp_path / f"{n}.img", files), 3 + n, f"BWC-ANSWERS-{n}")
        beside = site.docked(f"BWC-ANSWERS-{n}")
        assert site.closed(beside).reason == "done"
        assert {name: offer.sha256 for name, offer in site.received(beside).items()} == digests(files)
        site.machine.pull(other)
    assert docking.docking not in site.office.closed
    site.machine.slow_down(stick, 64 * MIB)
    assert site.closed(docking).reason == "done"
    assert {name: offer.sha256 for name, offer in site.received(docking).items()} == digests(hanging)


def test_eight_at_once_one_slow_one_pulled(site: Site, tmp_path: Path) -> None:
    files = {
        n: {"DCIM/a.JPG": cards.recording(200_000, f"a {n}"), "b.MP4": cards.recording(2 * MIB, f"b {n}")}
        for n in range(1, 9)
    }
    pace = {1: 128 * 1024, 2: 128 * 1024}
    sticks = {
        n: site.machine.plug(
            cards.fat(tmp_path / f"{n}.img", of_it), n, f"BWC-EIGHT-{n}", bytes_a_second=pace.get(n)
        )
        for n, of_it in files.items()
    }
    dockings = {n: site.docked(f"BWC-EIGHT-{n}", seconds=120) for n in files}
    assert len({docking.slot for docking in dockings.values()}) == 8
    site.machine.pull(sticks[2])
    for n in range(3, 9):
        assert site.closed(dockings[n]).reason == "done"
        assert {name: offer.sha256 for name, offer in site.received(dockings[n]).items()} == digests(files[n])
    assert site.closed(dockings[2]).reason == "unplugged"
    assert dockings[1].docking not in site.office.closed, "the slow one is to be slower than all the others"
    assert site.closed(dockings[1]).reason == "done"
    assert {name: offer.sha256 for name, offer in site.received(dockings[1]).items()} == digests(files[1])
