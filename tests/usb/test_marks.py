"""Marks of importance as a real kernel shows them: the attribute read-only on FAT and exFAT."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.usb import cards
from tests.usb.kernel import find_program
from tests.usb.machine import SHARE
from tests.usb.site import Site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PLAIN, PROTECTED = "DCIM/100CANON/IMG_0001.JPG", "DCIM/100CANON/IMG_0002.JPG"


def test_what_a_camera_protected_on_fat(site: Site, tmp_path: Path) -> None:
    files = {name: cards.recording(4096, name) for name in (PLAIN, PROTECTED)}
    card = cards.fat(tmp_path / "card.img", files)
    subprocess.run([find_program("mattrib"), "-i", str(card), "+r", f"::{PROTECTED}"], check=True, timeout=30)
    site.machine.plug(card, 2, "DSC-FAT")
    docking = site.docked("DSC-FAT")
    assert site.closed(docking).reason == "done"
    offers = site.received(docking)
    assert {name: offer.important for name, offer in offers.items()} == {PLAIN: False, PROTECTED: True}
    assert offers[PROTECTED].named is not None
    assert offers[PROTECTED].named.rest["attribute"] == "read-only"


def test_what_a_camera_protected_on_exfat(site: Site, tmp_path: Path) -> None:
    card = cards.empty_exfat(site.machine.share / "exfat.img")
    site.machine.sh(f"mkdir -p /fill && mount -t exfat -o loop /host{SHARE}/exfat.img /fill")
    site.machine.sh("mkdir -p /fill/DCIM/100CANON")
    for name in (PLAIN, PROTECTED):
        site.machine.sh(f"echo {name} > /fill/{name}")
    site.machine.sh(f"chmod a-w /fill/{PROTECTED} && umount /fill")
    site.machine.plug(card.rename(tmp_path / "exfat.img"), 2, "DSC-EXFAT")
    docking = site.docked("DSC-EXFAT")
    assert site.closed(docking).reason == "done"
    offers = site.received(docking)
    assert {name: offer.important for name, offer in offers.items()} == {PLAIN: False, PROTECTED: True}
