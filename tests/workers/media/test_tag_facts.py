import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.media.sanitise import clean, clean_tags
from workers.media.tag_facts import device_of_tags, parse_iso6709, times_of_tags


@pytest.mark.parametrize(
    ("raw", "latitude", "longitude", "altitude"),
    [
        ("+34.7466+113.6254/", 34.7466, 113.6254, None),
        ("-33.8568+151.2153+028.516/", -33.8568, 151.2153, 28.516),
        ("+3444.8-11337.5/", 34 + 44.8 / 60, -(113 + 37.5 / 60), None),
        ("+344448+1133730/", 34.746667, 113.625, None),
    ],
)
def test_places(raw, latitude, longitude, altitude):
    place = parse_iso6709(raw)
    assert place is not None
    assert place.latitude == pytest.approx(latitude, abs=1e-6)
    assert place.longitude == pytest.approx(longitude, abs=1e-6)
    assert place.altitude == altitude


@pytest.mark.parametrize(
    "raw", ["", "nowhere", "+95.0+010.0/", "+10.0+190.0/", "+00.0000+000.0000/", "34.7,113.6"]
)
def test_no_place(raw):
    assert parse_iso6709(raw) is None


@given(st.text(max_size=80))
def test_any_text_has_an_answer(raw):
    place = parse_iso6709(raw)
    assert place is None or (math.isfinite(place.latitude) and abs(place.longitude) <= 180)


def test_clocks_stand_side_by_side():
    found = times_of_tags(
        {
            "creation_time": "2026-11-16T00:30:15.000000Z",
            "com.apple.quicktime.creationdate": "2026-11-16T08:28:39+0800",
        },
        [{"creation_time": "2026-11-16T00:30:15.000000Z"}, {"creation_time": "2026-11-16T00:30:17Z"}],
    )
    assert [(t.origin, t.value, t.zone) for t in found] == [
        ("quicktime-creationdate", "2026-11-16T08:28:39+08:00", "offset"),
        ("container-utc", "2026-11-16T00:30:15Z", "utc"),
        ("stream-utc", "2026-11-16T00:30:17Z", "utc"),
    ]


@pytest.mark.parametrize("raw", ["1970-01-01T00:00:00Z", "1904-01-01T00:00:00Z", "0000-00-00", "soon", ""])
def test_an_unset_clock_says_nothing(raw):
    assert times_of_tags({"creation_time": raw}, []) == []


def test_text_is_made_harmless():
    assert clean("a\x00b\u202ec\nd  e") == "a b c d e"
    assert clean("执法".encode("gb18030").decode("utf-8", "surrogateescape")) == "执法"
    assert len(clean("x" * 10_000)) == 500
    assert len(clean_tags({str(n): "v" for n in range(1000)})) == 200
    assert clean("lone \ud800 half").isprintable()


def test_a_maker_that_is_only_concluded_says_from_what():
    assert device_of_tags({"make": "Sony"}, [{"handler_name": "GoPro MET"}]).make_source == ""
    gopro = device_of_tags({}, [{"handler_name": "\tGoPro MET"}])
    assert (gopro.make, gopro.make_source) == ("GoPro", "track-name")
    canon = device_of_tags({"software": "CanonMVI06"}, [])
    assert (canon.make, canon.make_source) == ("Canon", "software")
