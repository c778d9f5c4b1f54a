"""留痕日志: the custody log, filtered, and one entry with its proof."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import abort, render_template, request, url_for

from catalog.custody.listing import actions, list_entries, prove_entry
from catalog.custody.record import utc_text
from catalog.permissions import Permission
from web.actor import the_person
from web.components import components
from web.formats import day_range
from web.pages.blueprint import pages
from web.pages.clips import uuid_or_none
from web.permission import requires


@pages.get("/custody")
@requires(Permission.CUSTODY_READ)
def custody() -> Any:
    """Show the log, newest first."""
    args = request.args
    asked = {name: args.get(name, "") for name in ("action", "from", "to", "subject")}
    since, until = day_range(asked["from"], asked["to"])
    with components().database.read() as session:
        known = actions(session)
        action = asked["action"] if asked["action"] in known else ""
        lines, following = list_entries(
            session,
            action=action or None,
            since=since,
            until=until,
            subject=uuid_or_none(asked["subject"]),
            before=_key(args.get("before", "")),
            actor=the_person(),
        )
        more = ""
        if following is not None:
            named: dict[str, Any] = {name: value for name, value in asked.items() if value}
            more = url_for("pages.custody", **named, before=f"{utc_text(following[0])}_{following[1]}")
        return render_template(
            "custody.html", lines=lines, actions=known, asked=asked, more=more, paged="before" in args
        )


@pages.get("/custody/<uuid:entry_id>")
@requires(Permission.CUSTODY_READ)
def custody_entry(entry_id: UUID) -> Any:
    """Show one entry: the record as committed to, and the proof of each private field."""
    with components().database.read() as session:
        proof = prove_entry(session, entry_id, the_person())
        if proof is None:
            abort(404)
        return render_template(
            "custody_entry.html",
            proof=proof,
            line=proof.line,
            pretty=json.dumps(proof.line.record, ensure_ascii=False, indent=2, sort_keys=True),
        )


def _key(text: str) -> tuple[datetime, UUID] | None:
    at, _, entry = text.partition("_")
    try:
        return (datetime.fromisoformat(at), UUID(entry)) if at.endswith("Z") else None
    except ValueError:
        return None
