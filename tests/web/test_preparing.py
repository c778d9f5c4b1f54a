"""A long film that waits for the night: said in plain words, with an estimate, and made at once when somebody asks."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from catalog.models import Stage, StageRun
from catalog.stages import Due
from tests.catalog import world
from tests.web.conftest import Site, csrf


@pytest.fixture
def long_film(site: Site) -> UUID:
    now = site.components.clock()
    with site.database.write() as session:
        clip = world.add_clip(
            session,
            now,
            "long.MP4",
            shown_as="transcode",
            duration=7200.0,
            renditions=("poster", "thumb"),
            officer_id=world.recorder(session).holder_id,
        )
        session.add(
            Stage(
                clip_id=clip.id, stage="encode", state="deferred", attempts=0,
                due_at=datetime(2030, 11, 25, 12, tzinfo=now.tzinfo), updated_at=now,
            )
        )  # fmt: skip
        return clip.id


def paced(site: Site, clip: UUID) -> None:
    now = site.components.clock()
    with site.database.write() as session:
        for seconds, media in ((30.0, 120.0), (60.0, 240.0)):
            session.add(
                StageRun(
                    clip_id=clip, stage="encode", outcome="done", seconds=seconds, media_seconds=media, size=1,
                    ended_at=now - timedelta(hours=1),
                )
            )  # fmt: skip


def test_it_says_when_and_how_long(site: Site, long_film: UUID) -> None:
    page = site.client("wang", "zh_Hans_CN").get(f"/clips/{long_film}").text
    assert "2030-11-25 20:00" in page
    assert "夜间" in page
    assert "尚不知道" in page
    paced(site, long_film)
    page = site.client("wang", "en").get(f"/clips/{long_film}").text
    assert "Takes about 30 min" in page  # a quarter of two hours
    assert "Prepare for playing now" in page
    assert 'data-media="later"' in page


def test_pressing_it_sends_it_ahead_of_the_others(site: Site, long_film: UUID) -> None:
    client = site.client("wang")
    page = client.get(f"/clips/{long_film}")
    answer = client.post(f"/clips/{long_film}/prepare", data={"csrf_token": csrf(page)})
    assert answer.status_code == 303
    assert site.sent == [Due(long_film, "encode", wanted=True)]
    with site.database.read() as session:
        assert session.get_one(Stage, (long_film, "encode")).state == "pending"
        assert len(world.entries(session, "clip.stage-requested")) == 1
    page = client.get(f"/clips/{long_film}")
    assert 'data-media="waiting"' in page.text
    client.post(f"/clips/{long_film}/prepare", data={"csrf_token": csrf(page)})
    assert len(site.sent) == 1


def test_progress_is_shown_while_it_is_made(site: Site, long_film: UUID) -> None:
    with site.database.write() as session:
        stage = session.get_one(Stage, (long_film, "encode"))
        stage.state, stage.progress = "running", 0.42
    assert "42 %" in site.client("wang").get(f"/clips/{long_film}/live").text


def test_an_administrator_prepares_nothing(site: Site, long_film: UUID) -> None:
    client = site.client("admin")
    token = client.get("/account").text.split('name="csrf-token" content="')[1].split('"')[0]
    assert client.post(f"/clips/{long_film}/prepare", headers={"X-CSRFToken": token}).status_code == 403
