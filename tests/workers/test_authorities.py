"""The ways to the authorities: over HTTP against servers that misbehave, and the local one with real OpenSSL."""

from __future__ import annotations

import http.server
import shutil
import ssl
import subprocess
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from catalog.settings import AuthoritySettings
from catalog.timestamps.request import request_der
from catalog.timestamps.token import Asked, check_answer, name_of
from liuhen import certificates, timestamp_authority
from tests.services.silence import silent_address
from tests.services.tsa import Tsa, give, judged, make_tsa, openssl, serving
from workers.timestamps import http_authority, local_authority
from workers.timestamps.http_authority import Away, HttpAuthority
from workers.timestamps.local_authority import LocalAuthority

IMPRINT = bytes(range(32))
QUERY = request_der(IMPRINT, nonce=77)

Handler = http.server.BaseHTTPRequestHandler


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Tsa:
    return make_tsa(tmp_path_factory.mktemp("tsa") / "one")


def over_http(url: str, *, whole_seconds: float = 20, **settings: object) -> HttpAuthority:
    made = AuthoritySettings(name="it", url=url, roots_file=Path("roots.pem"), **settings)  # type: ignore[arg-type]
    return HttpAuthority(made, whole_seconds=whole_seconds)


def test_a_real_answer_over_http(tsa: Tsa) -> None:
    seen: list[tuple[str, str | None]] = []

    def answer(handler: Handler, body: bytes) -> None:
        seen.append((handler.path, handler.headers["Content-Type"]))
        give(handler, tsa.reply(body))

    with serving(answer) as url:
        reply = over_http(f"{url}?kind=a").answer(QUERY)
    roots = x509.load_pem_x509_certificates(tsa.root.read_bytes())
    assert check_answer(reply, Asked(IMPRINT, 77, None, roots)).serial
    assert seen == [("/tsa?kind=a", "application/timestamp-query")]


def test_user_and_password_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("geheim\n")
    seen: list[str | None] = []

    def answer(handler: Handler, _body: bytes) -> None:
        seen.append(handler.headers["Authorization"])
        give(handler, b"", status=401)

    with serving(answer) as url, pytest.raises(Away, match="does not let us in"):
        over_http(url, user="bureau", password_file=secret).answer(QUERY)
    assert seen == [f"Basic {b64encode(b'bureau:geheim').decode()}"]
    with pytest.raises(Away, match="password file"):
        over_http(url, user="bureau", password_file=tmp_path / "none").answer(QUERY)


@pytest.mark.parametrize(
    ("status", "said"), [(500, "HTTP 500"), (404, "HTTP 404"), (204, "HTTP 204"), (403, "does not let us in")]
)
def test_a_refusal_by_the_web_server(status: int, said: str) -> None:
    with serving(lambda h, _: give(h, b"", status=status)) as url, pytest.raises(Away, match=said):
        over_http(url).answer(QUERY)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://127.0.0.1:1/", "/elsewhere"])
def test_redirects_are_not_followed(target: str) -> None:
    asked: list[str] = []

    def answer(handler: Handler, _body: bytes) -> None:
        asked.append(handler.path)
        give(handler, b"", status=307, Location=target)

    with serving(answer) as url, pytest.raises(Away, match="points to another address"):
        over_http(url).answer(QUERY)
    assert asked == ["/tsa"]


def test_a_huge_answer_is_not_read_to_its_end() -> None:
    sent = threading.Event()

    def answer(handler: Handler, _body: bytes) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(4000):
                handler.wfile.write(bytes(1 << 20))
        finally:
            sent.set()

    with serving(answer) as url, pytest.raises(Away, match="larger than 256 KiB"):
        over_http(url).answer(QUERY)
    assert sent.wait(20)


def _never(handler: Handler, _body: bytes) -> None:
    handler.rfile.read(1)


