"""Cards and recorders that are not as they should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.usb import cards
from tests.usb.site import Site, digests, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
MIB = 1 << 20


def test_a_bad_sector_in_the_middle(site: Site, tmp_path: Path) -> None:
    whole, hurt = cards.recording(MIB, "whole"), cards.recording(6 * MIB, "hurt")
    card = cards.fat(tmp_path / "card.img", {"DCIM/hurt.MP4": hurt, "DCIM/whole.MP4": whole})
    offset = 3 * MIB + 700
    site.machine.plug(card, 2, "BWC-HURT", bad_sectors=(cards.where(card, hurt, offset),))
    docking = site.docked("BWC-HURT")
    assert site.closed(docking, 240).reason == "done"
    received = site.received(docking)
    assert received["DCIM/whole.MP4"].sha256 == digests({"": whole})[""]
    assert received["DCIM/whole.MP4"].bad_ranges == []
    offer = received["DCIM/hurt.MP4"]
    assert offer.size == len(hurt)
    ((start, end),) = offer.bad_ranges
    assert start <= offset < end
    assert end - start <= 8192, "more was given up than could not be read"
    kept = hurt[:start] + bytes(end - start) + hurt[end:]
    assert offer.sha256 == digests({"": kept})[""]
    assert site.states(docking)[-1] == "attention"


def test_ruined_allocation_tables(site: Site, tmp_path: Path) -> None:
    files = {f"DCIM/{n}.MP4": cards.recording(2 * MIB, f"ruined {n}") for n in range(4)}
    card = cards.fat(tmp_path / "card.img", files)
    cards.ruin_fat(card, seed="ruin")
    stick = site.machine.plug(card, 2, "BWC-RUINED")
    docking = site.docked("BWC-RUINED")
    closed = site.closed(docking, 240)
    assert closed.reason in {"done", "failed"}
    assert site.states(docking)[-1] == "attention", "such a card is never said to be safe"
    site.machine.pull(stick)
    # and the next one is none the worse for it
    good = {"a.MP4": cards.recording(MIB, "after ruin")}
    site.machine.plug(cards.fat(tmp_path / "good.img", good), 2, "BWC-GOOD")
    assert site.closed(site.docked("BWC-GOOD")).reason == "done"


def test_two_recorders_that_report_the_same_serial(site: Site, tmp_path: Path) -> None:
    for number in (1, 2):
        files = {"DCIM/0001.MP4": cards.recording(MIB, f"twin {number}")}
        card = cards.fat(tmp_path / f"{number}.img", files)
        site.machine.plug(card, 1 + number, "0123456789ABCDEF")
    until(lambda: len(site.dockings("0123456789ABCDEF")) >= 2, 60, site.said)
    one, two = list(site.dockings("0123456789ABCDEF").values())[:2]
    assert one.slot != two.slot
    for docking in (one, two):
        assert site.closed(docking).reason == "done"
    for number in (1, 2):
        assert site.uploads_of(cards.recording(MIB, f"twin {number}")) == 1
    assert one.recorder.serial != two.recorder.serial or (
        one.recorder.same_serial and two.recorder.same_serial
    )


def test_nothing_on_it(site: Site, tmp_path: Path) -> None:
    """A stick without a file system is said to need attention or left alone; it never stops the others."""
    blank = tmp_path / "blank.img"
    blank.write_bytes(bytes(8 * MIB))
    site.machine.plug(blank, 2, "BWC-BLANK")
    files = {"a.MP4": cards.recording(MIB, "beside blank")}
    site.machine.plug(cards.fat(tmp_path / "good.img", files), 3, "BWC-BESIDE")
    docking = site.docked("BWC-BESIDE")
    assert site.closed(docking).reason == "done"
    assert set(site.received(docking)) == {"a.MP4"}
    assert "partition-blank" in site.said()


def test_a_folder_that_holds_itself(site: Site, tmp_path: Path) -> None:
    """On a FAT only a fault makes one; the kernel follows it for ever."""
    files = {"DCIM/a.MP4": cards.recording(MIB, "loop"), "DCIM/LOOP/b.MP4": cards.recording(MIB, "lost")}
    card = cards.fat(tmp_path / "card.img", files)
    cards.lead_back(card, "LOOP", "DCIM")
    site.machine.plug(card, 2, "BWC-LOOP")
    docking = site.docked("BWC-LOOP")
    assert site.closed(docking).reason == "done"
    assert site.received(docking)["DCIM/a.MP4"].sha256 == digests({"": files["DCIM/a.MP4"]})[""]
    assert site.uploads_of(files["DCIM/a.MP4"]) == 1
    assert site.states(docking)[-1] == "attention", "what the folder held is out of reach"


def test_the_stations_own_disk_is_no_recorder(site: Site, tmp_path: Path) -> None:
    """A station whose spool lies on a USB disk: nothing of it is taken in, and nothing is ever cleared from it."""
    site.kill()
    own = Path("/run/own")
    card = cards.ext4(tmp_path / "own.img", {"a.MP4": cards.recording(MIB, "own")}, mib=128)
    site.machine.plug(card, 2, "BWC-OWN")
    until(lambda: "sd" in site.machine.sh("ls /sys/block"), 30)
    site.machine.sh(f"mkdir -p /host{own} && mount -t ext4 /dev/sd? /host{own}")
    site.settings("own", own)
    try:
        site.start("own")
        files = {"b.MP4": cards.recording(MIB, "beside its own")}
        stick = site.machine.plug(cards.fat(tmp_path / "card.img", files), 3, "BWC-BESIDE-OWN")
        docking = site.docked("BWC-BESIDE-OWN")
        assert site.closed(docking).reason == "done"
        assert {name: offer.sha256 for name, offer in site.received(docking).items()} == digests(files)
        assert site.dockings("BWC-OWN") == {}
        site.machine.pull(stick)
    finally:
        site.kill()
        site.machine.sh(f"umount /host{own}")
    site.start()
    assert site.closed(site.docked("BWC-OWN")).reason == "done", (
        "mounted nowhere it is a recorder like any other"
    )
