"""The Celery application: queues, tasks, standing jobs. Made from settings by `make_app`; holds no rules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from celery import Celery
from celery.schedules import crontab

from catalog import stages as catalog_stages
from catalog.custody.sequencer import place_entries
from catalog.renewal import renew_locks
from catalog.stages import Due
from storage.seaweedfs.plan import WeedPlan
from workers.probing import probe_and_record
from workers.runtime import Runtime
from workers.settings import WorkerSettings
from workers.stages.run import run_stage

QUEUES = ("intake", "media")
VISIBILITY_SECONDS = 3600
"""After this Redis hands an unacknowledged task to another worker. It may be long: the sweeper finds a lost stage by
its lease within minutes, and a stage handed out twice is claimed once."""


def make_app(settings: WorkerSettings, own_storage: WeedPlan | None = None) -> Celery:
    """Answer the application; the catalog and the stores are opened by each worker process for itself.

    `own_storage` is the storage this machine runs itself, if it does: the nightly probe then attacks its doors too.
    """
    app = Celery("liuhen", broker=settings.broker_url.get_secret_value())
    app.conf.update(
        task_default_queue="intake",
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_max_tasks_per_child=500,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": VISIBILITY_SECONDS,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_keepalive": True,
            "health_check_interval": 10,
        },
        timezone=settings.time_zone,
        enable_utc=True,
        beat_schedule={
            "sweep": {"task": "liuhen.sweep", "schedule": timedelta(seconds=15), "options": {"expires": 15}},
            "sequence": {
                "task": "liuhen.sequence",
                "schedule": timedelta(seconds=5),
                "options": {"expires": 5},
            },
            "probe": {
                "task": "liuhen.probe",
                "schedule": crontab(hour=str(settings.probe_hour), minute="10"),
            },
        },
    )
    runtime = Runtime(settings, own_storage)
    _register(app, runtime)
    return app


def send(app: Celery, due: list[Due]) -> None:
    """Put stages on their queues."""
    for one in due:
        app.send_task("liuhen.stage", kwargs={"clip_id": str(one.clip), "stage": one.stage}, queue=one.queue)


def _register(app: Celery, runtime: Runtime) -> None:
    @app.task(name="liuhen.stage")
    def stage(clip_id: str, stage: str) -> None:
        send(app, run_stage(runtime, UUID(clip_id), stage))

    @app.task(name="liuhen.sweep")
    def sweep() -> None:
        idle = {name for name in QUEUES if _waiting(app, name) == 0}
        if not idle:
            return
        with runtime.database.write() as session:
            due = catalog_stages.sweep(session, runtime.now(), queues=idle)
        send(app, due)

    @app.task(name="liuhen.sequence")
    def sequence() -> None:
        with runtime.database.write() as session:
            place_entries(session)

    @app.task(name="liuhen.probe")
    def probe() -> None:
        probe_and_record(runtime)

    @app.task(name="liuhen.renew-locks")
    def renew() -> None:
        renew_locks(runtime.database, runtime.evidence, runtime.now())


def _waiting(app: Celery, queue: str) -> int:
    """Answer how many messages wait on a queue. What waits there need not be sent again."""
    with app.connection_for_read() as connection, connection.channel() as channel:
        client: Any = channel.client
        return int(client.llen(queue))