def _drips_headers(handler: Handler, _body: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X: y\r\n")
        handler.wfile.flush()
        time.sleep(0.2)


def _drips_body(handler: Handler, _body: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.2)


@pytest.mark.parametrize("answer", [_never, _drips_headers, _drips_body], ids=["silent", "headers", "body"])
def test_an_authority_that_takes_its_time_is_cut_off(answer: Callable[[Handler, bytes], None]) -> None:
    with serving(answer) as url, pytest.raises(Away, match="did not answer in time"):
        over_http(url, whole_seconds=1).answer(QUERY)


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(_never) as url:
        pass
    with pytest.raises(Away, match="could not be reached"):
        over_http(url).answer(QUERY)
    with pytest.raises(Away, match="could not be reached"):
        over_http("http://authority.invalid/").answer(QUERY)
    monkeypatch.setattr(http_authority, "CONNECT_SECONDS", 0.5)
    with silent_address() as silent, pytest.raises(Away, match="did not answer in time"):
        over_http(silent).answer(QUERY)


def test_what_is_no_http() -> None:
    def answer(handler: Handler, _body: bytes) -> None:
        handler.wfile.write(b"\x00\x01nonsense\r\n\r\n")

    with serving(answer) as url, pytest.raises(Away, match="could not be reached"):
        over_http(url).answer(QUERY)


def test_an_answer_that_breaks_off() -> None:
    def answer(handler: Handler, _body: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"x" * 10)

    with serving(answer) as url, pytest.raises(Away, match="broke off"):
        over_http(url).answer(QUERY)


def test_over_tls_only_who_is_vouched_for_is_believed(tmp_path: Path, tsa: Tsa) -> None:
    files = certificates.ensure(tmp_path, "127.0.0.1", datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    with serving(lambda h, body: give(h, tsa.reply(body)), context) as url:
        assert url.startswith("https:")
        assert over_http(url, tls_ca_file=files.authority).answer(QUERY)
        with pytest.raises(Away, match="certificate is not accepted"):
            over_http(url).answer(QUERY)
        with pytest.raises(Away, match="certificate is not accepted"):
            over_http(url.replace("127.0.0.1", "127.0.0.2"), tls_ca_file=files.authority).answer(QUERY)
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("")
    with (
        serving(lambda h, _: give(h, b""), context) as url,
        pytest.raises(Away, match="holds no certificates"),
    ):
        over_http(url, tls_ca_file=nothing).answer(QUERY)


@pytest.mark.parametrize(
    "wrong",
    [{"url": "ftp://a/"}, {"url": ""}, {"name": "A b"}, {"name": ""}, {"policy": "x"}, {"extra": 1}],
    ids=str,
)
def test_settings_that_cannot_be(wrong: dict[str, object]) -> None:
    good = {"name": "it", "url": "http://a/", "roots_file": "r"}
    AuthoritySettings.model_validate(good)
    with pytest.raises(ValueError, match=r"."):
        AuthoritySettings.model_validate(good | wrong)


# The local one


@pytest.fixture
def local(tmp_path: Path) -> tuple[LocalAuthority, Path]:
    made = timestamp_authority.make()
    (tmp_path / "authority.pem").write_bytes(made)
    (tmp_path / "root.pem").write_bytes(timestamp_authority.root_of(made))
    settings = AuthoritySettings(
        name="local", url="local", roots_file=tmp_path / "root.pem", signer_file=tmp_path / "authority.pem"
    )
    return LocalAuthority(settings), tmp_path


def test_the_local_authority_is_believed_by_us_and_by_openssl(local: tuple[LocalAuthority, Path]) -> None:
    authority, folder = local
    reply = authority.answer(QUERY)
    roots = x509.load_pem_x509_certificates((folder / "root.pem").read_bytes())
    token = check_answer(reply, Asked(IMPRINT, 77, local_authority.POLICY, roots))
    assert name_of(token.signer).endswith("self-signed")
    (folder / "r").write_bytes(reply)
    assert judged(folder / "root.pem", folder / "r", digest=IMPRINT.hex())
    chain = openssl(
        "verify",
        "-CAfile",
        str(folder / "root.pem"),
        "-purpose",
        "timestampsign",
        "-x509_strict",
        str(folder / "authority.pem"),
    )
    assert chain.returncode == 0, chain.stderr


def test_workers_side_by_side_give_no_serial_number_twice(local: tuple[LocalAuthority, Path]) -> None:
    authority, folder = local
    roots = x509.load_pem_x509_certificates((folder / "root.pem").read_bytes())
    with ThreadPoolExecutor(4) as threads:
        replies = list(threads.map(authority.answer, [QUERY] * 24))
    serials = {check_answer(reply, Asked(IMPRINT, 77, None, roots)).serial for reply in replies}
    assert len(serials) == 24
    assert all(serial < 2**160 for serial in serials)  # RFC 3161 §2.4.2


def test_no_two_authorities_are_alike() -> None:
    assert timestamp_authority.root_of(timestamp_authority.make()) != timestamp_authority.root_of(
        timestamp_authority.make()
    )
    with pytest.raises(ValueError, match=r"."):
        timestamp_authority.root_of(b"nothing")


def test_without_openssl_it_says_what_to_install(
    local: tuple[LocalAuthority, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(Away, match="apt-get install openssl"):
        local[0].answer(QUERY)


def test_what_goes_wrong_in_openssl_is_said(
    local: tuple[LocalAuthority, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, folder = local
    (folder / "authority.pem").write_text("nothing")
    with pytest.raises(Away, match="openssl gave no answer"):
        authority.answer(QUERY)
    (folder / "authority.pem").unlink()
    with pytest.raises(Away, match="liuhen prepare"):
        authority.answer(QUERY)
    (folder / "authority.pem").write_text("x")

    def hang(command: list[str], **_: object) -> None:
        raise subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(Away, match="in time"):
        authority.answer(QUERY)
