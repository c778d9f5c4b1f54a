"""The board as a station serves it: what its tiles say while recorders come and go."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from ingest.board.saying import Speaker
from ingest.board.terminal import Asker, NothingKnown, lines, table, watch
from ingest.settings import StationSettings
from tests.ingest.board.stage import Stage, film


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path) as running:
        yield running


def test_a_recorder_is_copied_may_be_taken_and_is_secured(stage: Stage) -> None:
    assert [slot["kind"] for slot in stage.state()["slots"]] == ["empty"] * 4
    stage.server.verify_at_once = False
    stage.server.storage_down = True
    stage.know("A", "DSJ-0412", "王某某")
    script = stage.plug("1-1", film("A", 3, 4 << 20, held=3))
    stage.wait(lambda: stage.tile("1-1").get("headline") == "正在复制 3/3", lambda: stage.tile("1-1"))
    tile = stage.until("1-1", "copying")
    assert tile["tone"] == "run"
    assert "正在估算时间" in tile["lines"][0]
    script.go_on.set()
    tile = stage.until("1-1", "safe")
    assert (tile["headline"], tile["tone"]) == ("可以取走", "safe")
    assert (tile["recorder"], tile["who"]) == ("DSJ-0412", "使用人 王某某")
    assert [node["state"] for node in tile["trace"]] == ["done", "todo", "todo"]
    stage.server.storage_down = False
    tile = stage.until("1-1", "received")
    assert tile["headline"] == "已安全入库"
    stage.server.verify_at_once = True
    for clip in stage.server.clips.values():
        clip.verified = stage.server.sign(clip, "verified")
    tile = stage.until("1-1", "verified")
    assert tile["lines"] == ["3 个文件已加锁，全部核验"]
    assert stage.tile("1-1", "en")["headline"] == "Secured"
    stage.pull("1-1")
    assert stage.until("1-1", "taken")["lines"] == ["3 个文件，均已安全保存"]


def test_without_the_server_it_may_be_taken_and_a_banner_says_that_all_is_safe(stage: Stage) -> None:
    stage.server.down = True
    stage.plug("1-2", film("B", 4))
    tile = stage.until("1-2", "safe")
    assert tile["lines"][1] == "服务器恢复后自动入库"
    stage.wait(lambda: stage.state()["banners"], "a banner")
    (banner,) = [one for one in stage.state()["banners"] if "服务器" in one["text"]]
    assert "录像在本站安全，待入库 4 个文件" in banner["text"]
    stage.server.down = False
    stage.until("1-2", "verified", seconds=60)
    stage.wait(lambda: not any("服务器" in one["text"] for one in stage.state()["banners"]), "no banner", 40)


def test_pulled_out_too_early_stays_said_until_it_is_plugged_in_again(stage: Stage) -> None:
    script = stage.plug("1-3", film("C", 4, 1 << 20, held=3))
    stage.wait(lambda: stage.tile("1-3").get("headline") == "正在复制 3/4", lambda: stage.tile("1-3"))
    stage.pull("1-3")
    tile = stage.until("1-3", "early")
    assert (tile["headline"], tile["tone"]) == ("请重新插入", "stop")
    assert re.match(r"拔得太早：还有 [12] 个文件（[12]\.1 MB）只在设备里", tile["lines"][0])
    assert stage.state()["history"][0]["result"] == "拔得太早"
    stage.stop()
    stage.start()
    assert stage.tile("1-3")["kind"] == "early", "a restart forgets nothing"
    stage.plug("1-4", script)
    stage.until("1-4", "verified")
    assert stage.tile("1-3")["kind"] == "empty"


def test_what_cannot_be_read_asks_for_a_person(stage: Stage) -> None:
    script = film("A", 3)
    list(script.files.values())[1].bad = ((0, 1 << 20),)
    stage.plug("1-1", script)
    tile = stage.until("1-1", "attention")
    assert tile["lines"][0] == "读不出，仍在设备里"
    assert tile["call"] == "请联系：设备管理员 内线 6012"
    stage.plug("1-2", film("B", 1, vendor_mode=True, secret="another"))
    assert stage.until("1-2", "unreadable", seconds=40)["headline"] == "无法读取"


def test_the_terminal_shows_the_same_and_reads_the_journal_when_no_station_runs(stage: Stage) -> None:
    stage.plug("1-1", film("A", 2))
    stage.until("1-1", "verified")
    speaker = Speaker("en")
    asker = Asker(stage.settings, speaker)
    said = asker.state()
    assert said["running"]
    assert said["slots"] == stage.state("en")["slots"]
    assert lines(said)["1-1"].startswith("Socket 1: Secured | 2 files archived, all verified")
    shown = io.StringIO()
    Console(file=shown, width=120).print(table(said, speaker))
    assert "✔ Secured" in shown.getvalue()
    stage.stop()
    late = asker.state()
    assert not late["running"]
    assert late["history"][0]["result"] == "verified"
    stage.start()


def test_changes_are_printed_one_by_one_where_there_is_no_terminal(stage: Stage) -> None:
    turns = iter((lambda: stage.plug("1-1", film("A", 2)) and stage.until("1-1", "verified"), None))

    def go_on() -> bool:
        step = next(turns)
        if step is not None:
            step()
        return step is not None

    shown = io.StringIO()
    speaker = Speaker("en")
    watch(Asker(stage.settings, speaker), speaker, Console(file=shown, force_terminal=False), go_on)
    about = [line for line in shown.getvalue().splitlines() if "Socket 1" in line]
    assert [line.split(" ", 1)[1][:19] for line in about] == ["Socket 1: Plug in a", "Socket 1: Secured |"]
    assert shown.getvalue().count("Socket 2") == 1


def test_without_a_journal_it_says_what_to_do(tmp_path: Path) -> None:
    settings = StationSettings(token_file=tmp_path / "t", spool=tmp_path / "none", board_port=None)
    with pytest.raises(NothingKnown, match="nothing was docked yet"):
        Asker(settings, Speaker("en")).state()
