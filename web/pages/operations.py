"""运行状况: queues, stages, failures, growth and standing jobs, for whoever runs the machine."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for

from catalog import operations as facts
from catalog.forwarding.state import forwarding_state
from catalog.permissions import Permission
from catalog.rules.failure_groups import group_of
from catalog.stages import ALL_QUEUES, STAGES
from web.actor import the_person
from web.components import components
from web.formats import midnight
from web.pages.blueprint import pages
from web.pages.clips import uuid_or_none
from web.permission import requires
from web.queue_watch import QueueWatch
from web.speech import _, ngettext

DAYS = 28
WORKERS = {
    "intake": ("chores", "intake"),
    "pictures": ("pictures", "upkeep"),
    "media": ("media", "encode", "analyse"),
    "disposal": ("disposal",),
}
"""Which queues each worker serves; the workers' room has the list that counts, and a test compares."""


def queue_watch() -> QueueWatch:
    """Answer this application's view of the queue."""
    found: QueueWatch = current_app.extensions["liuhen.queues"]
    return found


@pages.get("/operations")
@requires(Permission.OPERATIONS_READ)
def operations() -> Any:
    """Show how the house does."""
    return render_template("operations.html", **_now())


@pages.get("/operations/live")
@requires(Permission.OPERATIONS_READ)
def operations_live() -> Any:
    """Answer what changes on that page."""
    return render_template("parts/operations_live.html", **_now())


def _now() -> dict[str, Any]:
    here = components()
    now = here.clock()
    with here.database.read() as session:
        found = facts.operations(session, now, facts.last_days(midnight(now), DAYS))
        collector = here.settings.catalog.syslog_target()
        forwarding = forwarding_state(session, collector.name) if collector else None
    workers = queue_watch().workers()
    return {
        "o": found,
        "forwarding": forwarding,
        "most": max((d.originals + d.renditions for d in found.days), default=0),
        "fullest": max((w.pending for w in found.queues.values()), default=0),
        "slowest": max((s.pace.per_minute or 0.0 for s in found.stages if s.pace), default=0.0),
        "lengths": queue_watch().lengths(ALL_QUEUES),
        "workers": workers,
        "alive": {name: sum(one.startswith(f"{name}@") for one in workers or ()) for name in WORKERS},
        "served_by": {queue: name for name, queues in WORKERS.items() for queue in queues},
        "queues": ALL_QUEUES,
        "worker_names": tuple(WORKERS),
    }


@pages.get("/operations/failed")
@requires(Permission.OPERATIONS_READ)
def operations_failed() -> Any:
    """List failed stages: all, of one stage, or of one reason."""
    stage, group = _asked(request.args)
    with components().database.read() as session:
        lines = facts.failed_stages(session, stage=stage, group=group)
        return render_template(
            "operations_failed.html",
            lines=lines,
            stage=stage,
            group=group,
            reason_shown=lines[0].stage.error if group and lines else "",
            stages=STAGES,
        )


@pages.post("/operations/failed")
@requires(Permission.OPERATIONS_RUN)
def operations_run_again() -> Any:
    """Ask for the chosen failed stages anew, or for all of a reason."""
    here = components()
    stage, group = _asked(request.form)
    with here.database.write() as session:
        if request.form.get("which") == "all":
            lines = facts.failed_stages(session, stage=stage, group=group, limit=facts.FAILED_AT_ONCE)
            chosen = [(line.stage.clip_id, line.stage.stage) for line in lines]
        else:
            chosen = [one for text in request.form.getlist("one") if (one := _named(text)) is not None]
        due = facts.run_failed_again(session, actor=the_person(), chosen=chosen, now=here.clock())
    here.enqueue(due)
    if due:
        flash(ngettext("%(num)s was asked for again.", "%(num)s were asked for again.", len(due)))
    else:
        flash(_("Nothing was chosen that failed. Nothing was changed."))
    return redirect(url_for("pages.operations_failed", stage=stage or None, reason=group or None), 303)


def _asked(values: Any) -> tuple[str, str]:
    stage = values.get("stage", "")
    group = values.get("reason", "")
    return (stage if stage in STAGES else "", group if len(group) == len(group_of("")) else "")


def _named(text: str) -> tuple[UUID, str] | None:
    clip, _colon, stage = text.partition(":")
    identity = uuid_or_none(clip)
    return (identity, stage) if identity is not None and stage in STAGES else None
