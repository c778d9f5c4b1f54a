"""留痕日志: the custody log, filtered, and one entry with its proof."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import abort, render_template, request

from catalog.actors import Actor
from catalog.custody.finding import COUNTED, as_read_by, count_by_day
from catalog.custody.listing import EntryProof, actions, list_entries, prove_entry
from catalog.custody.naming import people
from catalog.custody.readers import audits
from catalog.custody.record import utc_text
from catalog.custody.searching import note_search
from catalog.permissions import ROLES, Permission, may
from catalog.rules.act_groups import GROUPS
from web.actor import the_person
from web.allowed import allowed_here
from web.components import components
from web.log_sentences import tell
from web.log_values import say_field, say_value
from web.pages.blueprint import pages
from web.pages.custody_asked import PERIODS, LogAsked, strip_days
from web.permission import requires
from web.words.states import SUBJECTS


@pages.get("/custody")
@requires(Permission.CUSTODY_READ)
def custody() -> Any:
    """Show the log, newest first, narrowed down as the address says."""
    actor, here = the_person(), components()
    now = here.clock()
    asked = LogAsked.read(request.args, actor)
    paged = "before" in request.args
    _note(asked, actor, now)
    auditing = may(actor, Permission.CUSTODY_AUDIT)
    with here.database.read() as session:
        wanted = as_read_by(actor, asked.wanted(session, actor, now))
        lines, following = list_entries(
            session, wanted=wanted, before=_key(request.args.get("before", "")), actor=actor
        )
        days = [] if paged else strip_days(wanted, now)
        counts = count_by_day(session, wanted, [(since, until) for _, since, until in days])
        return render_template(
            "custody.html",
            entries=tell(lines, allowed_here()),
            actions=actions(session),
            kinds=sorted(SUBJECTS),
            groups=GROUPS,
            roles=sorted(ROLES),
            people=people(session) if auditing else [],
            auditing=auditing,
            asked=asked,
            periods=PERIODS,
            strip=strip([(day, count) for (day, _, _), count in zip(days, counts, strict=True)]),
            counted=COUNTED,
            more=asked.url(before=f"{utc_text(following[0])}_{following[1]}") if following else "",
            paged=paged,
            own_alone=wanted.reader is not None and wanted.subjects is None and bool(wanted.actor),
        )


def _note(asked: LogAsked, actor: Actor, now: datetime) -> None:
    """Keep whom and what was looked for; whatever page of it is shown, since the same again is no second search."""
    here = components()
    looked_for = {"person": asked.person, "address": asked.address, "subject": asked.subject}
    if asked.person:
        with here.database.read() as session:
            names = {str(one.id): one.username for one in people(session)}
        looked_for["person"] = names.get(asked.person, asked.person)
    note_search(here.database, actor, where="custody", asked=looked_for, now=now)


def strip(days: Sequence[tuple[date, int]]) -> list[dict[str, Any]]:
    """Answer a bar for each day: its place, its height of 40, its count."""
    most = max([count for _, count in days], default=0) or 1
    return [
        {
            "x": n * 20,
            "height": max(1, round(count / most * 40)) if count else 0,
            "day": day.isoformat(),
            "count": count,
        }
        for n, (day, count) in enumerate(days)
    ]


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
            whole=proof.line.withheld != "clip" or audits(the_person()),
            line=proof.line,
            told=tell([proof.line], allowed_here())[0],
            facts=_open_fields(proof),
            say_field=say_field,
            say_logged=lambda name, value: say_value(proof.line.entry.action, name, value, proof.line.names),
            pretty=json.dumps(proof.line.record, ensure_ascii=False, indent=2, sort_keys=True),
        )


def _open_fields(proof: EntryProof) -> list[tuple[str, Any]]:
    """Answer what every reader is told, but for what stands in the table of changes."""
    facts = proof.line.record["facts"]
    return [
        (name, value)
        for name, value in sorted(facts.items())
        if name not in {"before", "after", "fields", "changed"}
    ]


def _key(text: str) -> tuple[datetime, UUID] | None:
    at, _, entry = text.partition("_")
    try:
        return (datetime.fromisoformat(at), UUID(entry)) if at.endswith("Z") else None
    except ValueError:
        return None
