"""Routes a docking station uses, in the order it uses them."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, url_for

from catalog.intake.completion import Completed, complete_uploads
from catalog.intake.dockings import (
    ReportedFile,
    SeenRecorder,
    close_docking,
    docking_of,
    note_files,
    note_progress,
    open_docking,
)
from catalog.intake.held import Marks, brought_clips, recognise
from catalog.intake.offers import HeldAlready, OfferedFile, Wanted, offer_files, renew_addresses
from catalog.models import SignedStatement as KeptStatement
from catalog.permissions import Permission
from catalog.probe_results import intake_state
from catalog.receipts import PROTOCOL_VERSION, statements_for
from ingest import protocol as p
from web.api.blueprint import ApiProblem, answer, api, read_message, this_station
from web.api.openapi import speaks
from web.components import Components, components
from web.permission import requires


@api.get("/server")
@requires(Permission.PUBLIC)
@speaks(answers=p.ServerFacts)
def server_facts() -> Response:
    """What a station must know of the server before it trusts it: protocol, receipt keys, time."""
    here = components()
    return answer(
        p.ServerFacts(
            protocol=PROTOCOL_VERSION,
            receipt_keys={here.signer.key_id: here.signer.public_key},
            time=here.clock(),
        )
    )


@api.post("/dockings")
@requires(Permission.STATION_DOCK)
@speaks(takes=p.OpenDocking, answers=p.DockingOpened)
def open_one() -> Response:
    """A recorder was plugged in."""
    station, message, here = this_station(), read_message(p.OpenDocking), components()
    if message.protocol != PROTOCOL_VERSION:
        raise ApiProblem(
            409,
            p.Problem(
                error="other-protocol",
                what=f"The station speaks protocol {message.protocol}, the server {PROTOCOL_VERSION}.",
                safe="What the station copied stays in its spool.",
                next="Upgrade the older of the two.",
            ),
        )
    identity = message.recorder
    with here.database.write() as session:
        docking = open_docking(
            session,
            actor=station,
            docking=message.docking,
            slot=message.slot,
            seen=SeenRecorder(
                serial=identity.serial,
                serial_source=identity.serial_source,
                vendor=identity.vendor,
                model=identity.model,
                kind=identity.kind,
                facts=identity.model_dump(mode="json"),
            ),
            started=message.started,
            now=here.clock(),
        )
        recorder = docking.recorder
        return answer(
            p.DockingOpened(
                docking=docking.id,
                recorder_known=recorder.registered,
                recorder_label=recorder.label,
                holder=docking.holder.name if docking.holder else None,
                page=_page("docking", docking.id),
            )
        )


@api.post("/dockings/<uuid:docking>/seen")
@requires(Permission.STATION_DOCK)
@speaks(takes=p.AskSeen, answers=p.SeenAnswer)
def seen(docking: UUID) -> Response:
    """Which of these files this station brought from this recorder before."""
    station, message, here = this_station(), read_message(p.AskSeen), components()
    marks = [Marks(_path(f.path), f.size, f.modified_ns, f.head, f.tail) for f in message.fingerprints]
    with here.database.write() as session:
        found = recognise(
            session, docking_of(session, station, docking), marks, actor=station, now=here.clock()
        )
        statements = statements_for(session, list(found.values()))
    return answer(
        p.SeenAnswer(
            seen=[
                p.Seen(path=_text(path), clip=clip, page=_page("clip", clip), **_both(statements[clip]))
                for path, clip in found.items()
                if "received" in statements.get(clip, {})
            ]
        )
    )


@api.post("/dockings/<uuid:docking>/files")
@requires(Permission.STATION_DOCK)
@speaks(takes=p.OfferFiles, answers=p.OfferAnswer)
def offer(docking: UUID) -> Response:
    """Offered files: held already, or addresses to send the bytes to."""
    station, message, here = this_station(), read_message(p.OfferFiles), components()
    now = here.clock()
    _intake_must_be_open(here, now)
    refusals = {n: reason for n, f in enumerate(message.files) if (reason := _wrong_parts(f))}
    wanted = [f for n, f in enumerate(message.files) if n not in refusals]
    outcomes = iter(
        offer_files(
            here.database,
            here.evidence,
            here.sealer,
            actor=station,
            docking=docking,
            files=[_offered(f) for f in wanted],
            now=now,
        )
        if wanted
        else []
    )
    answers = [
        p.Refused(reason=refusals[n], retry=False) if n in refusals else next(outcomes)
        for n in range(len(message.files))
    ]
    held = [a.clip for a in answers if isinstance(a, HeldAlready)]
    with here.database.read() as session:
        statements = statements_for(session, held)
    return answer(
        p.OfferAnswer(
            files=[
                _task(a)
                if isinstance(a, Wanted)
                else p.Held(clip=a.clip, page=_page("clip", a.clip), **_both(statements[a.clip]))
                if isinstance(a, HeldAlready)
                else a
                for a in answers
            ]
        )
    )


@api.post("/uploads/<uuid:clip>/addresses")
@requires(Permission.STATION_DOCK)
@speaks(answers=p.UploadTask)
def addresses(clip: UUID) -> Response:
    """Fresh addresses for what an upload still lacks; with no parts when nothing is missing."""
    station, here = this_station(), components()
    found = renew_addresses(here.database, here.evidence, actor=station, clip=clip, now=here.clock())
    if found is None:
        raise ApiProblem(
            404,
            p.Problem(
                error="unknown-upload",
                what="This upload is not known here, or its parts are gone from the storage.",
                safe="What the station copied stays in its spool.",
                next="Offer the file again.",
                retry=True,
            ),
        )
    if isinstance(found, HeldAlready):
        return answer(p.UploadTask(clip=clip, mode="put", parts=[], expires=here.clock()))
    return answer(_task(found))


@api.post("/uploads/complete")
@requires(Permission.STATION_DOCK)
@speaks(takes=p.CompleteUploads, answers=p.CompleteAnswer)
def complete() -> Response:
    """The bytes are sent: check them at the storage, lock them, answer receipts."""
    station, message, here = this_station(), read_message(p.CompleteUploads), components()
    now = here.clock()
    _intake_must_be_open(here, now)
    outcomes, due = complete_uploads(
        here.database,
        here.evidence,
        here.signer,
        actor=station,
        uploads=[(u.clip, u.version_hint) for u in message.uploads],
        now=now,
        threads=here.threads,
    )
    here.enqueue(due)
    return answer(
        p.CompleteAnswer(
            uploads=[
                p.Received(
                    upload=o.upload,
                    clip=o.clip,
                    held_already=o.held_already,
                    statement=_signed(o.statement),
                    page=_page("clip", o.clip),
                )
                if isinstance(o, Completed)
                else p.NotYet(upload=o.upload, reason=o.reason, retry=o.retry)
                for o in outcomes
            ]
        )
    )


@api.post("/statements")
@requires(Permission.STATION_DOCK)
@speaks(takes=p.AskStatements, answers=p.StatementsAnswer)
def statements() -> Response:
    """What the server has signed for clips this station brought."""
    station, message, here = this_station(), read_message(p.AskStatements), components()
    assert station.id is not None  # noqa: S101 - stations have ids
    with here.database.read() as session:
        clips = brought_clips(session, station.id, message.clips)
        found = statements_for(session, clips)
    return answer(
        p.StatementsAnswer(
            clips=[
                p.ClipStatements(clip=clip, **_both(found[clip]))
                for clip in clips
                if "received" in found.get(clip, {})
            ]
        )
    )


@api.post("/dockings/<uuid:docking>/progress")
@requires(Permission.STATION_DOCK)
@speaks(takes=p.DockingProgress)
def progress(docking: UUID) -> Response:
    """What the board shows of a slot right now."""
    station, message, here = this_station(), read_message(p.DockingProgress), components()
    now = here.clock()
    with here.database.write() as session:
        visit = docking_of(session, station, docking)
        note_progress(
            session,
            docking=visit,
            sequence=message.sequence,
            state=message.state,
            progress=message.model_dump(mode="json", exclude={"reports", "sequence", "state"}),
            now=now,
        )
        note_files(
            session,
            docking=visit,
            files=[ReportedFile(_path(r.path), r.shown, r.size, r.end, r.reason) for r in message.reports],
            now=now,
        )
    return answer(None)


@api.post("/dockings/<uuid:docking>/close")
@requires(Permission.STATION_DOCK)
@speaks(takes=p.CloseDocking)
def close(docking: UUID) -> Response:
    """The docking is over."""
    station, message, here = this_station(), read_message(p.CloseDocking), components()
    with here.database.write() as session:
        close_docking(
            session,
            actor=station,
            docking=docking_of(session, station, docking),
            files_total=message.files_total,
            reason=message.reason,
            message=message.message,
            now=here.clock(),
        )
    return answer(None)


def _intake_must_be_open(here: Components, now: datetime) -> None:
    """Raise ApiProblem 503 unless the lock probe vouches for the storage (invariant 7): no offers, no receipts."""
    with here.database.read() as session:
        intake = intake_state(session, now)
    if not intake.open:
        raise ApiProblem(
            503,
            p.Problem(
                error="intake-stopped",
                what=f"The server takes no originals just now: {intake.reason}.",
                safe="What the station copied stays in its spool; nothing was lost.",
                next="The administrator runs `liuhen storage check` and mends what it names.",
                retry=True,
            ),
        )


def _page(kind: str, subject: UUID) -> str:
    values: dict[str, Any] = {f"{kind}_id": subject}
    return url_for(f"pages.{kind}", **values)


def _path(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise ApiProblem(
            400,
            p.Problem(
                error="bad-message",
                what="A path is not base64.",
                safe="Nothing was changed.",
                next="Compare the versions of station and server.",
            ),
        ) from error


def _text(path: bytes) -> str:
    return base64.b64encode(path).decode()


def _wrong_parts(file: p.FileOffer) -> str:
    """Answer why an offer cannot be true; empty when it may be."""
    if len(file.parts) != p.part_count(file.size):
        return f"{len(file.parts)} part digests for a file of {file.size} bytes; {p.part_count(file.size)} are agreed"
    if len(file.parts) == 1 and file.parts[0] != file.sha256:
        return "the digest of the only part is not the digest of the file"
    return ""


def _offered(file: p.FileOffer) -> OfferedFile:
    return OfferedFile(
        path=_path(file.path),
        shown=file.shown,
        size=file.size,
        modified_ns=file.modified_ns,
        sha256=file.sha256,
        sm3=file.sm3,
        part_size=p.part_size(file.size),
        part_digests=tuple(bytes.fromhex(d) for d in file.parts),
        head=file.fingerprint.head,
        tail=file.fingerprint.tail,
        bad_ranges=tuple(file.bad_ranges),
    )


def _task(wanted: Wanted) -> p.UploadTask:
    return p.UploadTask(
        clip=wanted.clip,
        mode="put" if wanted.mode == "put" else "multipart",
        parts=[
            p.PartAddress(
                number=part.number,
                url=part.address.url,
                headers=dict(part.address.headers),
                offset=part.offset,
                length=part.length,
            )
            for part in wanted.parts
        ],
        expires=wanted.expires,
    )


def _signed(kept: KeptStatement) -> p.SignedStatement:
    return p.SignedStatement(
        statement=p.Statement.model_validate(kept.body), key=kept.key, signature=kept.signature
    )


def _both(kinds: dict[str, KeptStatement]) -> dict[str, p.SignedStatement | None]:
    verified = kinds.get("verified")
    return {"received": _signed(kinds["received"]), "verified": _signed(verified) if verified else None}
