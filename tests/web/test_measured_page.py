"""What was measured and how parts follow each other, on the clip's page: in words, with places to jump to."""

from __future__ import annotations

import re
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from catalog.measuring import keep_analysis
from catalog.models import Clip, Docking, Sighting
from catalog.rules.measured import Measured
from tests.catalog.world import add_clip
from tests.web.conftest import Site
from workers.media.analyse import to_json
from workers.media.analysis import Analysis, Fault, Jump, Picture, Sound, Stretch
from workers.stages.analyse import measured

FOUND = Analysis(
    seconds=24.0,
    whole=True,
    picture=Picture(
        stream=0, frames=600, seconds=24.0, begins=0.0, rate=25.0, rate_kind="variable", shortest=0.033, longest=0.15,
        black=(Stretch(8.0, 12.0),), black_seconds=4.0,
        frozen=tuple(Stretch(10.0 * n, 10.0 * n + 2.5) for n in range(7)), frozen_seconds=17.5,
    ),
    sound=Sound(
        stream=1, seconds=24.0, begins=0.0, loudness=-21.7, loudness_range=None, peak=-11.8, level_seconds=5.0,
        levels=(-22.0, None, -60.5), silence=(Stretch(13.0, 24.0),), silence_seconds=11.0,
    ),
    faults=(Fault("video", 3.0, 3.4, 12),),
    fault_count=12,
    jumps=(Jump("audio", 65.5, 2.5), Jump("video", 70.0, -3.0)),
    jump_count=2,
    stated_seconds=30.0,
    missing_tail=6.0,
    tool="PyAV <18>",
)  # fmt: skip


def keep(site: Site, found: Analysis, sums: Measured | None = None) -> None:
    with site.database.write() as session:
        keep_analysis(
            session,
            site.clip,
            to_json(found),
            sums or measured(found),
            zone=ZoneInfo("Asia/Shanghai"),
            now=site.components.clock(),
        )


def card(client: FlaskClient, site: Site, name: str) -> str:
    page = client.get(f"/clips/{site.clip}")
    assert page.status_code == 200
    found = re.search(rf'<div class="card" id="{name}">(.*?)\n</div>', page.text, re.DOTALL)
    return unescape(found[1]) if found else ""


def test_everything_found_stands_on_the_page_and_places_can_be_jumped_to(site: Site) -> None:
    keep(site, FOUND)
    text = card(site.client("li", "en"), site, "measured")
    for words in (
        "00:24", "6.0 s less than the header states", "600 frames", "variable rate", "(33 to 150 ms a frame)",
        "-21.7 LUFS", "peak -11.8 dBFS", "EBU R128", "00:00:08–00:00:12 · 4.0 s", "00:00:13–00:00:24 · 11.0 s",
        "00:00:03–00:00:03.4 · picture ×12", "00:01:05.5 · sound · 2.5 s are missing", "picture · goes back by 3.0 s",
        "measured by PyAV <18>",
    ):  # fmt: skip
        assert words in text, words
    assert {float(at) for at in re.findall(r'data-seek="([\d.]+)"', text)} >= {8.0, 13.0, 3.0, 65.5, 70.0}
    assert text.count("<rect") == 3
    assert len(re.findall(r"<details[^>]* open>", text)) == 4, "long lists are folded up"
    flags = site.client("li", "en").get(f"/clips/{site.clip}").text
    assert "the end is missing" in flags
    assert "could not be decoded soundly" in flags


def test_in_chinese(site: Site) -> None:
    keep(site, FOUND)
    text = card(site.client("li"), site, "measured")
    for words in ("检测所见", "实际时长", "可变帧率", "响度", "黑屏", "画面静止", "缺 2.5 秒"):
        assert words in text, words


def test_nothing_wrong_is_said_as_well(site: Site) -> None:
    whole = Analysis(seconds=24.0, whole=True, sound=Sound(1, 24.0, 0.0, -20.0, None, -3.0), tool="PyAV")
    keep(site, whole)
    assert "everything could be decoded" in card(site.client("li", "en"), site, "measured")


@pytest.mark.parametrize("stopped", ["circles", "slow", "unreadable"])
def test_a_part_only_is_told_as_such(site: Site, stopped: str) -> None:
    keep(site, Analysis(seconds=4.0, whole=False, stopped=stopped, tool="PyAV"))
    client = site.client("li", "en")
    assert "only in part" in card(client, site, "measured")
    assert "could not be measured to its end" in client.get(f"/clips/{site.clip}").text


def test_parts_name_their_neighbours_on_both_pages(site: Site) -> None:
    with site.database.write() as session:
        docking = session.get_one(Docking, site.docking)
        first = session.get_one(Clip, site.clip)
        first.duration = 600.0
        third = add_clip(session, site.components.clock(), "PART3 <b>.MP4", docking=docking, duration=600.0)
        for clip, part, at in ((first, 1, "08:30:00"), (third, 3, "08:50:30")):
            sighting = session.query(Sighting).filter_by(clip_id=clip.id).first()
            assert sighting is not None
            sighting.named = {"chain": "A", "part": part, "first_part": 1, "recorded_at": f"2026-11-16T{at}"}
    client = site.client("li", "en")
    text = card(client, site, "chain")
    assert f'href="/clips/{third.id}">PART3 <b>.MP4' in text
    assert "Part 2 is missing. 00:10:30 lie between them that no part holds." in text
    assert "by: file name, device clock, to within 2 s" in text
    other = client.get(f"/clips/{third.id}").text
    assert f'href="/clips/{site.clip}"' in other
    assert "00:10:30 lie between them" in other
