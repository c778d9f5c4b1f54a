"""Each page in both languages, on seeded data."""

from __future__ import annotations

import ast
import re
from html import unescape
from pathlib import Path

import pytest

from catalog.ids import new_id
from tests.web.conftest import HOSTILE, Site, csrf

SENTENCES = {"en": "Custody log", "zh_Hans_CN": "留痕日志"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def paths(site: Site) -> list[str]:
    return [
        "/",
        "/account",
        "/clips",
        "/clips?by=recorded&from=2020-01-01&to=2099-01-01&kind=video&state=attention&unattached=1&words=x",
        f"/clips/{site.clip}",
        f"/clips/{site.clip}?case={site.cases[0]}",
        f"/clips/{site.hostile}",
        f"/clips/{site.clip}/live",
        "/cases",
        "/cases?words=食品&type=licence",
        *(f"/cases/{case}" for case in site.cases),
        "/dockings",
        "/dockings/board",
        f"/dockings/{site.docking}",
        f"/dockings/{site.docking}/files",
        "/recorders",
        "/custody",
        "/custody?action=clip.attached&from=2026-01-01&to=bad",
        f"/custody?subject={site.clip}",
        f"/steps?case={site.cases[0]}",
    ]


@pytest.mark.parametrize("language", ["en", "zh_Hans_CN"])
def test_every_page_renders(site: Site, language: str) -> None:
    client = site.client("li", language)
    for path in paths(site):
        page = client.get(path)
        assert page.status_code == 200, path
        if "<html" in page.text:
            assert SENTENCES[language] in page.text, path
            assert f'lang="{"en" if language == "en" else "zh-Hans"}"' in page.text


@pytest.mark.parametrize("language", ["en", "zh_Hans_CN"])
def test_the_board_alone(site: Site, language: str) -> None:
    page = site.client("wang", language).get("/dockings?board=1")
    assert page.status_code == 200
    assert "<nav" not in page.text
    assert ("Safely stored" if language == "en" else "已安全入库") in page.text


def test_chinese_pages_say_nothing_of_ours_in_english(site: Site) -> None:
    """What is left in Latin letters is data: names, codes, digests."""
    client = site.client("li")
    text = re.sub(
        r"<(script|style|pre)[^>]*>.*?</\1>", "", client.get(f"/clips/{site.hostile}").text, flags=re.DOTALL
    )
    words = [w for w in re.findall(r">([^<>]+)<", text) if re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", w)]
    assert words == []


def test_hostile_names_are_text(site: Site) -> None:
    client = site.client("li", "en")
    for path in paths(site):
        body = client.get(path).text
        assert "<img src=x" not in body, path
    assert HOSTILE in unescape(client.get("/clips").text)


def test_no_inline_script_or_style(site: Site) -> None:
    client = site.client("li", "en")
    for path in paths(site):
        body = client.get(path).text
        tags = [re.sub(r'"[^"]*"', '""', tag) for tag in re.findall(r"<[a-z](?:[^>\"]|\"[^\"]*\")*>", body)]
        assert not [tag for tag in tags if re.search(r"\s(style|on\w+)=", tag)], path
        assert not re.search(r"<script(?![^>]*\bsrc=)", body), path
        assert "<style" not in body, path


def test_shared_lists_page_by_key(site: Site) -> None:
    from tests.catalog import world  # noqa: PLC0415

    with site.database.write() as session:
        for n in range(60):
            world.add_clip(session, site.components.clock(), f"X{n:02}.MP4")
    client = site.client("li", "en")
    first = client.get("/clips?words=X")
    following = unescape(re.findall(r'href="(/clips\?[^"]*after[^"]*)"', first.text)[0])
    second = client.get(following)
    names = re.findall(r'title="(X\d\d\.MP4)"', first.text + second.text)
    assert len(names) == len(set(names)) == 60
    assert "words=X" in following


@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "after=2026_x",
        "from=0001-01-01",
        "from=9999-12-31",
        "officer=x",
        "kind=x",
        "state=x",
        "before=x",
    ],
)
def test_nonsense_in_an_address_is_no_error(site: Site, query: str) -> None:
    client = site.client("li")
    for path in ("/clips", "/custody", "/dockings", f"/dockings/{site.docking}", "/cases"):
        assert client.get(f"{path}?{query}").status_code == 200, (path, query)


def test_the_board_answers_nothing_when_nothing_changed(site: Site) -> None:
    client = site.client("wang")
    first = client.get("/dockings/board")
    assert first.status_code == 200
    again = client.get("/dockings/board", headers={"X-Have": first.headers["X-Mark"]})
    assert again.status_code == 204


def test_unknown_things_are_404(site: Site) -> None:
    client = site.client("li")
    for path in (
        "/clips/{}",
        "/cases/{}",
        "/dockings/{}",
        "/custody/{}",
        "/steps/{}/clips",
        "/clips/{}/live",
    ):
        assert client.get(path.format(new_id())).status_code == 404
    assert client.get("/clips/not-an-id").status_code == 404


def test_start_page_of_those_who_are_no_officers(site: Site) -> None:
    assert site.client("admin").get("/").location == "/dockings"
    assert site.client("zhao").get("/").location in {"/dockings", "/custody"}


def test_an_administrator_sees_dockings_without_evidence(site: Site) -> None:
    client = site.client("admin", "en")
    page = client.get(f"/dockings/{site.docking}").text
    assert "DSJ0412_100412" in page
    assert "/clips/" not in page
    assert client.get(f"/clips/{site.clip}").status_code == 403


def test_an_entry_shows_its_proof(site: Site) -> None:
    client = site.client("li", "en")
    listing = client.get("/custody").text
    entry = re.findall(r'href="(/custody/[^"?]+)"', listing)[0]
    page = client.get(entry).text
    assert "record and leaf agree" in page
    assert "proven" in page
    assert "does not fit" not in page


def test_healthz(site: Site) -> None:
    answer = site.client().get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"healthy": True})


def test_language_switch_before_signing_in(site: Site) -> None:
    client = site.client()
    page = client.get("/signin")
    assert "登录" in page.text
    client.post("/language", data={"csrf_token": csrf(page), "language": "en", "next": "/signin"})
    page = client.get("/signin")
    assert "Password" in page.text
    assert len(CHINESE.findall(re.sub(r"中文|留痕", "", page.text))) == 0


def test_filtering_in_place_asks_for_the_list_alone_and_going_back_for_the_page(site: Site) -> None:
    client = site.client("li")
    part = client.get("/clips?kind=video", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert 'class="tile"' in part
    back = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in client.get("/clips?kind=video", headers=back).text


def test_no_page_hides_what_all_pages_share() -> None:
    """Who is signed in, whose bureau: a page that passes its own by that name would show another in the corner."""
    shared = {"me", "bureau", "zone_name"}
    hidden = [
        f"{file.name}:{call.lineno}: {keyword.arg}"
        for file in sorted((Path(__file__).parents[2] / "web" / "pages").glob("*.py"))
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "render_template"
        for keyword in call.keywords
        if keyword.arg in shared
    ]
    assert hidden == []
