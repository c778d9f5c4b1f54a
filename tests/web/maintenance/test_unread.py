"""What was left unread at a docking: officers are told what it is, what is safe, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest

from catalog.models import Docking, Sighting
from tests.catalog import world
from tests.web.conftest import Site
from tests.web.maintenance.desk import Desk

SAFE = {"en": "everything is in storage", "zh": "全部已入库"}
STORED = {"en": "Safely stored", "zh": "已安全入库"}
ALL_SAFE = {"en": "Your shift is safe", "zh": "本班资料全部安全"}
HEADLINE = {"en": "Something could not be taken in", "zh": "有内容未能采集"}
NEXT = {
    "en": "What is in storage is safe; what could not be taken in is on the recorder alone. Bring the recorder to the "
    "administrator as it is; do not format it and do not record over it.",
    "zh": "已入库的资料安全，未能采集的只在设备上。请将设备原样送交设备管理员，不要格式化，不要继续录制。",
}
VERDICTS = {
    "reading": {"en": "A recorder is still being read", "zh": "仍有设备正在读取"},
    "copying": {"en": "files are still on their way", "zh": "个文件正在入库"},
    "checking": {"en": "files are still on their way", "zh": "个文件正在入库"},
    "attention": {"en": "Something needs you", "zh": "需要您处理"},
}
LIE_COPIED = {"en": "They lie copied at the station", "zh": "文件已复制到采集站"}
TOGETHER = (
    "unreadable: Input-output error",
    "unreadable-folder",
    "unreadable-folder",
    "filesystem-damaged: vfat",
)


def dock(
    site: Site, now: datetime, *reasons: str, end: str = "refused", state: str = "gone", on_its_way: int = 0
) -> UUID:
    """One recording came in, these things were refused, and some are copied; the recorder is `gone`, or docked still."""
    with site.database.write() as session:
        station = session.get_one(Docking, site.docking).station
        docking = world.add_docking(session, station, now, state=state)
        if state == "gone":
            docking.ended_at, docking.end_reason = now, "done"
        world.add_clip(session, now, "A.MP4", docking=docking, recorded=now)
        session.add_all(
            Sighting(
                docking_id=docking.id, path=b"x%d" % n, shown=f"x{n}", bad_ranges=[], end=end, reason=reason,
                seen_at=now,
            )
            for n, reason in enumerate(reasons)
        )  # fmt: skip
        session.add_all(
            Sighting(
                docking_id=docking.id, path=b"y%d" % n, shown=f"y{n}", bad_ranges=[], end="copied", reason="",
                seen_at=now,
            )
            for n in range(on_its_way)
        )  # fmt: skip
        return docking.id


def chips(page: str, sort: str) -> list[str]:
    return [one.split("</span>")[0] for one in page.split(f'<span class="chip {sort}">')[1:]]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        (("unreadable",), {"en": "1 file could not be read", "zh": "1 个文件未能读取"}),
        (("medium-unreadable: sdb2",), {"en": "1 partition could not be read", "zh": "1 个分区未能读取"}),
        (
            TOGETHER,
            {
                "en": "1 file, 2 folders, 1 partition could not be read",
                "zh": "1 个文件、2 个文件夹、1 个分区未能读取",
            },
        ),
    ],
)
def test_an_officer_is_told_what_could_not_be_read(
    site: Site, later: Callable[..., datetime], language: str, reasons: tuple[str, ...], said: dict[str, str]
) -> None:
    docking = dock(site, later(), *reasons)
    wang = Desk(site, "wang", language)
    shift, mine = wang.get("/"), wang.get("/my-recorder")
    row = mine.split(f'href="/dockings/{docking}"', 1)[1].split("</tr>")[0]
    assert ALL_SAFE[language] not in shift
    for page in (shift, mine):
        assert said[language] in chips(page, "stop")
        assert NEXT[language] in page
        assert page.count(f'href="/dockings/{docking}"') > 1, "the way to which they are"
    assert SAFE[language] not in row
    assert STORED[language] not in shift.split(f'href="/dockings/{docking}"')[2].split("</tr>")[0]
    assert STORED[language] not in wang.get(f"/dockings/{docking}")
    assert said[language] in chips(row, "stop")


def test_only_what_was_read_in_whole_is_everything(site: Site, later: Callable[..., datetime]) -> None:
    docking = dock(site, later(), "link", "partition-blank: sdb2")
    wang = Desk(site, "wang")
    shift, mine = wang.get("/"), wang.get("/my-recorder")
    assert "could not be read" not in shift
    assert "could not be read" not in mine
    assert SAFE["en"] in mine.split(f'href="/dockings/{docking}"', 1)[1].split("</tr>")[0]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("word", ["too-large", "too-large-here"])
def test_what_is_too_large_is_on_the_recorder_alone(
    site: Site, later: Callable[..., datetime], language: str, word: str
) -> None:
    docking = dock(site, later(), word)
    wang = Desk(site, "wang", language)
    shift, mine, whole = wang.get("/"), wang.get("/my-recorder"), wang.get(f"/dockings/{docking}")
    row = mine.split(f'href="/dockings/{docking}"', 1)[1].split("</tr>")[0]
    large = {"en": "1 file too large to be taken in", "zh": "1 个文件过大，未能采集"}[language]
    for page in (shift, mine):
        assert large in chips(page, "stop")
        assert NEXT[language] in page
    assert HEADLINE[language] in shift
    assert ALL_SAFE[language] not in shift
    assert chips(row, "stop") == [large]
    assert chips(row, "wait") == chips(row, "safe") == [], "counted once"
    slot, table = whole.split("<table>")[0], whole.split("<table>")[-1]
    assert HEADLINE[language] in slot
    assert large in chips(slot, "stop")
    assert STORED[language] not in whole
    assert chips(table, "stop") == [{"en": "too large; not taken", "zh": "文件过大，未采集"}[language]]
    assert table.index(">x0<") < table.index(">A.MP4<"), "what needs somebody stands first"


def test_what_could_not_be_read_and_what_is_too_large_are_told_apart(
    site: Site, later: Callable[..., datetime]
) -> None:
    docking = dock(site, later(), "unreadable", "too-large")
    row = Desk(site, "wang").get("/my-recorder").split(f'href="/dockings/{docking}"', 1)[1].split("</tr>")[0]
    assert chips(row, "stop") == ["1 file could not be read", "1 file too large to be taken in"]
    assert chips(row, "wait") == []


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("state", "on_its_way"),
    [("reading", 0), ("copying", 2), ("checking", 2), ("attention", 2), ("attention", 0)],
)
def test_nobody_is_told_to_carry_away_what_is_being_copied(
    site: Site, later: Callable[..., datetime], state: str, on_its_way: int, language: str
) -> None:
    docking = dock(site, later(), "unreadable-folder", state=state, on_its_way=on_its_way)
    wang = Desk(site, "wang", language)
    shift, mine = wang.get("/"), wang.get("/my-recorder")
    for page in (shift, mine):
        assert {"en": "1 folder could not be read", "zh": "1 个文件夹未能读取"}[language] in chips(
            page, "stop"
        )
        assert NEXT[language] not in page, "its place is in the station"
    assert HEADLINE[language] not in shift
    assert ALL_SAFE[language] not in shift
    assert STORED[language] not in shift.split(f'href="/dockings/{docking}"')[1].split("</tr>")[0]
    verdict = shift.split('<p class="verdict ')[1].split("</p>")[0]
    assert VERDICTS[state][language] in verdict
    leave = {
        "en": "Leave the recorder in and call the administrator.",
        "zh": "请勿取下设备，并联系设备管理员。",
    }[language]
    again = {"en": "Plug the recorder in again", "zh": "重新插入设备"}[language]
    assert (leave in shift, again in shift) == (state == "attention", False)
    assert LIE_COPIED[language] not in shift, "they are on the recorder still"


def test_what_is_on_its_way_is_said_beside_what_was_left_unread(
    site: Site, later: Callable[..., datetime]
) -> None:
    docking = dock(site, later(), "unreadable-folder", on_its_way=2)
    wang = Desk(site, "wang")
    shift, mine, whole = wang.get("/"), wang.get("/my-recorder"), wang.get(f"/dockings/{docking}")
    assert HEADLINE["en"] in shift
    assert NEXT["en"] in shift
    assert "files are still on their way" in shift
    assert "going into storage 1/3" in whole
    row = mine.split(f'href="/dockings/{docking}"', 1)[1].split("</tr>")[0]
    assert chips(row, "wait") == ["2 files are not in storage yet"]
    assert NEXT["en"] not in row


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_docking_says_which(site: Site, later: Callable[..., datetime], language: str) -> None:
    docking = dock(site, later(), *TOGETHER, "link")
    page = Desk(site, "wang", language).get(f"/dockings/{docking}")
    word = {"en": "could not be read; not taken", "zh": "未能读取，未采集"}[language]
    assert chips(page, "stop").count(word) == len(TOGETHER)
    told = {"en": "do not repair or format it", "zh": "请勿修复或格式化"}[language]
    assert told in page, "a station's word is said in words"
