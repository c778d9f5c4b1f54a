"""Which profile is a recorder's: how many names fit, and what the recorder says of itself."""

from __future__ import annotations

import pytest

from ingest.profiles.choosing import choose
from ingest.protocol import RecorderIdentity
from tests.ingest.profiles.names import SHIPPED


def recorder(**values):
    return RecorderIdentity(serial="1", serial_source="usb", **values)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_examples_of_each_profile_choose_it(name):
    examples = [example.encode() for example in SHIPPED[name].table.examples]
    chosen = choose(SHIPPED, recorder(), examples)
    assert chosen is not None
    assert chosen.name == name


def test_other_files_on_the_card_do_not_matter():
    paths = [b"DCIM/100MEDIA/DSJ0412_010237_20261116083015_0001.MP4", b"LIUHEN-RECORDER.toml"]
    paths += [b"SYSTEM/%d.dat" % n for n in range(100)]
    assert choose(SHIPPED, recorder(), paths).name == "zhifa-dcim"
    assert choose(SHIPPED, recorder(), paths[1:]) is None
    assert choose(SHIPPED, recorder(), []) is None


def test_recordings_are_found_among_very_many_names():
    paths = [b"DCIM/100MEDIA/DSJ0412_010237_20261116083015_%04d.MP4" % n for n in range(9999)]
    paths += [b"\xff%d" % n for n in range(20_000)]
    assert choose(SHIPPED, recorder(), paths).name == "zhifa-dcim"


def test_one_recording_among_a_thousand_other_files_is_enough():
    paths = [b"cache/%d.bin" % n for n in range(999)]
    paths.insert(17, b"DCIM/100MEDIA/DSJ0412_010237_20261116083015_0001.MP4")
    assert choose(SHIPPED, recorder(), paths).name == "zhifa-dcim"


def test_a_hint_decides_between_profiles_that_fit_alike_and_not_against_the_names():
    photos = [b"DCIM/100GOPRO/GOPR0001.JPG", b"DCIM/100GOPRO/GOPR0002.JPG"]
    assert (
        choose(SHIPPED, recorder(vendor="GoPro", model="HERO10", usb_id="2672:0056"), photos).name == "gopro"
    )
    assert choose(SHIPPED, recorder(vendor="GoPro", model="HERO4 Black"), photos).name == "gopro-hero5"
    body = [b"DCIM/100MEDIA/DSJ0412_010237_20261116083015_0001.MP4"] * 3
    assert choose(SHIPPED, recorder(vendor="GoPro"), body).name == "zhifa-dcim"
