"""The board needs no sign-in, so nobody but the room it stands in may act through it, and no other page read it."""

from __future__ import annotations

import http.client
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.ingest.board.stage import OFFICERS, Stage, film


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Stage(tmp_path_factory.mktemp("stage")) as running:
        running.server.known["P"] = {"recorder_label": "DSJ-0600", "officers": OFFICERS}
        running.plug("1-1", film("P", 2))
        running.until("1-1", "verified")
        yield running


def ask(
    stage: Stage, path: str, method: str = "GET", body: str | None = None, **headers: str
) -> http.client.HTTPResponse:
    host = urlsplit(stage.url).netloc
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request(
        method, path, body, {"Host": host, **{k.replace("_", "-"): v for k, v in headers.items()}}
    )
    answer = connection.getresponse()
    answer.read()
    return answer


def officer(stage: Stage) -> str:
    return f"/dockings/{stage.tile('1-1')['docking']}/officer"


BODY = '{"number": "5202003"}'


def test_pages_allow_nothing_but_our_own_files(stage: Stage) -> None:
    for path in ("/", "/state", "/static/board.js", "/nowhere"):
        policy = ask(stage, path).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_a_name_pointed_at_this_machine_reads_nothing(stage: Stage) -> None:
    port = urlsplit(stage.url).port
    assert ask(stage, "/state", Host=f"evil.example:{port}").status == 421
    assert ask(stage, "/state", Host=f"localhost:{port}").status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example", "Content_Type": "application/json"},
        {"Origin": "null", "Content_Type": "application/json"},
        {"Content_Type": "application/json"},
    ],
)
def test_another_page_cannot_act(stage: Stage, headers: dict[str, str]) -> None:
    assert ask(stage, officer(stage), "POST", BODY, **headers).status == 403
    assert not stage.server.picks


def test_a_form_cannot_act_even_from_our_own_origin(stage: Stage) -> None:
    form = {"Origin": stage.url, "Content_Type": "application/x-www-form-urlencoded"}
    assert ask(stage, officer(stage), "POST", BODY, **form).status == 403
    cross = {"Origin": stage.url, "Content_Type": "application/json", "Sec_Fetch_Site": "cross-site"}
    assert ask(stage, officer(stage), "POST", BODY, **cross).status == 403


def test_bad_input_is_refused_in_words(stage: Stage) -> None:
    path = officer(stage)
    assert stage.post(path, {"number": "nobody"}) == (
        409,
        {"error": "board-act-name", "what": "名单中没有这个编号，没有更改。"},
    )
    assert stage.post(path, {"number": 7})[0] == 400
    assert stage.post(path, {"number": "x" * 5000})[0] in {400, 413}
    gone = "/dockings/01933f00-0000-7000-8000-000000000001"
    assert stage.post(f"{gone}/officer", {"number": "5202003"})[0] == 409
    assert ask(stage, gone).status == 404
    release = path.replace("officer", "release")
    assert stage.post(release, {"by": " "})[1]["error"] == "board-act-by"
    assert stage.post(release, {"by": "王某某"})[1]["error"] == "board-act-clearable"


def test_the_state_names_only_what_stands_on_the_door(stage: Stage) -> None:
    assert "李某某" not in str(stage.state())


def test_a_busy_port_is_named_and_the_station_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, caplog.at_level(logging.ERROR):
        port = taken.getsockname()[1]
        stage = Stage(tmp_path, board_port=port)
        stage.server.__enter__()
        try:
            stage.run_without_board()
            stage.plug("1-1", film("A", 2))
            stage.wait(lambda: len(stage.server.received()) == 2, "both films are handed over")
        finally:
            stage.stop()
            stage.server.__exit__()
    assert f"127.0.0.1:{port} cannot be listened on" in caplog.text


def test_switched_off(tmp_path: Path) -> None:
    stage = Stage(tmp_path, board_port=None)
    with stage.server:
        stage.run_without_board()
        stage.stop()
    assert stage.url == ""


def test_the_look_is_the_one_of_all_pages() -> None:
    root = Path(__file__).parents[3]
    for name in ("tokens.css", "mark.svg"):
        ours = (root / "ingest" / "board" / "static" / name).read_bytes()
        assert ours == (root / "web" / "static" / name).read_bytes(), f"copy web/static/{name}"
