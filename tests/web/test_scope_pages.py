"""按号查阅 and the explainer on the pages: a leader's look by procedure, a case of another unit, what the roles page tells."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from catalog.actors import system
from catalog.case_files.attaching import Wish, attach
from catalog.case_files.cases import steps_of
from catalog.models import Account, Case, Clip, LookPurpose
from tests.web.access.test_scopes import body
from tests.web.conftest import Site, csrf
from tests.web.test_looking_purposes import account, ask, facts, token_of

PURPOSE = {"purpose": "file-check", "reference": "黔市监办〔2026〕7 号"}


def on_the_case(site: Site) -> tuple[str, UUID]:
    """Put the clip on a case; answer the case's number and the step."""
    with site.database.write() as session:
        step = steps_of(session, site.cases[0])[1].id
        attach(
            session, actor=system("test"), clip_id=site.clip, step_id=step, wish=Wish("process", "main"),
            now=site.components.clock(),
        )  # fmt: skip
        number = session.get_one(Case, site.cases[0]).number
    assert number is not None
    return number, step


@pytest.mark.parametrize("username", ["ma", "qian", "he"])
def test_a_leader_looks_by_procedure_and_changes_nothing(site: Site, username: str) -> None:
    number, step = on_the_case(site)
    client = site.client(username, "en")
    page = client.get("/clips").text
    assert 'class="tile' not in page
    assert "look recordings up by their number" in page
    assert client.get(f"/clips/{site.clip}").status_code == 404
    page = client.get(f"/cases/{site.cases[0]}").text
    assert "1 recording on this case is outside your scope" in page
    assert str(site.clip) not in page
    token = token_of(client)
    answer = client.post("/consult", data={"csrf_token": token, "asked": number, "purpose": "file-check"})
    assert answer.status_code == 400
    assert "give the number of the case or document" in answer.text
    answer = client.post("/consult", data={"csrf_token": token, "asked": number, **PURPOSE})
    assert (answer.status_code, answer.location) == (303, f"/cases/{site.cases[0]}")
    page = client.get(answer.location).text
    assert f"/clips/{site.clip}" in page
    assert "outside your scope" not in page
    assert ask(client, site.clip) == 200
    assert facts(site, "clip.played")[-1]["purpose"] == "file-check"
    assert 'class="tile' not in client.get("/clips").text, "never in lists"
    for path in (
        f"/clips/{site.clip}/download", f"/clips/{site.clip}/attachments", f"/clips/{site.clip}/marks",
        f"/steps/{step}/clips", f"/clips/{site.clip}/stages/verify",
    ):  # fmt: skip
        assert client.post(path, data={"csrf_token": token, "reason": "x"}).status_code == 403


def test_nothing_found_is_kept_and_tells_nothing(site: Site) -> None:
    client = site.client("ma", "en")
    with site.database.write() as session:
        name = session.get_one(Clip, site.clip).name
        session.execute(update(Clip).where(Clip.id == site.clip).values(restricted=True))
    token, said = token_of(client), set()
    for asked in (name, str(site.clip), str(uuid4()), "无此案号"):
        answer = client.post("/consult", data={"csrf_token": token, "asked": asked, **PURPOSE})
        assert answer.status_code == 400
        said.add(answer.text.replace(asked, "").replace(csrf(answer), ""))
    assert len(said) == 1
    assert facts(site, "act.refused") == [{"act": "clips_consult", "why": "nothing-found"}] * 4
    with site.database.read() as session:
        assert session.scalars(select(LookPurpose.id)).all() == []


