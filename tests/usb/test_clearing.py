"""Files are removed from a real FAT: only what is vouched for, only after reading it again, and for good."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.protocol import ClearingPolicy
from tests.usb import cards
from tests.usb.site import Site, digests, image_digest, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
MIB = 1 << 20


@pytest.fixture
def clearing(site: Site) -> Iterator[Site]:
    """The bureau clears as soon as it may."""
    before = site.office.clearing
    site.office.clearing = ClearingPolicy(mode="automatic", delay_hours=0, after_days=0)
    yield site
    site.machine.pull_all()
    site.office.clearing = before


def held(site: Site, files: dict[str, bytes]) -> bool:
    """Whether the office holds each of these exactly once."""
    return all(site.uploads_of(content) == 1 for content in files.values())


def test_cleared_and_gone_from_the_card(clearing: Site, tmp_path: Path) -> None:
    files = {f"DCIM/{n}.MP4": cards.recording(MIB, f"clear {n}") for n in range(4)}
    card = cards.fat(tmp_path / "card.img", files)
    stick = clearing.machine.plug(card, 2, "BWC-CLEAR")
    until(lambda: len(clearing.cleared("BWC-CLEAR")) == len(files), 120, clearing.said)
    assert clearing.cleared("BWC-CLEAR") == digests(files)
    for options in clearing.mounts():
        assert "ro" in options, "it is writable for the moment of removing only"
    clearing.machine.pull(stick)
    assert cards.listing(card) == set()
    assert cards.is_sound(card)
    assert held(clearing, files)


def test_what_changed_on_the_card_stays_until_it_is_taken_in_too(clearing: Site, tmp_path: Path) -> None:
    """A bit that fell over behind our back: same name, size, time, beginning and end."""
    clearing.office.verify_at_once = False  # so that nothing may go at the first docking
    files = {f"DCIM/{n}.MP4": cards.recording(MIB, f"rot {n}") for n in range(2)}
    card = cards.fat(tmp_path / "card.img", files)
    stick = clearing.machine.plug(card, 2, "BWC-ROT")
    assert clearing.closed(clearing.docked("BWC-ROT")).reason == "done"
    clearing.machine.pull(stick)
    assert cards.listing(card) == set(files)
    old = files["DCIM/1.MP4"]
    new = old[: MIB // 2] + bytes([old[MIB // 2] ^ 1]) + old[MIB // 2 + 1 :]
    with card.open("r+b") as image:
        image.seek(cards.where(card, old, MIB // 2) * cards.SECTOR)
        image.write(new[MIB // 2 : MIB // 2 + cards.SECTOR])
    clearing.office.verify_at_once = True
    clearing.verify_all()
    stick = clearing.machine.plug(card, 2, "BWC-ROT")
    until(lambda: len(clearing.cleared("BWC-ROT")) == len(files), 120, clearing.said)
    # it was cleared as what it had become, and both forms of it are held
    assert clearing.cleared("BWC-ROT") == digests({**files, "DCIM/1.MP4": new})
    assert clearing.uploads_of(old) == clearing.uploads_of(new) == 1
    clearing.machine.pull(stick)
    assert cards.listing(card) == set()


def test_pulled_while_it_is_cleared(clearing: Site, tmp_path: Path) -> None:
    files = {f"DCIM/{n:02d}.JPG": cards.recording(300_000, f"torn {n}") for n in range(40)}
    card = cards.fat(tmp_path / "card.img", files)
    stick = clearing.machine.plug(card, 2, "BWC-TORN", bytes_a_second=4 * MIB)
    until(lambda: any("rw" in options for options in clearing.mounts()), 120, clearing.said)
    clearing.machine.pull(stick)
    left = cards.listing(card)
    print(f"{len(left)} of {len(files)} were left on the card")
    assert held(clearing, files), "something was removed before it was safe"
    clearing.machine.plug(card, 3, "BWC-TORN")
    until(lambda: cards.listing(card) == set(), 120, clearing.said)
    clearing.machine.pull_all()
    assert cards.listing(card) == set()
    assert held(clearing, files)


def test_a_write_protected_card_keeps_everything(clearing: Site, tmp_path: Path) -> None:
    files = {f"DCIM/{n}.MP4": cards.recording(MIB, f"kept {n}") for n in range(2)}
    card = cards.fat(tmp_path / "card.img", files)
    before = image_digest(card)
    clearing.machine.plug(card, 2, "BWC-KEEPS", read_only=True)
    docking = clearing.docked("BWC-KEEPS")
    assert clearing.closed(docking).reason == "done"
    until(lambda: "nothing" in clearing.said() or clearing.office.calls.count("statements") > 3, 30)
    clearing.machine.pull_all()
    assert image_digest(card) == before
    assert clearing.cleared("BWC-KEEPS") == {}
    assert held(clearing, files)
