"""Asking the server: `/api/v1` over HTTP, with the station's token; answers are the protocol's messages.

Off this machine only over TLS, and only the server whose certificate is pinned (`ingest.office.pinning`). The first question
finds out which versions of the protocol the server speaks; each later one says which of them is meant.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import threading
import time
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import urllib3
from pydantic import BaseModel, TypeAdapter, ValidationError

from ingest.errors import (
    IntakeStopped,
    OtherProtocol,
    ServerRefused,
    ServerTroubled,
    ServerUnreachable,
    TokenRefused,
)
from ingest.office import pinning
from ingest.protocol import (
    PROTOCOL_HEADER,
    PROTOCOLS,
    AskSeen,
    AskStatements,
    ClipStatements,
    CloseDocking,
    CompleteAnswer,
    CompleteUpload,
    CompleteUploads,
    DockingOpened,
    DockingProgress,
    Enrol,
    Enrolled,
    FileOffer,
    Fingerprint,
    Held,
    NotYet,
    OfferAnswer,
    OfferFiles,
    OpenDocking,
    PickedOfficer,
    Problem,
    Received,
    Refused,
    ReportCleared,
    Seen,
    SeenAnswer,
    ServerFacts,
    SheetKept,
    SignedSheet,
    StatementsAnswer,
    UploadTask,
    agree,
)

Answer = TypeVar("Answer", bound=BaseModel)
_PAUSES = (0.1, 0.4)
"""Seconds before the second and third try; who asks repeats the whole later."""
_PIECE = 1 << 20
"""Bytes of a sheet that are packed at once."""
_RENEWED: TypeAdapter[UploadTask | Held | Refused] = TypeAdapter(UploadTask | Held | Refused)


class Client:
    """The server as a station sees it. Safe to use from several threads; connections are kept open.

    Every question may raise ServerUnreachable (ServerTroubled among them), IntakeStopped, TokenRefused,
    OtherProtocol, ServerRefused. What a ServerUnreachable says may be a key of `ingest.words.words`.
    """

    def __init__(
        self,
        server: str,
        token: str,
        ca_file: Path | None = None,
        *,
        token_file: Path | None = None,
        protocols: Iterable[int] = PROTOCOLS,
    ) -> None:
        """`protocols`: the versions this station speaks. An empty token is not sent.

        `token_file` is read again when the server refuses the token: the station may have been enrolled anew.
        """
        self.server = server.rstrip("/")
        self._ca_file = ca_file
        self._token_file = token_file
        self._protocols = tuple(protocols)
        self._agreed: int | None = None
        self._lock = threading.Lock()
        self._pool: urllib3.PoolManager | None = None
        self._pinned_at: int | None = None
        self._token = token

    def close(self) -> None:
        """Close all connections."""
        if self._pool is not None:
            self._pool.clear()

    def server_facts(self, *, tries: int = 3) -> ServerFacts:
        """Whom we talk to. Asked before anything is agreed on."""
        data = self._send_as(None, "GET", "/server", None, tries=tries)
        return _read(data, ServerFacts, "/server")

    def enrol(self, message: Enrol) -> Enrolled:
        """Become a station; may be repeated with the same code and key. ServerRefused: the code does not admit us."""
        return self._ask("POST", "/enrolment", message, Enrolled)

    def protocol(self, *, tries: int = 3) -> int:
        """Answer the version both sides speak; the server is asked once, and again after it refused one."""
        agreed = self._agreed
        if agreed is None:
            theirs = self.server_facts(tries=tries).protocols
            agreed = agree(theirs, self._protocols)
            if agreed is None:
                raise _no_common(theirs, self._protocols)
            self._agreed = agreed
        return agreed

    def open_docking(self, message: OpenDocking) -> DockingOpened:
        """A recorder was plugged in; may be repeated."""
        return self._ask("POST", "/dockings", message, DockingOpened)

    def seen(self, docking: UUID, fingerprints: Sequence[Fingerprint]) -> list[Seen]:
        """Which of these did we bring before? Asked once, without patience: copying does not wait for it."""
        message = AskSeen(fingerprints=list(fingerprints))
        return self._ask("POST", f"/dockings/{docking}/seen", message, SeenAnswer, tries=1).seen

    def offer(
        self, docking: str, files: Sequence[FileOffer], *, tries: int = 3
    ) -> list[UploadTask | Held | Refused]:
        """Offer files; one outcome each, in order."""
        message = OfferFiles(files=list(files))
        answer = self._ask("POST", f"/dockings/{docking}/files", message, OfferAnswer, tries=tries)
        if len(answer.files) != len(files):
            raise ServerUnreachable(f"{len(files)} files offered, {len(answer.files)} answers")
        return answer.files

    def addresses(self, clip: UUID) -> UploadTask | Held | Refused:
        """Where the missing parts of an upload go. ServerRefused with status 404: offer the file again."""
        data = self._send("POST", f"/uploads/{clip}/addresses", b"{}", tries=3)
        try:
            return _RENEWED.validate_json(data)
        except ValidationError as error:
            raise ServerUnreachable(f"the answer to /addresses is not understood: {error}") from error

    def complete(self, uploads: Sequence[CompleteUpload], *, tries: int = 3) -> list[Received | NotYet]:
        """These are sent; one outcome each, in order. May be repeated."""
        message = CompleteUploads(uploads=list(uploads))
        answer = self._ask("POST", "/uploads/complete", message, CompleteAnswer, tries=tries)
        if len(answer.uploads) != len(uploads):
            raise ServerUnreachable(f"{len(uploads)} uploads completed, {len(answer.uploads)} answers")
        return answer.uploads

    def statements(self, clips: Sequence[UUID]) -> list[ClipStatements]:
        """What the server has signed for these clips by now."""
        return self.ask(AskStatements(clips=list(clips))).clips

    def ask(self, message: AskStatements) -> StatementsAnswer:
        """What the server has signed, wants done and holds for right by now. May be repeated."""
        return self._ask("POST", "/statements", message, StatementsAnswer)

    def cleared(self, docking: UUID, message: ReportCleared) -> None:
        """These files left the recorder; may be repeated."""
        self._send("POST", f"/dockings/{docking}/cleared", message.model_dump_json().encode(), tries=3)

    def progress(self, docking: UUID, message: DockingProgress) -> None:
        """What the board shows; asked once, the next one comes in a second."""
        self._send("POST", f"/dockings/{docking}/progress", message.model_dump_json().encode(), tries=1)

    def pick_officer(self, docking: UUID, picked: PickedOfficer) -> None:
        """Somebody said at the station who recorded; may be repeated, the last one counts."""
        self._send("POST", f"/dockings/{docking}/officer", picked.model_dump_json().encode(), tries=3)

    def close_docking(self, docking: UUID, message: CloseDocking) -> None:
        """The docking is over; may be repeated."""
        self._send("POST", f"/dockings/{docking}/close", message.model_dump_json().encode(), tries=3)

    def send_sheet(self, docking: UUID, body: bytes, public_key: str, signature: str) -> SheetKept:
        """Hand in a docking's sheet; may be repeated. A large one takes the server a minute to read and lock."""
        path, packed = f"/dockings/{docking}/sheet", _packed_sheet(body, public_key, signature)
        data = self._send_as(self.protocol(), "POST", path, packed, tries=1, packed=True)
        return _read(data, SheetKept, path)

    def _ask(
        self, method: str, path: str, message: BaseModel | None, answer: type[Answer], *, tries: int = 3
    ) -> Answer:
        body = message.model_dump_json().encode() if message is not None else None
        return _read(self._send(method, path, body, tries=tries), answer, path)

    def _send(self, method: str, path: str, body: bytes | None, *, tries: int) -> bytes:
        return self._send_as(self.protocol(tries=tries), method, path, body, tries=tries)

    def _send_as(
        self,
        protocol: int | None,
        method: str,
        path: str,
        body: bytes | None,
        *,
        tries: int,
        packed: bool = False,
    ) -> bytes:
        token = self._token
        headers = _headers(token, protocol)
        if packed:
            headers["Content-Encoding"] = "gzip"
        timeout = urllib3.Timeout(connect=5, read=600 if packed else 60)
        trouble, own = "", False
        for attempt in range(tries):
            if attempt:
                time.sleep(_PAUSES[min(attempt, len(_PAUSES)) - 1])
            try:
                answer = self._connections().request(
                    method, f"{self.server}/api/v1{path}", body=body, headers=headers, timeout=timeout
                )
            except urllib3.exceptions.HTTPError as error:
                if word := pinning.reason(error):
                    raise ServerUnreachable(word) from error  # trying again shows the same certificate
                trouble, own = str(error), False
                continue
            if answer.status < 300:
                return answer.data
            if answer.status == 401 and self._token_is_new(token):
                return self._send_as(protocol, method, path, body, tries=tries, packed=packed)
            problem = _problem(answer.data, answer.status)
            self._refuse(problem, answer.status)
            trouble, own = (
                f"{answer.status} {problem.error}: {problem.what}",
                problem.error == "server-trouble",
            )
        raise ServerTroubled(trouble) if own else ServerUnreachable(trouble)

    def _refuse(self, problem: Problem, status: int) -> None:
        """Raise what the server refuses; come back when it may answer otherwise if asked again."""
        if problem.error == "intake-stopped":
            raise IntakeStopped(problem, status)
        if problem.error == "other-protocol":
            self._agreed = None  # one of us was upgraded meanwhile: the next question finds out
            raise OtherProtocol(problem, status, "other-protocol")
        if status < 500 and status not in {408, 429}:
            raise (TokenRefused if status == 401 else ServerRefused)(problem, status)

    def _token_is_new(self, refused: str) -> bool:
        """Answer whether the file holds another token by now than the refused one; it is used from here on."""
        if self._token_file is not None:
            with contextlib.suppress(OSError, ValueError):
                self._token = self._token_file.read_text(encoding="ascii").strip()
        return self._token != refused

    def _connections(self) -> urllib3.PoolManager:
        """Answer connections that are checked against the pin as it is now. Raises ServerUnreachable."""
        if word := pinning.refusal(self.server, self._ca_file):
            raise ServerUnreachable(word)
        secure = self.server.startswith("https:")
        with self._lock:
            try:
                pinned_at = self._ca_file.stat().st_mtime_ns if secure and self._ca_file else None
                if self._pool is None or pinned_at != self._pinned_at:
                    self._pool = urllib3.PoolManager(
                        num_pools=2,
                        maxsize=8,
                        retries=False,
                        timeout=urllib3.Timeout(connect=5, read=60),
                        ssl_context=pinning.context(self._ca_file) if secure else None,
                    )
                    self._pinned_at = pinned_at
            except OSError as error:
                raise ServerUnreachable("pin-unreadable") from error
            return self._pool


