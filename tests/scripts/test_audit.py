"""The dependency audit's ends, against a vulnerability service of our own: nothing known, something known, not done."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LOCKED = """\
flask==3.1.2 \\
    --hash=sha256:{a}
jinja2==3.1.6 \\
    --hash=sha256:{a}
    # via flask
""".format(a="a" * 64)


@dataclass
class Service:
    """Answers as OSV does."""

    url: str = ""
    vulnerable: dict[str, list[str]] = field(default_factory=dict)
    """Package to ids; the first is the id, the others its aliases."""
    asked: list[str] = field(default_factory=list)
    mute_after: int | None = None
    """After so many questions it answers nothing any more."""


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = question["package"]["name"]
            if made.mute_after is not None and len(made.asked) >= made.mute_after:
                self.close_connection = True
                time.sleep(0.2)
                self.connection.close()
                return
            made.asked.append(name)
            ids = made.vulnerable.get(name)
            answer: dict[str, Any] = {}
            if ids:
                affected = {
                    "package": {"name": name, "ecosystem": "PyPI"},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.1"}]}],
                }
                answer = {
                    "vulns": [{"id": ids[0], "aliases": ids[1:], "summary": "bad", "affected": [affected]}]
                }
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_port}/v1/query"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "locked.txt").write_text(LOCKED)
    (tmp_path / "accepted.toml").write_text("# nothing\n")
    return tmp_path


def audit(folder: Path, url: str) -> tuple[int, str]:
    done = subprocess.run(
        [
            sys.executable, str(ROOT / "scripts/audit.py"), "--service", url, "--accepted",
            str(folder / "accepted.toml"), "--done", str(folder / "done"), str(folder / "locked.txt"),
        ],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout


def test_nothing_known(folder: Path, service: Service) -> None:
    assert audit(folder, service.url) == (
        0,
        "Dependency audit: 2 pinned packages, nothing known that is not accepted.\n",
    )
    assert sorted(service.asked) == ["flask", "jinja2", "pip"]
    status, said = audit(folder, service.url)
    assert (status, len(service.asked)) == (0, 3), "the same pins are asked about once a day"
    assert "earlier today" in said
    (folder / "locked.txt").write_text(LOCKED.replace("3.1.6", "3.1.5"))
    audit(folder, service.url)
    assert len(service.asked) == 6, "other pins are asked about at once"


def test_something_known_fails_until_somebody_accepts_it(folder: Path, service: Service) -> None:
    service.vulnerable = {"jinja2": ["PYSEC-2026-7", "CVE-2026-7777"]}
    status, said = audit(folder, service.url)
    assert status == 1
    assert "KNOWN VULNERABILITY: jinja2 3.1.6: PYSEC-2026-7, CVE-2026-7777; mended in 99.1" in said
    assert not (folder / "done").exists()
    entry = '[[accepted]]\nid = "CVE-2026-7777"\npackage = "jinja2"\nreason = "never reached"\ndate = 2026-11-26\n'
    (folder / "accepted.toml").write_text(entry + "until = 2099-01-01\n")
    status, said = audit(folder, service.url)
    assert status == 0
    assert "accepted: jinja2 3.1.6" in said
    assert "never reached (2026-11-26, until 2099-01-01)" in said
    (folder / "accepted.toml").write_text(entry + "until = 2020-01-01\n")
    assert audit(folder, service.url)[0] == 1, "what was accepted for a time ends"
    (folder / "accepted.toml").write_text('[[accepted]]\nid = "CVE-2026-7777"\n')
    status, said = audit(folder, service.url)
    assert (status, "lacks package, reason, date, until" in said) == (1, True)


def test_offline_is_said_and_is_no_pass(folder: Path) -> None:
    for url in ("http://127.0.0.1:1/v1/query", "http://no-such-host.invalid/v1/query"):
        status, said = audit(folder, url)
        assert status == 0
        assert said.startswith("Dependency audit NOT DONE: no vulnerability service answers at http")
        assert said.count("\n") == 1
        assert "no pass" in said
        assert not (folder / "done").exists(), "what was not asked is asked again"


def test_a_service_that_breaks_off(folder: Path, service: Service) -> None:
    service.mute_after = 1
    status, said = audit(folder, service.url)
    assert status == 0
    assert "NOT DONE" in said
    assert "broke off" in said
    assert not (folder / "done").exists()


def test_pins_without_hashes_are_no_pins(folder: Path, service: Service) -> None:
    (folder / "locked.txt").write_text("flask==3.1.2\n")
    status, said = audit(folder, service.url)
    assert status == 1
    assert "Dependency audit failed" in said


def test_lint_calls_it() -> None:
    lint = (ROOT / "Makefile").read_text().partition("\nlint:")[2].partition("\n\n")[0]
    assert "scripts/audit.py" in lint
