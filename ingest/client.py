"""Asking the server: `/api/v1` over HTTP, with the station's token; answers are the protocol's messages."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import urllib3
from pydantic import BaseModel, TypeAdapter, ValidationError

from ingest.errors import IntakeStopped, ServerRefused, ServerTroubled, ServerUnreachable, TokenRefused
from ingest.protocol import (
    AskSeen,
    AskStatements,
    ClipStatements,
    CloseDocking,
    CompleteAnswer,
    CompleteUpload,
    CompleteUploads,
    DockingOpened,
    DockingProgress,
    FileOffer,
    Fingerprint,
    Held,
    NotYet,
    OfferAnswer,
    OfferFiles,
    OpenDocking,
    Problem,
    Received,
    Refused,
    Seen,
    SeenAnswer,
    ServerFacts,
    StatementsAnswer,
    UploadTask,
)

Answer = TypeVar("Answer", bound=BaseModel)
_PAUSES = (0.1, 0.4)
"""Seconds before the second and third try; who asks repeats the whole later."""
_RENEWED: TypeAdapter[UploadTask | Held | Refused] = TypeAdapter(UploadTask | Held | Refused)


class Client:
    """The server as a station sees it. Safe to use from several threads; connections are kept open.

    Every question may raise ServerUnreachable (ServerTroubled among them), IntakeStopped, TokenRefused, ServerRefused.
    """

    def __init__(self, server: str, token: str, ca_file: Path | None = None) -> None:
        self.server = server.rstrip("/")
        self._pool = urllib3.PoolManager(
            num_pools=2,
            maxsize=8,
            retries=False,
            timeout=urllib3.Timeout(connect=5, read=60),
            ca_certs=str(ca_file) if ca_file else None,
        )
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()

    def server_facts(self) -> ServerFacts:
        """Whom we talk to."""
        return self._ask("GET", "/server", None, ServerFacts)

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
        return self._ask("POST", "/statements", AskStatements(clips=list(clips)), StatementsAnswer).clips

    def progress(self, docking: UUID, message: DockingProgress) -> None:
        """What the board shows; asked once, the next one comes in a second."""
        self._send("POST", f"/dockings/{docking}/progress", message.model_dump_json().encode(), tries=1)

    def close_docking(self, docking: UUID, message: CloseDocking) -> None:
        """The docking is over; may be repeated."""
        self._send("POST", f"/dockings/{docking}/close", message.model_dump_json().encode(), tries=3)

    def _ask(
        self, method: str, path: str, message: BaseModel | None, answer: type[Answer], *, tries: int = 3
    ) -> Answer:
        body = message.model_dump_json().encode() if message is not None else None
        data = self._send(method, path, body, tries=tries)
        try:
            return answer.model_validate_json(data)
        except ValidationError as error:
            raise ServerUnreachable(f"the answer to {path} is not understood: {error}") from error

    def _send(self, method: str, path: str, body: bytes | None, *, tries: int) -> bytes:
        trouble, own = "", False
        for attempt in range(tries):
            if attempt:
                time.sleep(_PAUSES[min(attempt, len(_PAUSES)) - 1])
            try:
                answer = self._pool.request(
                    method,
                    f"{self.server}/api/v1{path}",
                    body=body,
                    headers={**self._headers, "Content-Type": "application/json"},
                )
            except urllib3.exceptions.HTTPError as error:
                trouble, own = str(error), False
                continue
            if answer.status < 300:
                return answer.data
            problem = _problem(answer.data, answer.status)
            if problem.error == "intake-stopped":
                raise IntakeStopped(problem, answer.status)
            if answer.status < 500 and answer.status not in {408, 429}:
                kind = TokenRefused if answer.status == 401 else ServerRefused
                raise kind(problem, answer.status)
            trouble, own = (
                f"{answer.status} {problem.error}: {problem.what}",
                problem.error == "server-trouble",
            )
        raise ServerTroubled(trouble) if own else ServerUnreachable(trouble)


def _problem(data: bytes, status: int) -> Problem:
    with contextlib.suppress(ValidationError):
        return Problem.model_validate_json(data)
    return Problem(error=f"http-{status}", what=data[:200].decode("utf-8", "replace"), safe="", next="")