def _headers(token: str, protocol: int | None) -> dict[str, str]:
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if protocol is not None:  # no token before we know whom we talk to
        headers[PROTOCOL_HEADER] = str(protocol)
        if token:
            headers["Authorization"] = f"Bearer {token}"
    return headers


def _packed_sheet(body: bytes, public_key: str, signature: str) -> bytes:
    """Answer a `SignedSheet` as JSON in gzip, made piece by piece: a sheet may have a hundred megabytes."""
    parts = SignedSheet(body="", public_key=public_key, signature=signature).model_dump_json()
    head, _, tail = parts.partition('""')
    packing = zlib.compressobj(3, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    packed = [packing.compress(f'{head}"'.encode())]
    decoding = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(body), _PIECE):
        text = decoding.decode(body[start : start + _PIECE], final=start + _PIECE >= len(body))
        packed.append(packing.compress(json.dumps(text)[1:-1].encode()))
    packed += [packing.compress(f'"{tail}'.encode()), packing.flush()]
    return b"".join(packed)


def _read(data: bytes, answer: type[Answer], path: str) -> Answer:
    try:
        return answer.model_validate_json(data)
    except ValidationError as error:
        raise ServerUnreachable(f"the answer to {path} is not understood: {error}") from error


def _no_common(theirs: Iterable[int], ours: Iterable[int]) -> OtherProtocol:
    """Answer that there is no common version, and who is behind."""
    station_behind = max(ours) < max(theirs, default=0)
    who = "station" if station_behind else "server"
    problem = Problem(
        error="other-protocol",
        what=f"The station speaks protocol {_listed(ours)}, the server {_listed(theirs)}.",
        safe="What the station copied stays in its spool; nothing was lost.",
        next=f"Upgrade the {who}.",
        retry=True,
    )
    return OtherProtocol(problem, 409, f"{who}-behind")


def _listed(versions: Iterable[int]) -> str:
    return ", ".join(str(version) for version in versions)


def _problem(data: bytes, status: int) -> Problem:
    with contextlib.suppress(ValidationError):
        return Problem.model_validate_json(data)
    return Problem(error=f"http-{status}", what=data[:200].decode("utf-8", "replace"), safe="", next="")
