from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest.words.words import _WORDS, Words
from liuhen.commands.dock import _EPILOG, Exit
from tests.ingest.reference_server import TOKEN, Server


@pytest.fixture
def token(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    return file


def dock(
    card: Path, server: str, token: Path, *more: str, language: str = "en_GB.UTF-8"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable, "-m", "liuhen", "dock", str(card), "--server", server, "--token-file", str(token),
            "--data", str(card.parent / "data"), *more,
        ],
        capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "LC_ALL": language},
    )  # fmt: skip


def test_exit_statuses_are_unique_and_documented() -> None:
    assert len({int(status) for status in Exit}) == len(list(Exit))
    for status in Exit:
        assert f"\n  {int(status)}  " in _EPILOG


def test_every_sentence_is_in_both_languages() -> None:
    for word, (chinese, english) in _WORDS.items():
        assert chinese, word
        assert english, word
        said = [{p.split("}")[0] for p in text.split("{")[1:]} for text in (chinese, english)]
        if word.endswith("-1"):  # "one file" needs no number in English
            said = [facts - {"count"} for facts in said]
        assert said[0] == said[1], word
    assert Words("zh").say("link").startswith("链接")


def test_receipts(card: Path, server: Server, token: Path) -> None:
    (card / "录像.mp4").write_bytes(b"a" * 1000)
    (card / "link").symlink_to("/etc/passwd")
    first = dock(card, server.url, token)
    assert first.returncode == 0, first.stderr
    assert "录像.mp4" in first.stdout
    assert "/clips/" in first.stdout
    assert "1 files received" in first.stdout
    assert "link: a link; not followed" in first.stdout
    again = dock(card, server.url, token, language="zh_CN.UTF-8")
    assert again.returncode == 0
    assert "全部 1 个文件此前均已入库，本次未重复保存。" in again.stdout
    assert "凭特征识别，未读取" in again.stdout
    assert hashlib.sha256(b"a" * 1000).hexdigest()[:12] in first.stdout
    assert hashlib.sha256(b"a" * 1000).hexdigest()[:12] not in again.stdout


def test_json(card: Path, server: Server, token: Path) -> None:
    (card / "a.mp4").write_bytes(b"a")
    done = dock(card, server.url, token, "--json", "--slot", "S1")
    answer = json.loads(done.stdout)
    (file,) = answer["files"]
    assert (file["shown"], file["end"], answer["exit_status"]) == ("a.mp4", "received", 0)
    assert file["locked_until"]
    assert file["clip"]
    assert (file["recognised"], file["sha256"]) == (False, hashlib.sha256(b"a").hexdigest())
    (again,) = json.loads(dock(card, server.url, token, "--json").stdout)["files"]
    assert (again["end"], again["recognised"], again["clip"]) == ("held already", True, file["clip"])
    assert (again["sha256"], again["sm3"]) == (None, None)
    assert next(iter(server.dockings.values())).slot == "S1"


def test_nothing_found(card: Path, server: Server, token: Path) -> None:
    assert dock(card, server.url, token).returncode == Exit.NOTHING_FOUND


def test_some_need_attention(card: Path, server: Server, token: Path) -> None:
    server.refuse = {b"b.mp4"}
    (card / "a.mp4").write_bytes(b"a")
    (card / "b.mp4").write_bytes(b"b")
    done = dock(card, server.url, token)
    assert done.returncode == Exit.ATTENTION
    assert "b.mp4: the server does not take it" in done.stdout


def test_a_server_out_of_reach(card: Path, token: Path) -> None:
    (card / "a.mp4").write_bytes(b"a")
    began = time.monotonic()
    done = dock(card, "http://127.0.0.1:9", token, "--patience", "1")
    assert done.returncode == Exit.UNREACHABLE
    assert "1 files lie copied and read back" in done.stderr
    assert time.monotonic() - began < 30


def test_intake_stopped_wrong_token_no_settings(
    card: Path, server: Server, token: Path, tmp_path: Path
) -> None:
    (card / "a.mp4").write_bytes(b"a")
    server.intake_stopped = True
    done = dock(card, server.url, token)
    assert done.returncode == Exit.INTAKE_STOPPED
    assert "storage check" in done.stderr
    server.intake_stopped = False
    wrong = tmp_path / "wrong"
    wrong.write_text("wrong")
    assert dock(card, server.url, wrong).returncode == Exit.NOT_ACCEPTED
    assert dock(card / "absent", server.url, token).returncode == Exit.USAGE
