"""The operations page and `/metrics`: right figures, for the right people, and nothing of anybody in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import SecretStr

from catalog.custody.projection import newest_place
from catalog.custody.sequencer import place_entries
from catalog.models import LogForwarding, Stage, StageRun
from catalog.operations import failure_groups, growth, last_days, waiting
from catalog.stages import Due
from catalog.standing_jobs import note_end, note_planned, note_start
from tests.catalog import world
from tests.web.conftest import Site, csrf
from web.pages.operations import WORKERS
from web.queue_watch import QueueWatch
from workers.queues import QUEUES_OF_WORKER

TOKEN = "t" * 40
SECRETIVE = ("王建国", "DSJ0412_100412_20261123093012_0001.MP4", "某某食品店", "onerror", "li@liuhen.example")


@pytest.fixture
def failed(site: Site) -> list[UUID]:
    """Three clips whose work failed: two for one reason, one for another; and one that waits since an hour ago."""
    now = site.components.clock()
    with site.database.write() as session:
        clips = [world.add_clip(session, now, f"secret-{n}.MP4", verified=False, size=1000) for n in range(4)]
        for n, (stage, state, error) in enumerate(
            [
                ("encode", "failed", "the tool made no progress for 60 seconds and was ended"),
                ("encode", "failed", "the tool made no progress for 90 seconds and was ended"),
                ("render", "failed", "waveform: no sound could be decoded"),
                ("verify", "pending", ""),
            ]
        ):
            session.add(
                Stage(
                    clip_id=clips[n].id, stage=stage, state=state, error=error, attempts=1, due_at=now,
                    updated_at=now - timedelta(hours=1),
                )
            )  # fmt: skip
        session.add(
            StageRun(
                clip_id=clips[0].id, stage="encode", outcome="done", seconds=15.0, media_seconds=60.0, size=1,
                ended_at=now,
            )
        )  # fmt: skip
        note_planned(
            session, {"probe": now + timedelta(hours=3), "reconcile-locks": now + timedelta(hours=3)}
        )
        note_start(session, "probe", now - timedelta(minutes=2))
        note_end(session, "probe", now, trouble="an attack got through; intake is closed", next_at=now)
        return [c.id for c in clips]


def test_figures_and_reasons(site: Site, failed: list[UUID]) -> None:
    page = site.client("gao", "zh_Hans_CN").get("/operations").text
    assert "等待接收核验" in page
    assert "60 分钟" in page
    assert "秒无进展，已终止" in page
    assert "15.00 秒" in page  # a quarter of a minute for a minute
    assert "防删除探测被突破" in page
    assert "任务队列没有应答" in page  # this test has none
    for word in SECRETIVE:
        assert word not in page
    assert "secret-" not in page
    live = site.client("gao").get("/operations/live")
    assert live.status_code == 200
    assert "<html" not in live.text


def test_failures_are_grouped_whatever_the_numbers_in_them(site: Site, failed: list[UUID]) -> None:
    with site.database.read() as session:
        groups, more = failure_groups(session)
        assert [(g.stage, g.count) for g in groups] == [("encode", 2), ("render", 1)]
        assert not more
        queues = waiting(session, site.components.clock())
        assert queues["intake"].pending == 1


def test_many_are_run_again_at_once(site: Site, failed: list[UUID]) -> None:
    client = site.client("gao")
    with site.database.read() as session:
        group = failure_groups(session)[0][0].group
    page = client.get(f"/operations/failed?stage=encode&reason={group}")
    assert page.text.count('name="one"') == 2
    form = {"csrf_token": csrf(page), "stage": "encode", "reason": group, "which": "all"}
    assert client.post("/operations/failed", data=form).status_code == 303
    assert sorted(site.sent, key=str) == sorted([Due(failed[0], "encode"), Due(failed[1], "encode")], key=str)
    with site.database.read() as session:
        assert {session.get_one(Stage, (c, "encode")).state for c in failed[:2]} == {"pending"}
        assert session.get_one(Stage, (failed[2], "render")).state == "failed"
        assert len(world.entries(session, "clip.stage-requested")) == 2
    site.sent.clear()
    form = {
        "csrf_token": csrf(page),
        "which": "chosen",
        "one": [f"{failed[2]}:render", "nonsense", f"{failed[3]}:verify"],
    }
    client.post("/operations/failed", data=form)
    assert site.sent == [Due(failed[2], "render")]  # one that merely waits is left alone
    client.post("/operations/failed", data=form)
    assert len(site.sent) == 1


def test_a_log_collector_that_is_away_is_told_as_lag(make_site: Callable[..., Site]) -> None:
    plain = make_site()
    assert "日志接收端" not in plain.client("gao", "zh_Hans_CN").get("/operations").text
    catalog = plain.components.settings.catalog.model_copy(
        update={"syslog_address": "10.0.0.77", "syslog_protocol": "tcp"}
    )
    site = make_site(catalog=catalog)
    client = site.client("gao", "zh_Hans_CN")
    with site.database.write() as session:
        place_entries(session)
    with site.database.read() as session:
        newest = newest_place(session) or 0
    page = client.get("/operations").text
    assert "tcp://10.0.0.77:601" in page
    assert "待发送条目" in page
    assert f">{newest + 1}</span>" in page
    now = site.components.clock()
    with site.database.write() as session:
        session.add(
            LogForwarding(
                collector="tcp://10.0.0.77:601", next_place=newest, begun_at=now, attempts=3, due_at=now,
                failing_since=now - timedelta(hours=2), error="nothing accepts messages at this address",
            )
        )  # fmt: skip
    page = client.get("/operations").text
    assert '<span class="chip stop">1</span>' in page
    assert "该地址无服务接收消息" in page
    assert "中断起始" in page


@pytest.mark.parametrize("username", ["wang", "li", "chen", "zhao", "admin", "luo"])
def test_others_neither_see_nor_do(site: Site, failed: list[UUID], username: str) -> None:
    client = site.client(username)
    assert client.get("/operations").status_code == 403
    assert client.get("/operations/failed").status_code == 403
    token = client.get("/account").text.split('name="csrf-token" content="')[1].split('"')[0]
    answer = client.post("/operations/failed", data={"which": "all"}, headers={"X-CSRFToken": token})
    assert answer.status_code == 403
    assert site.sent == []


def test_growth_counts_each_day_once(site: Site) -> None:
    now = site.components.clock()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    with site.database.write() as session:
        for back, size in ((0, 100), (1, 2000), (2, 30_000), (40, 4)):
            world.add_clip(session, midnight - timedelta(days=back), f"g{back}.MP4", size=size)
        days = growth(session, last_days(midnight, 3), now + timedelta(days=1))
    assert [d.originals for d in days][:2] == [30_000, 2000]
    assert sum(d.renditions for d in days) >= 5000


def test_the_list_of_workers_is_that_of_the_workers() -> None:
    assert WORKERS == QUEUES_OF_WORKER


def test_a_real_queue_is_counted(redis_url: str) -> None:
    watch = QueueWatch(redis_url.removesuffix("/0") + "/9")
    assert watch.lengths(["intake"]) == {"intake": 0}
    assert watch.workers() == []
    assert QueueWatch("redis://127.0.0.1:1/0").lengths(["intake"]) is None
    assert QueueWatch("redis://127.0.0.1:1/0").workers() is None


def test_metrics_are_read_with_their_token_alone(make_site) -> None:
    site = make_site(metrics_token=SecretStr(TOKEN))
    client = site.client()
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer nonsense"}).status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401
    assert site.client("gao").get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer token-ST-02"}).status_code == 401
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    # The token opens nothing else.
    assert client.get("/operations", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 302
    bare = make_site()
    assert bare.client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401


def test_metrics_are_well_formed_and_tell_of_nobody(make_site) -> None:
    site = make_site(metrics_token=SecretStr(TOKEN))
    text = site.client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    assert text.endswith("\n")
    seen: set[str] = set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split()[2]
            assert name not in seen, "each family stands once"
            seen.add(name)
        elif not line.startswith("# TYPE "):
            assert re.fullmatch(r'liuhen_[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+]+', line), (
                line
            )
            assert line.split("{")[0].split()[0] in seen
    assert 'liuhen_stages{stage="verify",state="failed"} 0' in text
    assert "liuhen_queue_up 0" in text
    for word in SECRETIVE:
        assert word not in text
