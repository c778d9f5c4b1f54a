"""An office that keeps what it is given: objects on the disk, statements signed for what it read back there.

The protocol is that of `tests/ingest/reference_server.py`; this one has bytes. Every statement that left is written to
a file of its own, so that a checker can tell what was promised from what a station made of it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from ingest import protocol as p
from ingest.copying.sm3 import new_sm3
from tests.ingest.reference_server import Clip, Handler, Server


class RevisionTakenError(Exception):
    """Another sheet has this number already."""


class Office(Server):
    """One world's office. Faults are switched by its attributes."""

    def __init__(self, folder: Path, seed: int) -> None:
        super().__init__()
        self.RequestHandlerClass = _OfficeHandler  # type: ignore[assignment]
        self.folder = folder
        self.objects = folder / "objects"
        self.parts = folder / "parts"
        self.lists = folder / "sheets"
        for path in (self.objects, self.parts, self.lists):
            path.mkdir(parents=True)
        raw = self.key.public_key().public_bytes_raw()
        (folder / "receipt-key").write_text(base64.b64encode(raw).decode())
        self.address = ""
        """Where stations reach it: the way in front of it."""
        self.lazy = 0.0
        """How likely it is that a verification is not done yet when somebody asks."""
        self.forging = 0.0
        """How likely it is that a statement bears a signature that is none."""
        self.verify_at_once = False
        self._draw = random.Random(seed)

    @property
    def url(self) -> str:
        return self.address or super().url

    def put(self, clip: Clip, number: int, draft: Path) -> None:
        draft.replace(self.parts / f"{clip.id}-{number}")

    def sign(self, clip: Clip, kind: str, /, **otherwise: Any) -> p.SignedStatement:
        signed = super().sign(clip, kind, **otherwise)
        line = {"at": time.monotonic(), "signed": json.loads(signed.model_dump_json())}
        with (self.folder / "statements.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")
        return signed

    def complete(self, message: p.CompleteUploads) -> p.CompleteAnswer:
        for upload in message.uploads:
            clip = self.clips[upload.clip]
            if len(clip.parts) == len(clip.offer.parts) and not clip.received:
                self._assemble(clip)
        answer = super().complete(message)
        for one in answer.uploads:
            if isinstance(one, p.Received):
                one.statement = self._perhaps_forged(one.statement)
        return answer

    def _assemble(self, clip: Clip) -> None:
        draft = self.objects / f".{clip.id}"
        with draft.open("wb") as file:
            for number in range(1, len(clip.offer.parts) + 1):
                part = self.parts / f"{clip.id}-{number}"
                file.write(part.read_bytes())
                part.unlink()
        draft.rename(self.objects / str(clip.id))

    def statements(self, message: p.AskStatements) -> p.StatementsAnswer:
        answers = []
        for wanted in dict.fromkeys([*message.clips, *message.again]):
            clip = self.clips.get(wanted)
            if clip is None or clip.received is None:
                continue
            if clip.verified is None and self._draw.random() >= self.lazy and self._reads_back(clip):
                clip.verified = self.sign(clip, "verified")
            # Signed as soon as somebody asks, so that minding the delay is left to the station.
            again = wanted in message.again and clip.verified and self._draw.random() >= self.lazy
            if again and self._reads_back(clip):
                clip.reread = self.sign(clip, "reread")
            answers.append(
                p.ClipStatements(
                    clip=clip.id,
                    received=clip.received,
                    verified=self._perhaps_forged(clip.verified) if clip.verified else None,
                    reread=self._perhaps_forged(clip.reread) if clip.reread else None,
                )
            )
        return p.StatementsAnswer(clips=answers, clearing=self.clearing)

    def keep_sheet(self, docking: UUID, message: p.SignedSheet) -> p.SheetKept:
        kept = self.sheets.get(docking, [])
        if message not in kept and json.loads(message.body)["revision"] != len(kept) + 1:
            raise RevisionTakenError
        answer = super().keep_sheet(docking, message)
        number = self.sheets[docking].index(message) + 1
        (self.lists / f"{docking}-{number:04d}.json").write_text(message.model_dump_json())
        return answer

    def _reads_back(self, clip: Clip) -> bool:
        body = (self.objects / str(clip.id)).read_bytes()
        sm3 = new_sm3()
        sm3.update(memoryview(body))
        return (len(body), hashlib.sha256(body).hexdigest(), sm3.hexdigest()) == (
            clip.offer.size,
            clip.offer.sha256,
            clip.offer.sm3,
        )

    def _perhaps_forged(self, signed: p.SignedStatement) -> p.SignedStatement:
        if self._draw.random() >= self.forging:
            return signed
        other = bytearray(base64.b64decode(signed.signature))
        other[7] ^= 1
        return signed.model_copy(update={"signature": base64.b64encode(other).decode()})


class _OfficeHandler(Handler):
    server: Office  # type: ignore[assignment]

    def do_POST(self) -> None:  # noqa: N802  called by that name
        try:
            super().do_POST()
        except RevisionTakenError:
            self.problem(409, "sheet-revision-taken")

    def do_PUT(self) -> None:  # noqa: N802  called by that name
        server = self.server
        length = int(self.headers["Content-Length"])
        if server.storage_down:
            self.close_connection = True
            return
        body = self.rfile.read(length)
        if len(body) < length:
            return
        _, _, clip_id, number = self.path.split("/")
        digest = hashlib.sha256(body).hexdigest()
        draft = server.parts / f".{clip_id}-{number}-{id(body)}"
        draft.write_bytes(body)
        with server.lock:
            clip = server.clips.get(UUID(clip_id))
            if clip is None:
                self.answer(404)
            elif server.storage_down:
                self.answer(503)
            elif digest != clip.offer.parts[int(number) - 1]:
                self.answer(400, b"<Code>BadDigest</Code>")
            elif clip.received or (clip.mode == "put" and clip.parts):
                self.answer(412 if clip.mode == "put" else 404)
            else:
                server.put(clip, int(number), draft)
                clip.parts[int(number)] = digest
                server.bytes_taken += length
                self.answer(200, x_amz_version_id="v1")
                return
        draft.unlink(missing_ok=True)
