"""`/metrics`: the same figures as on the operations page, for a monitoring that speaks Prometheus (text format 0.0.4).

It is read with a token of its own, never by session and never by where a request comes from: behind a proxy everything
comes from this machine. No figure names a person, a file, a case or a clip.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator

from flask import Blueprint, Flask, Response, request

from catalog import operations as facts
from catalog.actors import Actor, system
from catalog.permissions import Permission
from catalog.stages import ALL_QUEUES
from web.actor import use_source
from web.components import components
from web.formats import midnight
from web.pages.operations import WORKERS, queue_watch
from web.permission import requires

metrics = Blueprint("metrics", __name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Samples = Iterable[tuple[dict[str, str], float]]


def register(app: Flask) -> None:
    """Mount it."""
    app.register_blueprint(metrics)
    use_source(app, metrics.name, _monitoring)


@metrics.errorhandler(401)
def _stranger(_error: Exception) -> Response:
    return Response("the monitoring's token is needed\n", 401, {"WWW-Authenticate": "Bearer"})


def _monitoring() -> Actor | None:
    wanted = components().settings.metrics_token.get_secret_value()
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    if not wanted or scheme.lower() != "bearer":
        return None
    return system("monitoring") if hmac.compare_digest(shown.strip().encode(), wanted.encode()) else None


@metrics.get("/metrics")
@requires(Permission.METRICS_READ)
def read_metrics() -> Response:
    """Answer all figures at this moment."""
    return Response("\n".join(_lines()) + "\n", content_type=CONTENT_TYPE)


def _lines() -> Iterator[str]:
    here = components()
    now = here.clock()
    with here.database.read() as session:
        o = facts.operations(session, now, [midnight(now)])
    lengths, workers = queue_watch().lengths(ALL_QUEUES), queue_watch().workers()
    today = o.days[-1]

    yield from _gauge("queue_up", "1 when the queue answers.", [({}, float(lengths is not None))])
    yield from _gauge(
        "queue_messages",
        "Messages waiting on a queue.",
        [({"queue": q}, n) for q, n in (lengths or {}).items()],
    )
    yield from _gauge(
        "stages_waiting",
        "Stages of recordings that wait for a worker, by queue.",
        [({"queue": q}, w.pending) for q, w in sorted(o.queues.items())],
    )
    yield from _gauge(
        "stages_oldest_seconds",
        "For how long the oldest of them has been waiting.",
        [
            ({"queue": q}, (now - w.oldest).total_seconds() if w.oldest else 0.0)
            for q, w in sorted(o.queues.items())
        ],
    )
    yield from _gauge(
        "stages",
        "Stages of recordings by state; those that are done are not counted.",
        [
            ({"stage": s.stage, "state": state}, getattr(s, state))
            for s in o.stages
            for state in facts.OPEN_STATES
        ],
    )
    timed = [s for s in o.stages if s.pace is not None]
    yield from _gauge(
        "stage_seconds_per_media_minute",
        "Seconds of work for a minute of recording, over the last two weeks.",
        [({"stage": s.stage}, s.pace.per_minute) for s in timed if s.pace and s.pace.per_minute is not None],
    )
    yield from _gauge(
        "stage_seconds_each",
        "Seconds of work for one recording, over the last two weeks.",
        [({"stage": s.stage}, s.pace.each) for s in timed if s.pace],
    )
    yield from _gauge(
        "worker_up",
        "1 when a worker of this kind answers.",
        [({"worker": name}, float(any(w.startswith(f"{name}@") for w in workers or []))) for name in WORKERS],
    )
    yield from _gauge(
        "received_bytes_today",
        "Bytes that came in since the bureau's midnight.",
        [({"what": "originals"}, today.originals), ({"what": "renditions"}, today.renditions)],
    )
    yield from _gauge("incidents_open", "Incidents nobody has resolved.", [({}, o.incidents)])
    if o.probe is not None:
        yield from _gauge("probe_passed", "1 when the last lock probe passed.", [({}, float(o.probe.passed))])
        yield from _gauge(
            "probe_timestamp_seconds", "When the last lock probe ended.", [({}, o.probe.at.timestamp())]
        )
    if o.lock_ends is not None:
        yield from _gauge(
            "lock_ends_timestamp_seconds",
            "When the first lock of an original ends.",
            [({}, o.lock_ends.timestamp())],
        )
    ended = [j for j in o.jobs if j.ended_at is not None]
    yield from _gauge(
        "job_succeeded",
        "1 when the last run of a standing job went well.",
        [({"job": j.name}, float(bool(j.succeeded))) for j in ended],
    )
    yield from _gauge(
        "job_ended_timestamp_seconds",
        "When the last run of a standing job ended.",
        [({"job": j.name}, j.ended_at.timestamp()) for j in ended if j.ended_at],
    )


def _gauge(name: str, meaning: str, samples: Samples) -> Iterator[str]:
    yield f"# HELP liuhen_{name} {meaning}"
    yield f"# TYPE liuhen_{name} gauge"
    for labels, value in samples:
        marks = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"liuhen_{name}{{{marks}}} {value:.10g}" if marks else f"liuhen_{name} {value:.10g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
