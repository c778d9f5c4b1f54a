"""What several routes of a station share: parts of messages, and whether originals are taken in at all."""

from __future__ import annotations

import base64
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import url_for

from catalog.models import SignedStatement as KeptStatement
from catalog.probe_results import intake_state
from catalog.rules.clearing import mode_for
from ingest import protocol as p
from web.api.blueprint import ApiProblem
from web.components import Components


def intake_must_be_open(here: Components, now: datetime) -> None:
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


def bureau_zone(here: Components) -> ZoneInfo:
    """Answer the bureau's time zone, in which recorders' times are read."""
    return ZoneInfo(here.settings.time_zone)


def today_of(here: Components) -> date:
    """Answer the bureau's day."""
    return here.clock().astimezone(bureau_zone(here)).date()


def page_of(kind: str, subject: UUID) -> str:
    """Answer the address of a page about a docking or a clip."""
    values: dict[str, Any] = {f"{kind}_id": subject}
    return url_for(f"pages.{kind}", **values)


def path_of(encoded: str) -> bytes:
    """Answer the bytes of a path that travelled as base64. Raises ApiProblem 400."""
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


def text_of(path: bytes) -> str:
    """Answer a path as it travels: base64."""
    return base64.b64encode(path).decode()


def signed(kept: KeptStatement) -> p.SignedStatement:
    """Answer a kept statement as it is sent."""
    return p.SignedStatement(
        statement=p.Statement.model_validate(kept.body), key=kept.key, signature=kept.signature
    )


def both(kinds: dict[str, KeptStatement]) -> dict[str, p.SignedStatement | None]:
    """Answer a clip's statements `received` and `verified`, as fields of a message."""
    verified = kinds.get("verified")
    return {"received": signed(kinds["received"]), "verified": signed(verified) if verified else None}


def every(kinds: dict[str, KeptStatement]) -> dict[str, p.SignedStatement | None]:
    """Answer all of a clip's statements, as fields of a message."""
    reread = kinds.get("reread")
    return {**both(kinds), "reread": signed(reread) if reread else None}


def clearing_policy(here: Components, *, sealed: bool = False) -> p.ClearingPolicy:
    """Answer when files may leave a recorder."""
    bureau = here.settings.catalog
    return p.ClearingPolicy(
        mode=mode_for(bureau.clearing_mode, sealed=sealed),
        after_days=bureau.clearing_after_days,
        delay_hours=bureau.clearing_delay_hours,
    )