def test_a_handler_attaches_to_his_own_and_his_units_cases_alone(site: Site) -> None:
    account(site, "xi", "handler")
    client = site.client("xi", "en")
    page = client.get(f"/steps/{on_the_case(site)[1]}/clips").text
    assert "neither yours nor your unit" in page
    assert 'name="clip"' not in page
    token = token_of(client)
    with site.database.read() as session:
        steps = [steps_of(session, case)[0].id for case in site.cases]
        name = session.get_one(Clip, site.clip).name
    form = {"csrf_token": token, "role": "process", "volume": "sub"}
    assert (
        client.post(f"/clips/{site.clip}/attachments", data={**form, "step": str(steps[0])}).status_code
        == 404
    )
    assert client.post("/consult", data={"csrf_token": token, "asked": name, **PURPOSE}).status_code == 303
    answer = client.post(f"/clips/{site.clip}/attachments", data={**form, "step": str(steps[0])})
    assert answer.status_code == 400
    assert "neither yours nor your unit" in answer.text
    assert {"act": "clip_attach", "why": "not-your-case"} in facts(site, "act.refused")
    with site.database.write() as session:
        xi = session.scalars(select(Account).where(Account.username == "xi")).one()
        session.get_one(Case, site.cases[1]).second_handler_id = xi.officer_id
    page = client.get(f"/clips/{site.clip}").text
    assert str(site.cases[1]) in page
    assert f'value="{site.cases[0]}"' not in page, "only what takes it in is offered"
    answer = client.post(f"/clips/{site.clip}/attachments", data={**form, "step": str(steps[1])})
    assert answer.status_code == 303
    assert str(site.clip) in client.get("/clips").text, "on a case of his own it is in his lists"


def test_the_roles_page_answers_about_one_recording_and_one_case(site: Site) -> None:
    number, _ = on_the_case(site)
    xi = account(site, "xi", "officer")
    with site.database.read() as session:
        name = session.get_one(Clip, site.clip).name
        wang = session.scalars(select(Account.id).where(Account.username == "wang")).one()
        other = session.scalars(select(Account.id).where(Account.username == xi)).one()
    page = site.client("wang", "en").get("/roles", query_string={"asked": name}).text
    assert "recorded or put in by you" in page or "recorded or put in by this person" in page
    page = site.client("ma", "en").get("/roles", query_string={"asked": number}).text
    assert "with a purpose, stated first and kept" in page
    zhao = site.client("zhao", "en")
    page = zhao.get("/roles", query_string={"account": wang, "asked": name}).text
    assert "on the list of a case this person handles" in page or "recorded or put in by this person" in page
    page = zhao.get("/roles", query_string={"account": other, "asked": name}).text
    assert "outside the own recordings, cases and unit" in page
    for administrator in ("gao", "luo"):
        page = (
            site.client(administrator, "en").get("/roles", query_string={"account": wang, "asked": name}).text
        )
        assert 'id="explained"' not in page, "who sees neither cases nor the log is told nothing about one"


def test_the_roles_page_does_not_tell_what_is_sealed(site: Site) -> None:
    with site.database.write() as session:
        name = session.get_one(Clip, site.clip).name
        session.execute(update(Clip).where(Clip.id == site.clip).values(restricted=True))
        wang = session.scalars(select(Account.id).where(Account.username == "wang")).one()
    for client, whose in ((site.client("wang", "en"), wang), (site.client("zhao", "en"), wang)):
        pages = {
            body(
                client.get("/roles", query_string={"account": whose, "asked": asked}).text.replace(asked, "")
            )
            for asked in (name, str(site.clip), str(uuid4()), "no-such-name.MP4")
        }
        assert len(pages) == 1


def test_a_docking_of_another_unit_counts_its_files_and_names_none(site: Site) -> None:
    with site.database.read() as session:
        name = session.get_one(Clip, site.clip).name
    account(site, "xi", "handler")
    page = site.client("xi", "en").get(f"/dockings/{site.docking}").text
    assert name not in page
    assert "outside your scope and not listed by name" in page
    assert "2 to take" in page
    assert name in site.client("wang", "en").get(f"/dockings/{site.docking}").text
    assert name in site.client("admin", "en").get(f"/dockings/{site.docking}").text
