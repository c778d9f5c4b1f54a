"""Suggestions, detaching, unattached recordings, my cases, many at once: through the web, as each role."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from catalog.case_files.attaching import Wish, attach
from catalog.case_files.cases import view_case
from catalog.coverage.judging import judge_due
from catalog.models import Attachment, Clip, ClipDeclaration, Docking, Step, SuggestionDismissal
from catalog.people import find_account, person
from tests.catalog.world import add_clip
from tests.web.conftest import Site, csrf
from tests.web.test_looking_and_attaching import step_of, token_of

WHO = ("wang", "li", "chen", "admin", "zhao", "sun", "zhou", "wu", "he", "ma", "qian")


def post(client: FlaskClient, path: str, **data: object):  # type: ignore[no-untyped-def]
    headers = data.pop("headers", None)
    return client.post(path, data={"csrf_token": token_of(client), **data}, headers=headers)


def on_the_step(site: Site, name: str = "fits.MP4", **more: object) -> UUID:
    """A clip of wang's, recorded while the step went on."""
    with site.database.write() as session:
        step = session.get_one(Step, UUID(step_of(site)))
        assert step.started_at is not None
        docking = session.get_one(Docking, site.docking)
        return add_clip(
            session,
            site.components.clock(),
            name,
            docking=docking,
            recorded=step.started_at + timedelta(minutes=3),
            duration=60.0,
            **more,  # type: ignore[arg-type]
        ).id


def attached(site: Site) -> UUID:
    """An attachment of the clip, made by li."""
    with site.database.write() as session:
        account = find_account(session, "li")
        assert account is not None
        return attach(
            session,
            actor=person(account, None),
            clip_id=site.clip,
            step_id=UUID(step_of(site)),
            wish=Wish("evidence", "main", "货架"),
            now=site.components.clock(),
        ).id


def rows(site: Site) -> list[Attachment]:
    with site.database.read() as session:
        return list(session.scalars(select(Attachment).order_by(Attachment.attached_at)))


def test_suggested_with_reasons_on_step_case_and_clip(site: Site) -> None:
    clip, client = on_the_step(site), site.client("li")
    for path in (f"/steps/{step_of(site)}/clips", f"/cases/{site.cases[0]}"):
        part = client.get(path).text.split('id="suggestions"')[1]
        assert str(clip) in part
        assert "主办人录制" in part
        assert "与环节时间重合" in part
    assert "可能所属的环节" in client.get(f"/clips/{clip}").text
    with site.database.write() as session:
        session.execute(update(Clip).where(Clip.id == clip).values(restricted=True))
    for path in (f"/steps/{step_of(site)}/clips", f"/cases/{site.cases[0]}", "/unattached", "/my-cases"):
        assert str(clip) not in client.get(path).text


