"""Recalls in the maintenance log on paper: each fault, its window, what it touched, each verdict; and who is told of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from catalog.actors import system
from catalog.ids import new_id
from catalog.maintenance.faults import reject_fault
from catalog.models import Account, Attachment, Case, Clip, Docking, RecorderFault, RecorderRepair, Step
from catalog.officers import enter_officer, enter_unit
from catalog.people import person
from tests.catalog import world
from tests.web.conftest import HOSTILE, Site
from tests.web.maintenance.desk import Desk, dock, moment_of, only, papers, recorder_id

ALL_GOOD = dict.fromkeys(("battery", "memory", "clock", "housing", "picture", "sound"), "good")
Later = Callable[..., datetime]


def flat(text: str) -> str:
    """Without spaces and breaks: a narrow column breaks its lines between any two letters."""
    return "".join(text.split())


def log_of(desk: Desk) -> str:
    return flat(papers(desk, f"/recorders/{recorder_id(desk.site)}", "log"))


def recalled(site: Site, later: Later, kind: str = "no-sound", note: str = "") -> UUID:
    """A fault is reported and its recall begun."""
    admin = Desk(site, "admin")
    later()
    admin.post(f"/recorders/{recorder_id(site)}/fault", kind=kind, note=note)
    fault: UUID = only(site, RecorderFault).id
    later()
    admin.post(f"/recalls/{fault}")
    return fault


def clip_of(site: Site, clip: UUID) -> Clip:
    with site.database.read() as session:
        return session.get_one(Clip, clip)


def called(site: Site, who: str) -> str:
    with site.database.read() as session:
        return session.scalars(select(Account).where(Account.username == who)).one().called


def attached(site: Site, clips: Sequence[UUID], now: datetime) -> Case:
    """All of these are on the list of the first case."""
    with site.database.write() as session:
        case = session.get_one(Case, site.cases[0])
        step = session.scalars(select(Step.id).where(Step.case_id == case.id).limit(1)).one()
        for clip in clips:
            session.add(
                Attachment(
                    id=new_id(), clip_id=clip, step_id=step, role="process", volume="main", attached_at=now
                )
            )
        return case


def test_a_recorder_without_recall_says_nothing_of_recalls(site: Site, later: Later) -> None:
    admin = Desk(site, "admin")
    later()
    admin.post(f"/recorders/{recorder_id(site)}/fault", kind="no-sound")
    for who in ("admin", "wang"):
        said = log_of(Desk(site, who))
        assert "nosound" in said
        assert "Recall" not in said
    assert "追溯" not in log_of(Desk(site, "admin", "zh_Hans_CN"))


def test_the_log_says_of_each_recall_what_it_touched_and_what_was_found(site: Site, later: Later) -> None:
    good = later(hours=1)
    admin, li, page = Desk(site, "admin"), Desk(site, "li"), f"/recorders/{recorder_id(site)}"
    admin.post(f"{page}/check", recorder=recorder_id(site), occasion="planned", **ALL_GOOD)
    later(minutes=9)
    judged, waiting = (clip_of(site, dock(site, later())) for _ in range(2))
    case = attached(site, [judged.id, waiting.id], later())
    fault = recalled(site, later, note="nothing is heard")
    reported = only(site, RecorderFault).reported_at
    later(minutes=9)
    form = {"clip": str(judged.id), "verdict": "not-to-be-relied-on", "note": HOSTILE}
    li.post(f"/recalls/{fault}/verdict", **form)
    given = site.moment[0]
    later(minutes=9)
    said = log_of(li)
    assert said.count("Recall1·nosound") == 1
    told = said[said.index("Recall1·nosound") :]
    for one in (
        f"Fault no sound on it · reported · {moment_of(reported)} nothing is heard",
        f"From {moment_of(good)} · the last check that shows the fault was not there yet",
        f"Until {moment_of(site.moment[0])} · when this paper was made: it is not repaired",
        "2 recordings · 1 still without verdict",
        f"1 case {case.number} {case.title} · 2 recordings",
        f"not to be relied on {called(site, 'li')} {moment_of(given)} {HOSTILE}", "waits for its verdict",
        judged.name, judged.sha256[:12], waiting.name, waiting.sha256[:12],
        "whoever had this paper made is told of in a recall",
    ):  # fmt: skip
        assert flat(one) in told, one
    assert told.count("waitsforitsverdict") == 1
    assert clip_of(site, site.clip).name not in told, "recorded before the last good check"
    assert told.index("Recorderadministrator") > told.index("waitsforitsverdict"), "signed below all of it"
    chinese = log_of(Desk(site, "li", "zh_Hans_CN"))
    for one in (
        "追溯1·", f"起点{moment_of(good)}·最近一次能说明尚无此故障的检查", "本文书生成时：尚未修复",
        "2份资料·1份待作结论", "涉及的案件", "不可采信", "结论作出人", "作出时间", "备注", "待作结论",
        "以生成本文书的人员在追溯中有权知悉的资料为限",
    ):  # fmt: skip
        assert flat(one) in chinese, one


def test_the_window_ends_where_the_repair_did(site: Site, later: Later) -> None:
    admin, page = Desk(site, "admin"), f"/recorders/{recorder_id(site)}"
    fault = recalled(site, later)
    Desk(site, "li").post(f"/recalls/{fault}/verdict", clip=str(site.clip), verdict="usable", note="")
    dock(site, later())
    later()
    admin.post(
        f"{page}/repair", recorder=recorder_id(site), name="Zhang San", company="Repairs Ltd", contact="",
        note="", data_safe="docked", data_removal="removed",
    )  # fmt: skip
    order = only(site, RecorderRepair).id
    later(minutes=9)
    admin.post(
        f"/repairs/{order}/back", recorder=recorder_id(site), result="repaired", work="microphone", parts=""
    )
    back = site.moment[0]
    later(minutes=9)
    admin.post(f"/repairs/{order}/return", recorder=recorder_id(site), test=str(dock(site, later())))
    later(minutes=9)
    said = log_of(Desk(site, "li"))
    assert flat(f"Until {moment_of(back)} · back from the repair") in said
    assert flat("From its first recording: no check ever showed it sound") in said
    assert flat("3 recordings · 2 still without verdict") in said, "none of after the repair"
    assert flat("No case uses any of these recordings.") in said


def test_a_rejected_fault_says_that_its_verdicts_count_no_more(site: Site, later: Later) -> None:
    fault = recalled(site, later)
    li = Desk(site, "li")
    doubt = {"clip": str(site.clip), "verdict": "not-to-be-relied-on", "note": "no picture at all"}
    li.post(f"/recalls/{fault}/verdict", **doubt)
    later()
    with site.database.write() as session:
        another = person(session.scalars(select(Account).where(Account.username == "sun")).one(), None)
        reject_fault(session, actor=another, fault_id=fault, reason="lens cap", now=site.moment[0])
    rejected = site.moment[0]
    later(minutes=9)
    said = log_of(li)
    told = said[said.index("Recall1·") :]
    for one in (
        "Fault rejected lens cap The verdicts given for it count no more.",
        f"Until {moment_of(rejected)} · the fault was rejected", "no picture at all",
    ):  # fmt: skip
        assert flat(one) in told, one
    page = li.get(f"/recalls/{fault}")
    assert "the fault was rejected" in page, "the page says what the paper says"
    assert "it is not repaired" not in page


def test_every_recall_is_there_and_every_line_of_it(site: Site, later: Later) -> None:
    with site.database.write() as session:
        docking = session.get_one(Docking, site.docking)
        many = [
            world.add_clip(
                session, site.moment[0], f"N{n}.MP4", docking=docking, recorded=site.moment[0], duration=1.0
            ).sha256
            for n in range(300)
        ]
    recalled(site, later)
    said = log_of(Desk(site, "li"))
    assert flat("302 recordings · 302 still without verdict") in said
    assert [digest for digest in many if digest[:12] not in said] == []
    recalled(site, later, "card")
    said = log_of(Desk(site, "li"))
    assert [said.count(digest[:12]) for digest in many] == [2] * len(many)
    assert said.index("Recall1·nosound") < said.index("Recall2·")


def test_recordings_without_a_time_and_a_recall_that_touches_none(site: Site, later: Later) -> None:
    later(minutes=9)
    li = Desk(site, "li")
    with site.database.read() as session:
        came = session.get_one(Docking, site.docking).opened_at
    recalled(site, later, "clock")
    said = log_of(li)
    assert flat("The clock itself failed: recordings are placed by the dockings that brought them.") in said
    assert flat(f"by {moment_of(came)} no time known") in said
    admin, page = Desk(site, "admin"), f"/recorders/{recorder_id(site)}"
    admin.post(f"{page}/check", recorder=recorder_id(site), occasion="planned", **ALL_GOOD)
    recalled(site, later, "no-sound")
    told = log_of(li).split("Recall2·")[1]
    assert flat("Recordings touched 0 recordings Cases touched") in told
    assert flat("No recording falls into this window.") in told


def test_a_verdict_counts_though_nobody_began_the_recall(site: Site, later: Later) -> None:
    admin = Desk(site, "admin")
    later()
    admin.post(f"/recorders/{recorder_id(site)}/fault", kind="no-sound")
    later()
    fault, form = only(site, RecorderFault).id, {"clip": str(site.clip), "verdict": "usable"}
    Desk(site, "li").post(f"/recalls/{fault}/verdict", note="heard it all", **form)
    assert flat("heard it all") in log_of(Desk(site, "li"))
    with site.database.write() as session:
        session.execute(update(Clip).where(Clip.id == site.clip).values(restricted=True))
    assert "Recall" not in log_of(Desk(site, "li")), "nor that there is a verdict of what is sealed"


def test_what_a_seal_keeps_from_the_page_it_keeps_from_the_paper(site: Site, later: Later) -> None:
    hidden, other = clip_of(site, dock(site, later())), clip_of(site, dock(site, later()))
    case = attached(site, [hidden.id], later())
    fault = recalled(site, later)
    form = {"clip": str(hidden.id), "verdict": "not-to-be-relied-on", "note": "voice of the informant"}
    Desk(site, "li").post(f"/recalls/{fault}/verdict", **form)
    told = [
        flat(one) for one in (hidden.name, hidden.sha256[:12], form["note"], case.title, case.number or "")
    ]
    said = log_of(Desk(site, "li"))
    assert [one for one in told if one not in said] == []
    with site.database.write() as session:
        session.execute(update(Clip).where(Clip.id == hidden.id).values(restricted=True))
    for who in ("li", "sun", "zhou", "admin"):
        said = log_of(Desk(site, who))
        assert [one for one in told if one in said] == [], who
        assert other.sha256[:12] in said
        assert flat("3 recordings · 3 still without verdict") in said, who


def test_the_paper_names_no_more_than_the_page_of_the_recall(site: Site, later: Later) -> None:
    """Each reader of papers by what the page shows him: a colleague of another section, who finds other recordings, too."""
    clips = [clip_of(site, dock(site, later())) for _ in range(2)]
    case = attached(site, [clips[0].id], later())
    fault = recalled(site, later)
    with site.database.write() as session:
        # Of another section, whom the handler here has no business with.
        elsewhere = enter_officer(
            session, actor=system("test"), number="200777", name="何处", unit=enter_unit(session, "西城分局"),
            now=site.moment[0],
        )  # fmt: skip
        session.execute(update(Clip).where(Clip.id == clips[1].id).values(officer_id=elsewhere.id))
    zhou = Desk(site, "zhou")
    for clip in clips:
        note = f"note of {clip.name[:8]}"
        zhou.post(f"/recalls/{fault}/verdict", clip=str(clip.id), verdict="usable", note=note)
    words = [
        flat(word) for clip in clips for word in (clip.name, clip.sha256[:12], f"note of {clip.name[:8]}")
    ]
    words += [flat(case.title), flat(case.number or "")]
    seen: dict[str, set[str]] = {}
    for who in ("wang", "li", "chen", "admin", "sun", "zhou"):
        desk = Desk(site, who)
        page = desk.client.get(f"/recalls/{fault}")
        shown = flat(page.text) if page.status_code == 200 else ""
        said = log_of(desk)
        seen[who] = {word for word in words if word in said}
        of_the_line = {clip.sha256[:12] for clip in clips if flat(clip.name) in shown}
        assert seen[who] == {word for word in words if word in shown} | of_the_line, who
        unread = flat("They are not part of this copy, since whoever had it made may not read recalls.")
        assert (unread in said) is (page.status_code == 403), who
    assert seen["wang"] == seen["chen"] == set(), "they may not read recalls"
    assert len(seen["zhou"]) == len(words)
    assert {flat(clips[1].name), clips[1].sha256[:12]}.isdisjoint(seen["li"])
    assert flat(clips[0].name) in seen["li"]
    assert {flat(clips[0].name), flat(case.title)}.isdisjoint(seen["admin"])
    assert clips[0].sha256[:12] in seen["admin"]
