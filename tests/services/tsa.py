"""Real time-stamping authorities for tests: OpenSSL's, with certificates made by OpenSSL, and one that serves HTTP."""

from __future__ import annotations

import contextlib
import http.server
import secrets
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

POLICY = "1.3.6.1.4.1.99999.1"

_REPLY = """\
[tsa]
serial = {serial}
crypto_device = builtin
digests = sha256
signer_digest = sha256
default_policy = {policy}
accuracy = secs:1, millisecs:500
ess_cert_id_alg = sha256
{more}
"""


def openssl(*arguments: str, **kwargs: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *arguments], check=False, capture_output=True, text=True, **kwargs)  # type: ignore[call-overload, no-any-return]


def _made(*arguments: str) -> None:
    done = openssl(*arguments)
    assert done.returncode == 0, done.stderr


@dataclass(frozen=True)
class Tsa:
    """An authority with its files; `reply` answers as the program `openssl ts` does."""

    folder: Path
    policy: str = POLICY
    more: str = ""

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    @property
    def signer(self) -> Path:
        return self.folder / "signer.pem"

    def reply(self, query: bytes) -> bytes:
        work = self.folder / secrets.token_hex(8)
        work.mkdir()
        (work / "serial").write_text(f"{secrets.token_hex(8)}\n")
        (work / "conf").write_text(_REPLY.format(serial=work / "serial", policy=self.policy, more=self.more))
        (work / "q").write_bytes(query)
        _made(
            *(
                "ts",
                "-reply",
                "-config",
                str(work / "conf"),
                "-section",
                "tsa",
                "-queryfile",
                str(work / "q"),
            ),
            *(
                "-signer",
                str(self.signer),
                "-inkey",
                str(self.folder / "signer.key"),
                "-out",
                str(work / "r"),
            ),
        )
        return (work / "r").read_bytes()

    def changed(self, **changes: str) -> Tsa:
        return replace(self, **changes)  # type: ignore[arg-type]


def make_tsa(
    folder: Path, *, days: int = 3650, usage: str = "critical,timeStamping", rsa: bool = False
) -> Tsa:
    """Make an authority with OpenSSL; negative `days` make a signer's certificate that is over."""
    folder.mkdir()

    def at(name: str) -> str:
        return str(folder / name)

    kind = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if rsa else []
    kind = kind or ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    for name in ("root", "signer"):
        _made("genpkey", *kind, "-out", at(f"{name}.key"))
    _made(
        *("req", "-x509", "-new", "-key", at("root.key"), "-sha256", "-days", "3650", "-out", at("root.pem")),
        *("-subj", f"/CN=Root {folder.name}", "-addext", "keyUsage=critical,keyCertSign"),
    )
    _made(
        "req", "-new", "-key", at("signer.key"), "-subj", f"/CN=TSA {folder.name}", "-out", at("signer.csr")
    )
    (folder / "ext").write_text(
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
        + (f"extendedKeyUsage={usage}\n" if usage else "")
    )
    (folder / "ca.conf").write_text(
        f"[ca]\ndefault_ca=c\n[c]\nnew_certs_dir={folder}\ndatabase={at('index')}\nrand_serial=yes\n"
        "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n"
    )
    (folder / "index").touch()
    begin, end = ("200101000000Z", "200102000000Z") if days < 0 else ("200101000000Z", "490101000000Z")
    _made(
        *("ca", "-batch", "-notext", "-config", at("ca.conf"), "-cert", at("root.pem")),
        *("-keyfile", at("root.key"), "-in", at("signer.csr"), "-out", at("signer.pem")),
        *("-startdate", begin, "-enddate", end, "-extfile", at("ext")),
    )
    return Tsa(folder)


def judged(root: Path, token: Path, *, data: Path | None = None, digest: str = "") -> bool:
    """Whether the independent judge, `openssl ts -verify`, believes a response over these bytes."""
    about = ["-data", str(data)] if data else ["-digest", digest]
    return openssl("ts", "-verify", *about, "-in", str(token), "-CAfile", str(root)).returncode == 0


@contextlib.contextmanager
def serving(
    answer: Callable[[http.server.BaseHTTPRequestHandler, bytes], None], tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Answer the URL of a web server whose every POST is handled by `answer`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with contextlib.suppress(OSError):
                answer(self, body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_: object) -> None:
            """Clients that break off are the point of some tests."""

    server = Server(("0.0.0.0", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}/tsa"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def give(handler: http.server.BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    """Send an answer."""
    handler.send_response(status)
    handler.send_header("Content-Type", "application/timestamp-reply")
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
