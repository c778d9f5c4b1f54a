import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.media.facts import NameFacts
from workers.media.file_names import facts_of_name


@pytest.mark.parametrize(
    ("name", "device", "officer", "person", "time", "sequence", "important"),
    [
        ("DCIM/100MEDIA/DSJ0412_010237_20261116083015_0001.MP4", "DSJ0412", "010237", "", "2026-11-16T08:30:15", "0001", False),
        ("0000000_00000020171019130427_0001.MP4", "0000000", "000000", "", "2017-10-19T13:04:27", "0001", False),
        ("1234567@654321_20261116083015_0003.wav", "1234567", "654321", "", "2026-11-16T08:30:15", "0003", False),
        ("DSJ-X1_010237_王某_20261116_083015_0001_IMP.MP4", "DSJ-X1", "010237", "王某", "2026-11-16T08:30:15", "0001", True),
        ("2026_1116_083015_0007.MP4", "", "", "", "2026-11-16T08:30:15", "0007", False),
        ("VID_20261116_083015.mp4", "", "", "", "2026-11-16T08:30:15", "", False),
        ("2026-11-16 08.30.15.jpg", "", "", "", "2026-11-16T08:30:15", "", False),
    ],
)  # fmt: skip
def test_schemes(name, device, officer, person, time, sequence, important):
    assert facts_of_name(name) == NameFacts(device, officer, person, time, sequence, important)


@pytest.mark.parametrize(
    "name",
    [
        "GOPR0001.MP4",
        "",
        "20261399996161.mp4",
        "2026-02-30 10-00-00.mp4",
        "现场.mp4",
        "12345678901234567890.mp4",
    ],
)
def test_no_scheme(name):
    assert facts_of_name(name) == NameFacts()


@given(st.text(max_size=300))
def test_any_name_has_an_answer(name):
    facts_of_name(name)