@pytest.mark.parametrize(("proves", "role"), [("", "process"), ("货架上的食品", "evidence")])
def test_accepted(site: Site, proves: str, role: str) -> None:
    clip, client = on_the_step(site), site.client("li")
    path = f"/steps/{step_of(site)}/suggestions/{clip}"
    answer = post(client, path, act="accept", proves=proves, back="case", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert 'id="suggestions"' in answer.text
    assert f"/clips/{clip}" not in answer.text
    [row] = rows(site)
    assert (row.clip_id, row.role, row.method) == (clip, role, "on-site")
    again = post(client, path, act="accept", proves=proves, back="step")
    assert again.status_code == 303
    assert len(rows(site)) == 1


def test_declined_it_does_not_come_back(site: Site) -> None:
    clip, client = on_the_step(site), site.client("li")
    path = f"/steps/{step_of(site)}/suggestions/{clip}"
    for _ in range(2):
        assert post(client, path, act="decline", back="step").status_code == 303
    page = (
        client.get(f"/steps/{step_of(site)}/clips").text.split('id="suggestions"')[1].split("</section>")[0]
    )
    assert str(clip) not in page
    with site.database.read() as session:
        assert session.scalar(select(func.count()).select_from(SuggestionDismissal)) == 1


@pytest.mark.parametrize("who", WHO)
def test_who_may_do_what(site: Site, who: str) -> None:
    clip, row, client = on_the_step(site), attached(site), site.client(who)
    token = csrf(client.get("/account"))

    def status(path: str, **data: str) -> int:
        return client.post(path, data={"csrf_token": token, **data}).status_code

    attaching, deciding = who == "li", who == "zhou"
    assert (status(f"/steps/{step_of(site)}/suggestions/{clip}", act="decline") != 403) == attaching
    assert (status(f"/attachments/{row}/detachment/confirmation") != 403) == deciding
    assert (status(f"/attachments/{row}/detachment/refusal", reason="x") != 403) == deciding
    assert (status(f"/attachments/{row}/detachment", reason="x") != 403) == attaching
    assert (status("/unattached", clip=str(clip), reason="x") != 403) == (who in {"wang", "li", "sun"})
    assert (client.get("/detachments").status_code == 200) == deciding
    assert (client.get("/my-cases").status_code == 200) == attaching
    for path in (
        f"/attachments/{row}/detachment",
        f"/steps/{step_of(site)}/suggestions/{clip}",
        "/unattached",
    ):
        assert client.post(path, data={"reason": "x"}).status_code in {400, 403}, "no form token"


def test_detached_confirmed_and_shown_as_such(site: Site) -> None:
    row, li, zhou = attached(site), site.client("li"), site.client("zhou")
    assert post(li, f"/attachments/{row}/detachment", reason=" ").status_code == 303
    assert rows(site)[0].standing == "attached"
    assert post(li, f"/attachments/{row}/detachment", reason="<b>错了</b>").status_code == 303
    assert rows(site)[0].standing == "detached"
    for client in (li, zhou):
        page = client.get(f"/cases/{site.cases[0]}").text
        assert "已解除关联，待法规股确认" in page
        assert "<b>错了" not in page
    assert "已解除关联，待法规股确认" in li.get(f"/clips/{site.clip}").text
    listed = zhou.get("/detachments").text
    assert str(row) in listed
    assert '<span class="badge">1</span>' in listed
    assert post(zhou, f"/attachments/{row}/detachment/confirmation", back="list").status_code == 303
    assert rows(site)[0].standing == "gone"
    assert "已解除关联（法规股已确认）" in li.get(f"/cases/{site.cases[0]}").text
    assert str(row) not in zhou.get("/detachments").text
    replay = post(zhou, f"/attachments/{row}/detachment/refusal", reason="x")
    assert replay.status_code == 303
    assert rows(site)[0].standing == "gone"


def test_refused_with_its_reason_on_the_case(site: Site) -> None:
    row, li, zhou = attached(site), site.client("li"), site.client("zhou")
    post(li, f"/attachments/{row}/detachment", reason="错了", back="clip")
    post(zhou, f"/attachments/{row}/detachment/refusal", reason="与本案有关", back="list")
    assert rows(site)[0].standing == "attached"
    assert "法规股不同意解除关联：与本案有关" in li.get(f"/cases/{site.cases[0]}").text


def test_unknown_attachments_are_not_there(site: Site) -> None:
    assert post(site.client("li"), f"/attachments/{site.clip}/detachment", reason="x").status_code == 404
    assert post(site.client("zhou"), f"/attachments/{site.clip}/detachment/confirmation").status_code == 404


def test_unattached_until_dealt_with(site: Site) -> None:
    wang = site.client("wang")
    home = wang.get("/").text
    assert "您有 2 份资料还没有关联到案件" in home
    page = wang.get("/unattached").text
    assert str(site.clip) in page
    assert str(site.hostile) in page
    refused = post(wang, "/unattached", clip=[str(site.clip)], reason=" ")
    assert refused.status_code == 400
    assert "请写明理由" in refused.text
    assert post(wang, "/unattached", reason="x").status_code == 400
    assert post(wang, "/unattached", clip=[str(site.clip)], reason="设备测试").status_code == 303
    page = wang.get("/unattached").text
    assert f'value="{site.clip}"' not in page
    assert "设备测试" in page
    assert post(wang, f"/clips/{site.clip}/declaration/withdrawal").status_code == 303
    assert f'value="{site.clip}"' in wang.get("/unattached").text
    with site.database.read() as session:
        assert session.scalars(select(ClipDeclaration)).one().withdrawn_at is not None


def test_the_head_of_a_section_sees_all_officers(site: Site) -> None:
    sun = site.client("sun")
    assert f'value="{site.clip}"' in sun.get("/unattached").text
    assert f'value="{site.clip}"' not in sun.get(f"/unattached?officer={site.clip}").text
    assert str(site.clip) in sun.get("/unattached?unit=nonsense").text
    others = site.client("li")
    assert str(site.clip) not in others.get("/unattached").text, "li sees only what li recorded"
    assert post(others, "/unattached", clip=[str(site.clip)], reason="x").status_code == 400


def test_my_cases_say_what_is_lacking(site: Site) -> None:
    with site.database.write() as session:
        view = view_case(session, site.cases[0])
        assert view is not None
        view.by_stage["decision"][0].planned_at = site.components.clock() - timedelta(days=2)
        view.by_stage["execution"][0].planned_at = site.components.clock() + timedelta(days=2)
    on_the_step(site)
    page = site.client("li").get("/my-cases").text
    line = page.split("某某食品店经营超过保质期食品案")[1].split("</tr>")[0]
    assert "现场检查" in line
    assert "逾期" in line
    assert "行政处罚告知" in line
    assert "送达处罚决定书" in line
    assert re.search(r'#suggestions">\d+<', line)
    row = attached(site)
    post(site.client("li"), f"/attachments/{row}/detachment", reason="x")
    after = (
        site.client("li").get("/my-cases").text.split("某某食品店经营超过保质期食品案")[1].split("</tr>")[0]
    )
    assert '<td class="num">1</td>' in after


def test_my_cases_name_what_must_be_explained_and_until_when(site: Site) -> None:
    with site.database.write() as session:
        while judge_due(session, site.components.clock()):
            pass
    page = site.client("li").get("/my-cases").text
    line = page.split("某某食品店经营超过保质期食品案")[1].split("</tr>")[0]
    gaps = re.findall(r'<a href="/steps/[^/]+/coverage">([^<]+)</a>\s*<span class="[^"]*">([^<]+)', line)
    assert gaps, "a step without any recording must be explained"
    assert all(said.startswith("须于") or said == "逾期" for _, said in gaps), gaps


def test_two_hundred_in_one_act_and_each_refusal_named(site: Site) -> None:
    with site.database.write() as session:
        docking = session.get_one(Docking, site.docking)
        clips = [
            add_clip(session, site.components.clock(), f"{n}.MP4", docking=docking, duration=9.0).id
            for n in range(210)
        ]
    client, step = site.client("li"), step_of(site)
    attached(site)
    ids = [str(c) for c in clips]
    how = {
        "case": str(site.cases[0]),
        "step": step,
        "role": "evidence",
        "volume": "main",
        "proves": "x",
        "method": "party",
    }
    refused = post(client, "/clips/attach", clip=[*ids, str(site.clip)], **how)
    assert refused.status_code == 400
    assert refused.text.count('class="why-not"') == 1
    assert f'value="{site.clip}" checked' not in refused.text
    assert f'value="{ids[0]}" checked' in refused.text
    assert len(rows(site)) == 1
    assert post(client, "/clips/attach", clip=ids, **how).status_code == 303
    assert len(rows(site)) == 211


def test_everything_that_fits_is_offered_at_once(site: Site) -> None:
    client = site.client("li")
    page = client.get("/clips/attach?all=1&kind=video&unattached=1").text
    assert page.count('name="clip"') == 2
    picked = post(client, "/clips/attach", clip=[str(site.clip)], pick="1")
    assert picked.status_code == 200
    assert f'value="{site.clip}" checked' in picked.text
    assert rows(site) == []


def test_several_steps_without_leaving_the_player(site: Site) -> None:
    client = site.client("li")
    with site.database.read() as session:
        view = view_case(session, site.cases[0])
        assert view is not None
        steps = [str(s.id) for s in view.by_stage["investigation"]]
    quiet = {"HX-Request": "true"}
    path = f"/clips/{site.clip}/attachments"
    refused = post(client, path, step=steps, role="evidence", volume="main", proves="", headers=quiet)
    assert refused.status_code == 200
    assert 'role="alert"' in refused.text
    assert rows(site) == []
    done = post(
        client, path, step=steps, role="evidence", volume="sub", proves="货架", method="other",
        method_other="见证人提供", headers=quiet,
    )  # fmt: skip
    assert done.status_code == 200
    assert 'id="attachments" hx-swap-oob="true"' in done.text
    assert "见证人提供" in done.text
    assert {str(a.step_id) for a in rows(site)} == set(steps)


def test_what_was_passed_on_offers_nothing(site: Site) -> None:
    from catalog.models import Case  # noqa: PLC0415

    on_the_step(site)
    with site.database.write() as session:
        session.execute(update(Case).values(state="reviewed"))
    client = site.client("li")
    page = client.get(f"/cases/{site.cases[0]}").text
    assert 'id="suggestions"' not in page
    assert not re.search(r'"/steps/[^"]+/clips', page)
    assert 'type="file"' not in client.get(f"/steps/{step_of(site)}/clips").text
