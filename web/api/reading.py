"""`/api/v1` for integrators: a person's token reads facts of cases and recordings, and nothing else.

A session means nothing here, a station's token neither. Each use is in the custody log before the answer leaves.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, abort, g, request
from werkzeug.exceptions import HTTPException

from catalog.actors import Actor
from catalog.case_files.cases import view_case
from catalog.case_files.listing import PAGE, CaseFilter, page_of_cases
from catalog.clips import reached_clip, view_clip
from catalog.custody.listing import EntryLine, list_entries
from catalog.custody.record import utc_text
from catalog.models import Attachment, Case, Clip, Officer, Step
from catalog.permissions import Permission
from catalog.signing_in.tokens import TokenBearer, bearer_of, note_used
from ingest.protocol import Problem
from web.api import reading_messages as m
from web.api.blueprint import ApiProblem, answer
from web.api.openapi import speaks
from web.components import components
from web.permission import requires

log = logging.getLogger(__name__)

reading = Blueprint("reading", __name__, url_prefix="/api/v1")

IN_ADDRESS = frozenset({"token", "access_token", "api_key", "apikey", "auth_token", "key"})
_UNTOUCHED = "Nothing was changed."
MOST_PAGES = 100_000


def this_bearer() -> Actor:
    """Answer the person whose token the request carries, no more than the token allows. Raises ApiProblem 400 or 401."""
    if IN_ADDRESS & {name.lower() for name in request.args}:
        raise ApiProblem(
            400,
            Problem(
                error="token-in-address",
                what="Something that looks like a token stands in the address; addresses are kept in logs.",
                safe=_UNTOUCHED,
                next="Revoke that token, make another, and send it as `Authorization: Bearer`.",
            ),
        )
    bearer = _bearer()
    if bearer is None:
        raise ApiProblem(
            401,
            Problem(
                error="unknown-token",
                what="A personal token is needed; this one is unknown, expired or revoked, or its account is closed.",
                safe=_UNTOUCHED,
                next="Make one under “My account”, or with `liuhen token create`, and send it as `Authorization: Bearer`.",
            ),
        )
    return bearer.actor


def _bearer() -> TokenBearer | None:
    if "token_bearer" not in g:
        g.token_bearer = None
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and secret.strip():
            here = components()
            with here.database.read() as session:
                g.token_bearer = bearer_of(session, secret.strip(), request.remote_addr, here.clock())
    return g.token_bearer  # type: ignore[no-any-return]


@reading.after_request
def _keep(response: Response) -> Response:
    """Enter the use. What was not found, or must not be known to exist, is no subject of the entry."""
    bearer: TokenBearer | None = g.get("token_bearer")
    if bearer is None:
        return response
    named = request.view_args or {}
    found = response.status_code == 200
    subjects = {n.removesuffix("_id"): v for n, v in named.items() if found and isinstance(v, UUID)}
    here = components()
    with here.database.write() as session:
        note_used(
            session,
            bearer,
            asked=(request.endpoint or "").rpartition(".")[2],
            subjects=subjects,
            status=response.status_code,
            now=here.clock(),
        )
    return response


@reading.get("/cases")
@requires(Permission.CASE_READ)
@speaks(answers=m.CasesTold, asks={"page": "integer", "state": "string", "type": "string"})
def cases() -> Response:
    """Cases, the newest first, fifty on a page."""
    page = request.args.get("page", "1")
    if not (page.isascii() and page.isdecimal() and 0 < len(page) < 7 and 0 < int(page) <= MOST_PAGES):
        raise _bad("page", "a whole number from 1")
    wanted = CaseFilter(state=request.args.get("state", "")[:16], type=request.args.get("type", "")[:32])
    with components().database.read() as session:
        found = page_of_cases(session, wanted, int(page), actor=this_bearer())
        told = [
            m.CaseTold(
                id=line.case.id,
                number=line.case.number,
                title=line.case.title,
                type=line.case.type,
                state=line.case.state,
                unit=line.case.unit.name if line.case.unit else None,
                handler=_number(line.case.handler),
                opened_at=line.case.opened_at,
                filed_on=line.case.filed_on,
                closed_on=line.case.closed_on,
                steps=line.steps,
                clips=line.clips,
            )
            for line in found.lines
        ]
    return answer(m.CasesTold(cases=told, page=int(page), pages=-(-found.count // PAGE), count=found.count))


@reading.get("/cases/<uuid:case_id>")
@requires(Permission.CASE_READ)
@speaks(answers=m.CaseWholeTold)
def case(case_id: UUID) -> Response:
    """A case with its steps and the recordings attached to them."""
    with components().database.read() as session:
        view = view_case(session, case_id, this_bearer())
        if view is None:
            abort(404)
        return answer(_case(view.case))


@reading.get("/clips/<uuid:clip_id>")
@requires(Permission.CLIP_READ)
@speaks(answers=m.ClipTold)
def clip(clip_id: UUID) -> Response:
    """Facts of a recording: digests, times, lock."""
    with components().database.read() as session:
        view = view_clip(session, clip_id, this_bearer())
        if view is None:
            abort(404)
        return answer(_clip(view.clip))


@reading.get("/clips/<uuid:clip_id>/custody")
@requires(Permission.CUSTODY_READ)
@speaks(answers=m.CustodyTold, asks={"before": "string"})
def clip_custody(clip_id: UUID) -> Response:
    """Entries of the custody log about a recording, the newest first; private fields as salted digests."""
    actor = this_bearer()
    before = _key(request.args.get("before", ""))
    with components().database.read() as session:
        if reached_clip(session, clip_id, actor) is None:
            abort(404)
        lines, following = list_entries(session, subject=clip_id, before=before, actor=actor)
        return answer(
            m.CustodyTold(
                entries=[_entry(line) for line in lines],
                before=f"{utc_text(following[0])}_{following[1]}" if following else None,
            )
        )


def _case(case: Case) -> m.CaseWholeTold:
    return m.CaseWholeTold(
        id=case.id,
        number=case.number,
        title=case.title,
        type=case.type,
        state=case.state,
        unit=case.unit.name if case.unit else None,
        handler=_number(case.handler),
        second_handler=_number(case.second_handler),
        opened_at=case.opened_at,
        filed_on=case.filed_on,
        decided_on=case.decided_on,
        closed_on=case.closed_on,
        accepted_at=case.accepted_at,
        archive_number=case.archive_number,
        steps=[_step(step) for step in case.steps],
    )


def _step(step: Step) -> m.StepTold:
    return m.StepTold(
        id=step.id,
        stage=step.stage,
        activity=step.activity,
        title=step.title,
        place=step.place,
        planned_at=step.planned_at,
        started_at=step.started_at,
        ended_at=step.ended_at,
        attachments=[_attachment(one) for one in step.attachments],
    )


def _attachment(one: Attachment) -> m.AttachmentTold:
    return m.AttachmentTold(
        id=one.id,
        clip=one.clip_id,
        role=one.role,
        volume=one.volume,
        range_start=one.range_start,
        range_end=one.range_end,
        attached_at=one.attached_at,
        standing=one.standing,
    )


def _clip(clip: Clip) -> m.ClipTold:
    return m.ClipTold(
        id=clip.id,
        name=clip.name,
        kind=clip.kind,
        size=clip.size,
        sha256=clip.sha256,
        sm3=clip.sm3,
        sha512=clip.sha512,
        received_at=clip.received_at,
        verified_at=clip.verified_at,
        recorded_at=clip.recorded_at,
        recorded_at_source=clip.recorded_at_source,
        duration=clip.duration,
        officer=_number(clip.officer),
        recorder=clip.recorder.serial if clip.recorder else None,
        flags=[str(flag) for flag in clip.flags],
        lock_desired_until=clip.lock_desired,
        hold_desired=clip.hold_desired,
        destroyed_at=clip.destroyed_at,
        copies=[
            m.CopyTold(
                bucket=copy.bucket,
                version=copy.version,
                lock_mode=copy.lock_mode,
                lock_until=copy.lock_until,
                lock_read_at=copy.lock_read_at,
                hold=copy.hold,
                verified_at=copy.verified_at,
            )
            for copy in clip.copies
        ],
    )


def _entry(line: EntryLine) -> m.EntryTold:
    entry = line.entry
    return m.EntryTold(
        id=entry.id,
        at=entry.at,
        action=entry.action,
        place=line.place,
        leaf=entry.leaf,
        record=json.loads(entry.record),
    )


def _number(officer: Officer | None) -> str | None:
    return officer.number if officer else None


def _key(text: str) -> tuple[datetime, UUID] | None:
    if not text:
        return None
    at, _, entry = text.partition("_")
    try:
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is not None:
            return moment, UUID(entry)
    except ValueError:
        pass
    raise _bad("before", "what the page before answered as `before`")


def _bad(name: str, wanted: str) -> ApiProblem:
    return ApiProblem(
        400,
        Problem(
            error="bad-question",
            what=f"`{name}` is not as it should be: {wanted}.",
            safe=_UNTOUCHED,
            next="Compare the request with the description at /api/v1/openapi.json.",
        ),
    )


@reading.errorhandler(ApiProblem)
def _problem(error: ApiProblem) -> Response:
    response = answer(error.problem, error.status)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


@reading.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    words = {
        403: ("not-allowed", "This token, or its person today, may not read this."),
        404: ("not-found", "There is nothing of this id that this token may read."),
    }
    word, what = words.get(error.code or 500, ("refused", error.description or "Refused."))
    return answer(
        Problem(
            error=word,
            what=what,
            safe=_UNTOUCHED,
            next="Compare the request with the description at /api/v1/openapi.json.",
        ),
        error.code or 500,
    )


@reading.errorhandler(Exception)
def _unexpected(error: Exception) -> Response:
    log.error("unexpected trouble in the reading API", exc_info=error)
    return answer(
        Problem(
            error="server-trouble",
            what="The server met unexpected trouble; its log has the details.",
            safe=_UNTOUCHED,
            next="Try again. If it happens twice, tell the administrator the time.",
            retry=True,
        ),
        500,
    )
