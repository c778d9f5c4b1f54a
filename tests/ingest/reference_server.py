"""A small server that speaks the protocol and takes parts, for the station's own tests.

It stores no bytes, only what it was sent: lengths and digests. The real server is tried end to end elsewhere.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from uuid import UUID

import rfc8785
import uuid_utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ingest import protocol as p
from ingest.office.statements import key_id, signed_bytes

TOKEN = "station-token"


@dataclass
class Clip:
    id: UUID
    offer: p.FileOffer
    docking: UUID
    parts: dict[int, str] = field(default_factory=dict)
    received: p.SignedStatement | None = None
    verified: p.SignedStatement | None = None
    reread: p.SignedStatement | None = None

    @property
    def mode(self) -> str:
        return "put" if len(self.offer.parts) == 1 else "multipart"


class Server(ThreadingHTTPServer):
    """Start with `with Server() as server:`; faults are switched by its attributes."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.RLock()
        self.key = Ed25519PrivateKey.generate()
        self.clips: dict[UUID, Clip] = {}
        self.by_digest: dict[str, UUID] = {}
        self.dockings: dict[UUID, p.OpenDocking] = {}
        self.closed: dict[UUID, p.CloseDocking] = {}
        self.reports: dict[str, p.FileReport] = {}
        self.sheets: dict[UUID, list[p.SignedSheet]] = {}
        self.progress: list[p.DockingProgress] = []
        self.progress_of: dict[UUID, list[p.DockingProgress]] = {}
        self.sightings: dict[tuple[UUID, str], UUID] = {}
        self.marks: dict[tuple[str, str], UUID] = {}
        self.calls: list[str] = []
        self.bytes_taken = 0
        self.cleared: dict[tuple[UUID, str], p.ClearedFile] = {}
        self.confirmed_by: list[str] = []
        self.queues: list[p.StationQueue] = []
        self.orders: list[p.Order] = []
        self.orders_done: list[p.OrderDone] = []
        self.register: list[p.OfficerName] = []
        """Names that stations offer while we are away."""
        self.register_sent = 0
        self.clearing = p.ClearingPolicy(mode="never", delay_hours=0, after_days=0)
        self.notes: list[Any] = []
        self.known: dict[str, dict[str, Any]] = {}
        """What is said of a recorder when it is docked, by serial: fields of DockingOpened."""
        self.picks: list[tuple[UUID, str]] = []
        self.reread_at_once = True
        self.clock_ahead = timedelta(0)
        # faults
        self.down = False
        self.storage_down = False
        self.intake_stopped = False
        self.verify_at_once = True
        self.forge = False
        self.expire_puts = 0
        self.damage_puts = 0
        self.fail_puts = 0
        self.refuse: set[bytes] = set()
        self.troubled_by: set[bytes] = set()
        self.troubled_completing: set[bytes] = set()
        self.addresses_at_once = 100
        self.drop_connections = 0
        self.refuse_sheets = ""
        self.lose_sheet_answers = 0

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def receipt_keys(self) -> dict[str, str]:
        raw = self.key.public_key().public_bytes_raw()
        return {key_id(raw): base64.b64encode(raw).decode()}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stations are killed in these tests; that a connection breaks off is no news."""

    def received(self) -> dict[bytes, p.FileOffer]:
        """Paths of all received originals, and what was offered."""
        with self.lock:
            return {
                base64.b64decode(path): self.clips[clip].offer
                for (_, path), clip in self.sightings.items()
                if self.clips[clip].received
            }

    def now(self) -> datetime:
        return datetime.now(UTC) + self.clock_ahead

    def sign(self, clip: Clip, kind: str, /, **otherwise: Any) -> p.SignedStatement:
        now = self.now()
        statement = p.Statement(
            protocol=1, kind=kind, clip=clip.id, bucket="evidence", key=f"originals/{clip.id}", version="v1",
            size=clip.offer.size, sha256=clip.offer.sha256, sm3=clip.offer.sm3, lock_mode="COMPLIANCE",
            lock_until=(now + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            time=now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        ).model_copy(update=otherwise)  # fmt: skip
        raw = self.key.public_key().public_bytes_raw()
        signature = self.key.sign(signed_bytes(statement) + (b"x" if self.forge else b""))
        return p.SignedStatement(
            statement=statement, key=key_id(raw), signature=base64.b64encode(signature).decode()
        )

    def task(self, clip: Clip) -> p.UploadTask:
        parts = []
        size = clip.offer.size
        for number in range(1, len(clip.offer.parts) + 1):
            if number not in clip.parts and len(parts) < self.addresses_at_once:
                parts.append(
                    p.PartAddress(
                        number=number,
                        url=f"{self.url}/store/{clip.id}/{number}",
                        headers={"x-amz-checksum-sha256": clip.offer.parts[number - 1]},
                        offset=(number - 1) * p.part_size(size),
                        length=p.part_length(size, number),
                    )
                )
        return p.UploadTask(
            clip=clip.id, mode=clip.mode, parts=parts, expires=datetime.now(UTC) + timedelta(hours=1)
        )

    def page(self, clip: UUID) -> str:
        return f"{self.url}/clips/{clip}"

    # the questions

    def open_docking(self, message: p.OpenDocking) -> p.DockingOpened:
        self.dockings.setdefault(message.docking, message)
        return p.DockingOpened(
            docking=message.docking, recorder_known=False, recorder_label=message.recorder.serial,
            page=f"{self.url}/dockings/{message.docking}", station="st-1", clearing=self.clearing, notes=self.notes,
        ).model_copy(update=self.known.get(message.recorder.serial, {}))  # fmt: skip

    def seen(self, docking: UUID, message: p.AskSeen) -> p.SeenAnswer:
        serial = self.dockings[docking].recorder.serial
        answer = []
        for mark in message.fingerprints:
            clip_id = self.marks.get((serial, mark.model_dump_json()))
            clip = self.clips[clip_id] if clip_id else None
            if clip and clip.received:
                self.sightings[docking, mark.path] = clip.id
                answer.append(
                    p.Seen(path=mark.path, clip=clip.id, received=clip.received, page=self.page(clip.id))
                )
        return p.SeenAnswer(seen=answer)

    def offer(self, docking: UUID, message: p.OfferFiles) -> p.OfferAnswer:
        answers: list[Any] = []
        serial = self.dockings[docking].recorder.serial
        if self.troubled_by & {base64.b64decode(offer.path) for offer in message.files}:
            raise OverflowError
        for offer in message.files:
            if base64.b64decode(offer.path) in self.refuse:
                answers.append(p.Refused(reason="not wanted", retry=False))
                continue
            known = self.by_digest.get(offer.sha256)
            if known is None:
                known = self.by_digest[offer.sha256] = UUID(str(uuid_utils.uuid7()))
                self.clips[known] = Clip(known, offer, docking)
            self.sightings[docking, offer.path] = known
            self.marks[serial, offer.fingerprint.model_dump_json()] = known
            clip = self.clips[known]
            if clip.received:
                answers.append(p.Held(clip=known, received=clip.received, page=self.page(known)))
            else:
                answers.append(self.task(clip))
        return p.OfferAnswer(files=answers)

    def complete(self, message: p.CompleteUploads) -> p.CompleteAnswer:
        answers: list[Any] = []
        if self.troubled_completing & {
            base64.b64decode(self.clips[u.clip].offer.path) for u in message.uploads
        }:
            raise OverflowError
        for upload in message.uploads:
            clip = self.clips[upload.clip]
            if len(clip.parts) < len(clip.offer.parts):
                answers.append(p.NotYet(upload=clip.id, reason="parts are missing", retry=True))
                continue
            again = clip.received is not None
            clip.received = clip.received or self.sign(clip, "received")
            if self.verify_at_once and clip.verified is None:
                clip.verified = self.sign(clip, "verified")
            answers.append(
                p.Received(
                    upload=clip.id,
                    clip=clip.id,
                    held_already=again,
                    statement=clip.received,
                    page=self.page(clip.id),
                )
            )
        return p.CompleteAnswer(uploads=answers)

    def statements(self, message: p.AskStatements) -> p.StatementsAnswer:
        for clip in (self.clips[wanted] for wanted in message.again if wanted in self.clips):
            if self.reread_at_once and clip.verified is not None and clip.reread is None:
                clip.reread = self.sign(clip, "reread")
        self.queues += [message.queue] if message.queue else []
        self.orders_done += message.done
        done = {order.id for order in message.done}
        self.orders = [order for order in self.orders if order.id not in done]
        mark = hashlib.sha256(repr(self.register).encode()).hexdigest()[:32]
        new = message.queue is not None and message.officers_mark != mark
        self.register_sent += new
        known = [self.clips[clip] for clip in message.clips if clip in self.clips]
        return p.StatementsAnswer(
            clips=[
                p.ClipStatements(clip=c.id, received=c.received, verified=c.verified, reread=c.reread)
                for c in known
                if c.received
            ],
            orders=self.orders,
            officers=self.register if new else None,
            officers_mark=mark if new else "",
            clearing=self.clearing,
        )

    def report_cleared(self, docking: UUID, message: p.ReportCleared) -> None:
        if docking not in self.dockings:
            raise KeyError(docking)
        self.confirmed_by.append(message.confirmed_by)
        self.cleared.update({(docking, file.path): file for file in message.files})

    def keep_sheet(self, docking: UUID, message: p.SignedSheet) -> p.SheetKept:
        """As the server does it: signature, form, revision; the same again is the same."""
        body = message.body.encode()
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(message.public_key))
        key.verify(base64.b64decode(message.signature), p.SHEET_SIGNATURE_PREFIX + body)
        assert rfc8785.dumps(json.loads(body)) == body
        sheet = p.Sheet.model_validate_json(body)
        assert (sheet.docking, sheet.station) == (docking, "st-1")
        assert self.dockings[docking]
        kept = self.sheets.setdefault(docking, [])
        if message not in kept:
            assert sheet.revision == len(kept) + 1
            kept.append(message)
        return p.SheetKept(sha256=hashlib.sha256(body).hexdigest(), page=f"{self.url}/dockings/{docking}")

    def sheet(self, docking: UUID, revision: int = -1) -> p.Sheet:
        """The sheet of a docking, the last one unless a revision is named."""
        kept = self.sheets[docking]
        return p.Sheet.model_validate_json(kept[revision if revision < 0 else revision - 1].body)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    server: Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def problem(self, status: int, error: str, *, retry: bool = False) -> None:
        body = p.Problem(error=error, what=f"it is {error}", safe="all", next="wait", retry=retry)
        self.answer(status, body.model_dump_json().encode())

    def do_GET(self) -> None:
        facts = p.ServerFacts(protocol=1, receipt_keys=self.server.receipt_keys, time=self.server.now())
        self.answer(200, facts.model_dump_json().encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        server = self.server
        path = self.path.removeprefix("/api/v1").strip("/").split("/")
        with server.lock:
            server.calls.append(path[-1])
            if server.drop_connections:
                server.drop_connections -= 1
                self.close_connection = True
                return
            if server.down:
                self.problem(503, "not-now", retry=True)
            elif self.headers["Authorization"] != f"Bearer {TOKEN}":
                self.problem(401, "token-refused")
            elif server.intake_stopped and path[-1] in {"dockings", "files"}:
                self.problem(503, "intake-stopped", retry=True)
            elif server.refuse_sheets and path[-1] == "sheet":
                self.problem(409, server.refuse_sheets)
            else:
                try:
                    said = self.route(path, body)
                except KeyError:
                    docking = path[0] == "dockings"
                    self.problem(404, "unknown-docking" if docking else "unknown", retry=True)
                    return
                except OverflowError:
                    self.problem(500, "server-trouble", retry=True)
                    return
                self.answer(
                    200 if said is not None else 204, said.model_dump_json().encode() if said else b""
                )

    def route(self, path: list[str], body: bytes) -> p.Message | None:
        server = self.server
        match path:
            case ["dockings"]:
                return server.open_docking(p.OpenDocking.model_validate_json(body))
            case ["dockings", docking, "seen"]:
                return server.seen(UUID(docking), p.AskSeen.model_validate_json(body))
            case ["dockings", docking, "files"]:
                return server.offer(UUID(docking), p.OfferFiles.model_validate_json(body))
            case ["dockings", docking, "progress"]:
                message = p.DockingProgress.model_validate_json(body)
                server.progress.append(message)
                server.progress_of.setdefault(UUID(docking), []).append(message)
                server.reports.update({report.shown: report for report in message.reports})
                return None
            case ["dockings", docking, "cleared"]:
                server.report_cleared(UUID(docking), p.ReportCleared.model_validate_json(body))
                return None
            case ["dockings", docking, "sheet"]:
                kept = server.keep_sheet(UUID(docking), p.SignedSheet.model_validate_json(body))
                if server.lose_sheet_answers:
                    server.lose_sheet_answers -= 1
                    raise OverflowError
                return kept
            case ["dockings", docking, "officer"]:
                if UUID(docking) not in server.dockings:
                    raise KeyError(docking)
                server.picks.append((UUID(docking), p.PickedOfficer.model_validate_json(body).number))
                return None
            case ["dockings", docking, "close"]:
                server.closed[UUID(docking)] = p.CloseDocking.model_validate_json(body)
                return None
            case ["uploads", "complete"]:
                return server.complete(p.CompleteUploads.model_validate_json(body))
            case ["uploads", clip, "addresses"]:
                return server.task(server.clips[UUID(clip)])
            case ["statements"]:
                return server.statements(p.AskStatements.model_validate_json(body))
        raise KeyError(self.path)

    def do_PUT(self) -> None:
        server = self.server
        left = int(self.headers["Content-Length"])
        digest = hashlib.sha256()
        size = 0
        buffer = bytearray(1 << 20)
        view = memoryview(buffer)
        while left and (got := self.rfile.readinto(view[: min(left, len(view))])):
            digest.update(view[:got])
            left -= got
            size += got
        if left:
            return
        _, _, clip_id, number = self.path.split("/")
        with server.lock:
            clip = server.clips.get(UUID(clip_id))
            if clip is None:
                self.answer(404)
            elif server.storage_down or server.fail_puts > 0:
                server.fail_puts -= 1
                self.answer(503)
            elif server.expire_puts > 0:
                server.expire_puts -= 1
                self.answer(403)
            elif digest.hexdigest() != clip.offer.parts[int(number) - 1] or server.damage_puts > 0:
                server.damage_puts -= 1
                self.answer(400, b"<Code>BadDigest</Code>")
            elif clip.received:
                self.answer(412 if clip.mode == "put" else 404)
            else:
                assert self.headers["x-amz-checksum-sha256"] == digest.hexdigest()
                clip.parts[int(number)] = digest.hexdigest()
                server.bytes_taken += size
                self.answer(200, x_amz_version_id="v1")


def main() -> None:
    """Run until killed; print the address first (for measuring by hand)."""
    with Server() as server:
        print(json.dumps({"url": server.url}), flush=True)
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
