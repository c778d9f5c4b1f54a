"""A PC becomes a station: the server is recognised by its certificate's fingerprint, then a code buys a credential.

Everything may be repeated. The station's key is on the disk before the code is sent, and the server answers the same
code with the same key again; `station.toml` is written last, so that a station either is enrolled or is not.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import tomllib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError

from ingest.copying.durable import Folder
from ingest.errors import IngestError, ServerRefused, ServerUnreachable, SpoolFailed, SpoolFull
from ingest.office import pinning
from ingest.office.client import Client
from ingest.office.signing import StationKey
from ingest.protocol import (
    ENROL_PREFIX,
    Enrol,
    Enrolled,
    ServerFacts,
    certificates_in,
    fingerprint_of,
    plain_code,
    plain_fingerprint,
)
from ingest.settings import STATION_KEY

SETTINGS = "station.toml"
TOKEN = "station-token"  # noqa: S105  a file's name
PIN = "server-ca.pem"
RECEIPT_KEYS = "receipt-keys.txt"
SPOOL = "spool"


class CannotEnrol(IngestError):
    """The station is not enrolled, or its pin not changed. `word` (see `ingest.words.words`) says why, `facts` fill it."""

    def __init__(self, word: str, **facts: object) -> None:
        super().__init__(word)
        self.word = word
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Pin:
    """What a server is recognised by: the certificate (PEM); empty on loopback without TLS."""

    pem: str

    @property
    def fingerprint(self) -> str:
        """As people compare it; empty without a certificate."""
        return fingerprint_of(self.pem) if self.pem else ""


def enrol(data: Path, server: str, code: str, pin: Pin, software: str) -> Enrolled:
    """Enrol this PC with the server and write down in `data` what a station needs. Raises CannotEnrol."""
    server = checked_address(server)
    before = _settings(data)
    key = StationKey.load_or_make(_key_path(data, before))
    message = Enrol(
        code=code,
        public_key=key.public_base64,
        proof=key.sign(ENROL_PREFIX + plain_code(code).encode()),
        host=socket.gethostname()[:128],
        software=software[:64],
    )
    folder = Folder(data)
    with closing(folder):
        _write(folder, {f"{PIN}.new": pin.pem})
        try:
            with closing(Client(server, "", _pin_file(data, pin))) as client:
                answer = client.enrol(message)
        except ServerRefused as error:
            raise _refused(error) from error
        except ServerUnreachable as error:
            raise CannotEnrol("enrol-unreachable", server=server, reason=str(error)) from error
        finally:
            folder.remove(f"{PIN}.new")
        _refuse_another(before, answer, data)
        _write(
            folder,
            {
                TOKEN: f"{answer.token}\n",
                RECEIPT_KEYS: "".join(f"{raw}\n" for raw in answer.receipt_keys.values()),
                **({PIN: pin.pem} if pin.pem else {}),
            },
        )
        settings = {
            "server": server,
            "token_file": TOKEN,
            "receipt_key_file": RECEIPT_KEYS,
            "spool": before.get("spool", SPOOL),
            "station": answer.station,
            **({"ca_file": PIN} if pin.pem else {}),
        }
        _write(folder, {SETTINGS: _with(_text(data), settings)})
    return answer


def trust(data: Path, pin: Pin) -> None:
    """Pin another certificate for the server of this station; it is tried first. Raises CannotEnrol.

    A station that runs takes it up by itself.
    """
    before = _settings(data)
    if not before.get("server"):
        raise CannotEnrol("not-enrolled", folder=data)
    server = str(before["server"])
    folder = Folder(data)
    with closing(folder):
        _write(folder, {f"{PIN}.new": pin.pem})
        try:
            with closing(Client(server, "", data / f"{PIN}.new")) as client:
                client.server_facts()
        except (ServerRefused, ServerUnreachable) as error:
            raise CannotEnrol("enrol-unreachable", server=server, reason=str(error)) from error
        finally:
            folder.remove(f"{PIN}.new")
        _write(folder, {PIN: pin.pem})
        _write(folder, {SETTINGS: _with(_text(data), {"ca_file": PIN})})


def server_of(data: Path) -> str:
    """Answer the server this station is enrolled with. Raises CannotEnrol."""
    server = _settings(data).get("server")
    if not server:
        raise CannotEnrol("not-enrolled", folder=data)
    return str(server)


def checked_address(server: str) -> str:
    """Answer the server's address without a path. Raises CannotEnrol when it is none that may be used."""
    server = server.strip().rstrip("/")
    try:
        where = urlsplit(server)
        good = where.scheme in {"http", "https"} and where.hostname and not where.path and not where.query
        _ = where.port
    except ValueError:
        good = False
    if not good:
        raise CannotEnrol("bad-address", server=server)
    if pinning.refusal(server, Path(PIN)):
        raise CannotEnrol("plain-http-server", server=server)
    return server


