"""The API's blueprint: one error shape for every route, JSON only, stations known by their token."""

from __future__ import annotations

import logging
import zlib
from typing import TypeVar

from flask import Blueprint, Response, g, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from catalog.actors import Actor
from catalog.intake.dockings import NotThisStation, UnknownDocking
from catalog.stations import SEEN_EVERY, actor_of, is_revoked_token, station_by_token
from ingest.protocol import PROTOCOL_HEADER, Problem
from storage.errors import StorageError, StorageUnavailable
from web.components import components

log = logging.getLogger(__name__)

M = TypeVar("M", bound=BaseModel)

api = Blueprint("api", __name__, url_prefix="/api/v1")

WITHOUT_PROTOCOL = frozenset({"api.server_facts", "api.openapi_document"})
"""What everybody may ask before a version is agreed on."""
MAX_REQUEST_BYTES = 32 << 20
"""A batch of 200 files of 1 TiB each has part digests of more than this; a station sends such giants in smaller batches."""


class ApiProblem(Exception):
    """An answer that is a `Problem`."""

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(problem.what)
        self.status = status
        self.problem = problem


def answer(message: BaseModel | None, status: int = 200) -> Response:
    """Answer a message as JSON, or nothing with 204."""
    if message is None:
        return Response(status=204)
    return Response(message.model_dump_json(), status=status, mimetype="application/json")


def read_message(kind: type[M], *, most: int = MAX_REQUEST_BYTES) -> M:
    """Read the request's body, gzip or not, as a message of this kind; `most`: bytes when unpacked.

    Raises ApiProblem 400, 413 or 415 in plain words.
    """
    if request.mimetype != "application/json":
        raise ApiProblem(
            415,
            Problem(
                error="not-json",
                what="The request is no JSON.",
                safe="Nothing was changed.",
                next="Send it as application/json.",
            ),
        )
    request.max_content_length = most  # holds for bodies that state no length (chunked) as well
    try:
        body = _unpacked(request.get_data(cache=False), most)
    except RequestEntityTooLarge as error:
        raise ApiProblem(
            413,
            Problem(
                error="too-large",
                what="The request is too large.",
                safe="Nothing was changed.",
                next="Send fewer files in one request.",
            ),
        ) from error
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ApiProblem(
            400,
            Problem(
                error="bad-message",
                what=f"The message is not as agreed: {where}: {first['msg']}",
                safe="Nothing was changed.",
                next="Compare the versions of station and server.",
            ),
        ) from error


def _unpacked(body: bytes, most: int) -> bytes:
    """Answer the body as its Content-Encoding says, never more than `most` bytes of it. Raises RequestEntityTooLarge."""
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in {"", "identity"}:
        return body
    unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        plain = unpacking.decompress(body, most + 1) if encoding == "gzip" else b""
    except zlib.error:
        plain = b""
    if len(plain) > most:
        raise RequestEntityTooLarge
    if not unpacking.eof or unpacking.unused_data:
        raise ApiProblem(
            415,
            Problem(
                error="not-unpacked",
                what="The request's body is no whole gzip, or packed in another way.",
                safe="Nothing was changed.",
                next="Send it as it is, or packed with gzip.",
            ),
        )
    return plain


def station_actor() -> Actor | None:
    """Answer the station whose token the request carries, and note that it was seen; None without a valid one."""
    if "station_actor" in g:
        return g.station_actor  # type: ignore[no-any-return]
    g.station_actor = None
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        here = components()
        now = here.clock()
        with here.database.read() as session:
            station = station_by_token(session, token.strip())
            g.station_revoked = station is None and is_revoked_token(session, token.strip())
        if station is not None:
            g.station_actor = actor_of(station, request.remote_addr)
            if station.last_seen_at is None or now - station.last_seen_at > SEEN_EVERY:
                with here.database.write() as session:
                    fresh = station_by_token(session, token.strip())
                    if fresh is not None:
                        fresh.last_seen_at = now
    return g.station_actor  # type: ignore[no-any-return]


def this_station() -> Actor:
    """Answer the requesting station. Raises ApiProblem 401."""
    actor = station_actor()
    if actor is None and g.get("station_revoked"):
        raise ApiProblem(
            401,
            Problem(
                error="station-revoked",
                what="An administrator has revoked this station.",
                safe="What the station copied stays in its spool; nothing of it is lost.",
                next="Ask the administrator for a new enrolment code, then run `liuhen station enrol` here.",
            ),
        )
    if actor is None:
        raise ApiProblem(
            401,
            Problem(
                error="unknown-station",
                what="The server does not know this station's token.",
                safe="What the station copied stays in its spool.",
                next="Enrol the station again, or compare its token file with the server's.",
            ),
        )
    return actor


@api.before_request
def _speak_one_protocol() -> None:
    """Refuse a station that speaks a version unknown here; one that names none speaks the first."""
    if request.endpoint in WITHOUT_PROTOCOL:
        return
    said = request.headers.get(PROTOCOL_HEADER, "1").strip()
    if _version(said) not in components().protocols:
        raise other_protocol(said)


def _version(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def other_protocol(theirs: str) -> ApiProblem:
    """Answer the refusal of a protocol version, naming both sides' and who is to be upgraded."""
    ours = components().protocols
    newer = (_version(theirs) or 0) > max(ours)
    return ApiProblem(
        409,
        Problem(
            error="other-protocol",
            what=f"The station speaks protocol {theirs[:16]}, the server {', '.join(map(str, ours))}.",
            safe="What the station copied stays in its spool; nothing was lost.",
            next="Upgrade the server." if newer else "Upgrade the station.",
            retry=True,
        ),
    )


@api.errorhandler(ApiProblem)
def _problem(error: ApiProblem) -> Response:
    return answer(error.problem, error.status)


@api.errorhandler(NotThisStation)
@api.errorhandler(UnknownDocking)
def _unknown_docking(_error: Exception) -> Response:
    # What another station docked is not even said to exist.
    return answer(
        Problem(
            error="unknown-docking",
            what="This docking is not known here.",
            safe="What the station copied stays in its spool.",
            next="Open the docking, then go on.",
            retry=True,
        ),
        404,
    )


@api.errorhandler(StorageError)
def _storage(error: StorageError) -> Response:
    log.warning("storage: %s", error)
    away = isinstance(error, StorageUnavailable)
    return answer(
        Problem(
            error="storage-unavailable" if away else "storage-refused",
            what="The object storage does not answer." if away else f"The object storage refused: {error}",
            safe="What the station copied stays in its spool; nothing was lost.",
            next="Nothing to do: the station tries again by itself." if away else "Tell the administrator.",
            retry=True,
        ),
        503,
    )


@api.errorhandler(HTTPException)
def http_problem(error: HTTPException) -> Response:
    """Answer an HTTP error in the API's shape; also for addresses below `/api` that no route has."""
    return answer(
        Problem(
            error=(error.name or "error").lower().replace(" ", "-"),
            what=error.description or "Refused.",
            safe="Nothing was changed.",
            next="Compare the request with the API's description at /api/v1/openapi.json.",
        ),
        error.code or 500,
    )


@api.errorhandler(Exception)
def _unexpected(error: Exception) -> Response:
    log.error("unexpected trouble in the API", exc_info=error)
    return answer(
        Problem(
            error="server-trouble",
            what="The server met unexpected trouble; its log has the details.",
            safe="What the station copied stays in its spool.",
            next="The station tries again by itself.",
            retry=True,
        ),
        500,
    )
