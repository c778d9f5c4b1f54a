import tomllib
from datetime import datetime, timedelta

import pytest

from liuhen.samplecard import MARKER, make_card
from workers.media.describe import describe
from workers.media.playable import how_to_show


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    return make_card(tmp_path_factory.mktemp("sample") / "card", scale=0.02)


def test_it_is_a_recorders_card(card):
    files = {p.relative_to(card.folder).as_posix() for p in card.folder.rglob("*") if p.is_file()}
    assert files == {f.path for f in card.files} | {MARKER}
    marker = tomllib.loads((card.folder / MARKER).read_text(encoding="utf-8"))
    assert marker["serial"] == card.serial
    assert (marker["vendor"], marker["model"], marker["kind"]) == (card.vendor, card.model, "recorder")
    assert {f.officer_number for f in card.files} == {number for number, _ in card.officers}


def test_every_file_is_what_it_is_meant_to_be(card):
    ways = []
    for file in card.files:
        path = card.folder / file.path
        found = describe(path, file.path)
        ways.append(how_to_show(found).how)
        assert datetime.fromisoformat(found.name.time) == file.start.replace(tzinfo=None)
        assert found.name.officer_number == file.officer_number
        written = datetime.fromtimestamp(path.stat().st_mtime, file.start.tzinfo)
        assert abs(written - file.start - timedelta(seconds=file.seconds or 0)) < timedelta(seconds=2)
        if file.place and found.kind != "unknown":
            assert found.places[0].latitude == pytest.approx(file.place[0], abs=1e-4)
    assert sorted(ways) == sorted(
        [
            "original",
            "transcode",
            "transcode",
            "original",
            "original",
            "original",
            "original",
            "remux",
            "none",
            "none",
        ]
    )


def test_the_second_time_it_lies_there(card):
    again = make_card(card.folder, scale=0.02)
    assert again.reused
    assert again.files == card.files


def test_a_card_that_is_no_longer_whole_is_made_anew(tmp_path):
    folder = tmp_path / "card"
    made = make_card(folder, scale=0.01)
    (folder / made.files[0].path).unlink()
    assert not make_card(folder, scale=0.01).reused
    assert (folder / made.files[0].path).exists()