def find_pin(server: str, *, fingerprint: str | None = None, ca_file: Path | None = None) -> Pin:
    """Answer what to recognise this server by: the given file, or what it shows under the given fingerprint.

    What the server says before it is recognised is believed in nothing: only a certificate with exactly this
    fingerprint is taken from it. Raises CannotEnrol.
    """
    if not server.startswith("https:"):
        return Pin("")
    if ca_file is not None:
        return Pin(_given(ca_file))
    if fingerprint is None:
        raise CannotEnrol("fingerprint-needed")
    try:
        wanted = plain_fingerprint(fingerprint)
    except ValueError:
        raise CannotEnrol("fingerprint-bad") from None
    shown = _shown_by(server)
    for pem in shown:
        if plain_fingerprint(fingerprint_of(pem)) == wanted:
            return Pin(pem)
    raise CannotEnrol("fingerprint-differs", server=server, shown=fingerprint_of(shown[0]) if shown else "—")


def _given(path: Path) -> str:
    try:
        pems = certificates_in(path.read_text(encoding="ascii"))
        for pem in pems:
            fingerprint_of(pem)
    except (OSError, ValueError) as error:
        raise CannotEnrol("ca-file-unusable", path=path, reason=str(error)) from error
    if not pems:
        raise CannotEnrol("ca-file-unusable", path=path, reason="no certificate")
    return "".join(pems)


def _shown_by(server: str) -> list[str]:
    """Answer the certificates an unrecognised server names or shows. Nothing secret is sent to it."""
    where = urlsplit(server)
    unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(
        str(where.hostname), where.port or 443, timeout=15, context=unchecked
    )
    try:
        connection.connect()
        shown = connection.sock.getpeercert(binary_form=True)
        connection.request("GET", "/api/v1/server")
        named = connection.getresponse().read(1 << 20)
    except (OSError, http.client.HTTPException) as error:
        raise CannotEnrol("enrol-unreachable", server=server, reason=str(error)) from error
    finally:
        connection.close()
    own = [ssl.DER_cert_to_PEM_cert(shown)] if shown else []
    try:
        stated = certificates_in(ServerFacts.model_validate_json(named).ca_pem)
        for pem in stated:
            fingerprint_of(pem)
    except (ValidationError, ValueError):
        stated = []
    return [*stated, *own]


def _refused(error: ServerRefused) -> CannotEnrol:
    known = {"code-unknown", "code-expired", "code-used", "code-revoked", "too-many-tries"}
    if error.problem.error in known:
        return CannotEnrol(error.problem.error)
    said = f"{error.problem.what} {error.problem.next}".strip()
    return CannotEnrol("enrol-refused", reason=said)


def _refuse_another(before: Mapping[str, object], answer: Enrolled, data: Path) -> None:
    """Keep a spool from changing hands: what another station copied is handed over by that station."""
    earlier = before.get("station")
    spools = data / str(before.get("spool", SPOOL))
    if earlier in {None, answer.station}:
        return
    if any(entry.is_dir() for entry in spools.iterdir()) if spools.is_dir() else False:
        raise CannotEnrol("other-station-here", earlier=earlier, station=answer.station, folder=data)


def _pin_file(data: Path, pin: Pin) -> Path | None:
    return data / f"{PIN}.new" if pin.pem else None


def _text(data: Path) -> str:
    try:
        return (data / SETTINGS).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def _settings(data: Path) -> dict[str, object]:
    try:
        return tomllib.loads(_text(data))
    except (OSError, ValueError) as error:
        raise CannotEnrol("settings-unreadable", path=data / SETTINGS, reason=str(error)) from error


def _key_path(data: Path, settings: Mapping[str, object]) -> Path:
    named = settings.get("signing_key_file")
    return data / (str(named) if named else f"{settings.get('spool', SPOOL)}/{STATION_KEY}")


def _with(text: str, values: Mapping[str, object]) -> str:
    """Answer the TOML text with these top-level settings; what else stands in it stays, comments too."""
    lines = [
        line
        for line in text.splitlines()
        if not any(re.match(rf"\s*{re.escape(name)}\s*=", line) for name in values)
    ]
    own = [f"{name} = {_quoted(str(value))}" for name, value in values.items()]
    return "\n".join([*own, *lines]) + "\n"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _write(folder: Folder, files: Mapping[str, str]) -> None:
    """Write these whole, flushed and mode 0600, each under its name in one step. Raises CannotEnrol."""
    drafts = []
    try:
        for name, text in files.items():
            draft = folder.create(name)
            drafts.append(draft)
            draft.write(memoryview(text.encode()), 0)
            draft.flush()
        folder.publish(drafts)
    except (SpoolFull, SpoolFailed) as error:
        for draft in drafts:
            draft.discard()
        raise CannotEnrol("cannot-write", folder=folder.path, reason=str(error)) from error
