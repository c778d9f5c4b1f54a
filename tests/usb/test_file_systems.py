"""What recorders write on: exFAT, ext4, several partitions, a card that is write-protected."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.usb import cards
from tests.usb.machine import SHARE
from tests.usb.site import Site, digests, image_digest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
MIB = 1 << 20


def test_exfat_with_names_of_255_characters(site: Site, tmp_path: Path) -> None:
    names = ("DCIM/" + "录" * 251 + ".MP4", "DCIM/b.MP4", "ＭＥＤＩＡ.WAV")
    files = {name: cards.recording(2 * MIB, f"exfat {number}") for number, name in enumerate(names)}
    card = cards.empty_exfat(site.machine.share / "exfat.img")
    share = f"/host{SHARE}"
    site.machine.sh(f"mkdir -p /fill && mount -t exfat -o loop {share}/exfat.img /fill && mkdir /fill/DCIM")
    for name, content in files.items():  # such names are too long for most other file systems
        (site.machine.share / "recording").write_bytes(content)
        site.machine.sh(f"cp {share}/recording /fill/{name}")
    site.machine.sh("umount /fill")
    card = card.rename(tmp_path / "exfat.img")
    before = image_digest(card)
    site.machine.plug(card, 2, "BWC-EXFAT")
    docking = site.docked("BWC-EXFAT")
    assert "exfat" in docking.recorder.filesystem
    assert site.closed(docking).reason == "done"
    assert {name: offer.sha256 for name, offer in site.received(docking).items()} == digests(files)
    assert image_digest(card) == before


def test_ext4(site: Site, tmp_path: Path) -> None:
    files = {f"media/{n}.ts": cards.recording(2 * MIB, f"ext4 {n}") for n in range(3)}
    card = cards.ext4(tmp_path / "card.img", files)
    before = image_digest(card)
    site.machine.plug(card, 2, "BWC-EXT4")
    docking = site.docked("BWC-EXT4")
    assert "ext4" in docking.recorder.filesystem
    assert site.closed(docking).reason == "done"
    assert {name: offer.sha256 for name, offer in site.received(docking).items()} == digests(files)
    assert image_digest(card) == before, (
        "mounting wrote on the card: its journal was replayed, or a time was set"
    )


def test_ntfs(site: Site, tmp_path: Path) -> None:
    """Debian's kernel reads none by itself; ntfs-3g does."""
    files = {f"{n}.MP4": cards.recording(2 * MIB, f"ntfs {n}") for n in range(2)}
    card = cards.ntfs(tmp_path / "card.img", files)
    before = image_digest(card)
    site.machine.plug(card, 2, "BWC-NTFS")
    docking = site.docked("BWC-NTFS")
    assert site.closed(docking).reason == "done"
    received = site.received(docking)
    assert {name: received[name].sha256 for name in files} == digests(files)
    assert image_digest(card) == before


def test_two_partitions(site: Site, tmp_path: Path) -> None:
    first = {"DCIM/1.MP4": cards.recording(2 * MIB, "part 1")}
    second = {"DCIM/2.MP4": cards.recording(2 * MIB, "part 2")}
    card = cards.partitioned(
        tmp_path / "card.img",
        cards.fat(tmp_path / "one.img", first),
        cards.fat(tmp_path / "two.img", second, mib=16, bits=16),
    )
    site.machine.plug(card, 2, "BWC-PARTS")
    docking = site.docked("BWC-PARTS")
    assert site.closed(docking).reason == "done"
    wanted = {f"p1/{name}": content for name, content in first.items()}
    wanted |= {f"p2/{name}": content for name, content in second.items()}
    assert {name: offer.sha256 for name, offer in site.received(docking).items()} == digests(wanted)
    assert len(site.dockings("BWC-PARTS")) == 1


def test_write_protected(site: Site, tmp_path: Path) -> None:
    files = {"DCIM/1.MP4": cards.recording(2 * MIB, "protected")}
    card = cards.fat(tmp_path / "card.img", files)
    card.chmod(0o444)
    site.machine.plug(card, 2, "BWC-LOCKED", read_only=True)
    docking = site.docked("BWC-LOCKED")
    assert site.machine.sh("cat /sys/block/sd?/ro").split() == ["1"]
    assert site.closed(docking).reason == "done"
    assert {name: offer.sha256 for name, offer in site.received(docking).items()} == digests(files)
