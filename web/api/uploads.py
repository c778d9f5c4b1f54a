"""Routes of a file's way to the storage: offered, sent to addresses, completed."""

from __future__ import annotations

from uuid import UUID

from flask import Response

from catalog.intake.completion import Completed, complete_uploads
from catalog.intake.offers import HeldAlready, OfferedFile, Wanted, offer_files, renew_addresses
from catalog.permissions import Permission
from catalog.receipts import statements_for
from ingest import protocol as p
from web.api.blueprint import ApiProblem, answer, api, read_message, this_station
from web.api.messages import (
    both,
    bureau_zone,
    intake_must_be_open,
    page_of,
    path_of,
    signed,
)
from web.api.openapi import speaks
from web.components import components
from web.permission import requires


@api.post("/dockings/<uuid:docking>/files")
@requires(Permission.STATION_DOCK)
@speaks(takes=p.OfferFiles, answers=p.OfferAnswer)
def offer(docking: UUID) -> Response:
    """Offered files: held already, or addresses to send the bytes to."""
    station, message, here = this_station(), read_message(p.OfferFiles), components()
    now = here.clock()
    intake_must_be_open(here, now)
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
                else p.Held(clip=a.clip, page=page_of("clip", a.clip), **both(statements[a.clip]))
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
    intake_must_be_open(here, now)
    outcomes, due = complete_uploads(
        here.database,
        here.evidence,
        here.signer,
        actor=station,
        uploads=[(u.clip, u.version_hint) for u in message.uploads],
        now=now,
        zone=bureau_zone(here),
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
                    statement=signed(o.statement),
                    page=page_of("clip", o.clip),
                )
                if isinstance(o, Completed)
                else p.NotYet(upload=o.upload, reason=o.reason, retry=o.retry)
                for o in outcomes
            ]
        )
    )


def _wrong_parts(file: p.FileOffer) -> str:
    """Answer why an offer cannot be true; empty when it may be."""
    if len(file.parts) != p.part_count(file.size):
        return f"{len(file.parts)} part digests for a file of {file.size} bytes; {p.part_count(file.size)} are agreed"
    if len(file.parts) == 1 and file.parts[0] != file.sha256:
        return "the digest of the only part is not the digest of the file"
    return ""


def _offered(file: p.FileOffer) -> OfferedFile:
    return OfferedFile(
        path=path_of(file.path),
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
        named=file.named.model_dump(mode="json") if file.named else None,
        important=file.important,
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
