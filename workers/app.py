"""The Celery application: queues, tasks, standing jobs. Made from settings by `make_app`; holds no rules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_init

from catalog import stages as catalog_stages
from catalog.coverage.judging import judge_due
from catalog.custody.sequencer import place_entries
from catalog.documents.receiving import House, adopt_documents
from catalog.holds.emptying import empty_sealed
from catalog.inventory.run import take_inventory
from catalog.manifests import write_manifests
from catalog.proving import prove_sheets
from catalog.renditions import clear_unnamed
from catalog.retention.reconciling import settle
from catalog.retention.walking import go_on_with_schedules
from catalog.signing_in.tallying import close_tallies
from catalog.stage_runs import forget_runs
from catalog.stages import Due
from storage.seaweedfs.plan import WeedPlan
from workers.disposing import register as register_disposal
from workers.forwarding.job import register as register_forwarding
from workers.locks import reconcile_all
from workers.originals import Originals
from workers.planned import Planned, Unsatisfied
from workers.probing import probe_and_record
from workers.queues import QUEUE_OF_JOB
from workers.renders import Renders
from workers.runtime import Runtime
from workers.settings import WorkerSettings
from workers.stages.run import run_stage
from workers.timestamps.stamping import register as register_timestamps

VISIBILITY_SECONDS = 3600
"""After this Redis hands an unacknowledged task to another worker. It may be long: the sweeper finds a lost stage by
its lease within minutes, and a stage handed out twice is claimed once."""

LOCK_ROUNDS = 25
"""Batches of locks in one turn of the job, some seconds of work: what waits longer takes its next turn."""
COVERAGE_PORTIONS = 20
"""Portions of steps judged in one run; the next comes within seconds."""


def make_app(settings: WorkerSettings, own_storage: WeedPlan | None = None) -> Celery:
    """Answer the application; the catalog and the stores are opened by each worker process for itself.

    `own_storage` is the storage this machine runs itself, if it does: the nightly probe then attacks its doors too.
    """
    app = Celery("liuhen", broker=settings.broker_url.get_secret_value())
    app.conf.update(
        task_default_queue="upkeep",
        task_routes={job: {"queue": queue} for job, queue in QUEUE_OF_JOB.items()},
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
            "queue_order_strategy": "priority",
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
            "forward-log": {
                "task": "liuhen.forward-log",
                "schedule": timedelta(seconds=15),
                "options": {"expires": 15},
            },
            "coverage": {
                "task": "liuhen.coverage",
                "schedule": timedelta(seconds=15),
                "options": {"expires": 15},
            },
            "probe": {
                "task": "liuhen.probe",
                "schedule": crontab(hour=str(settings.probe_hour), minute="10"),
            },
            "apply-locks": {
                "task": "liuhen.apply-locks",
                "schedule": timedelta(seconds=30),
                "options": {"expires": 30},
            },
            "reconcile-locks": {
                "task": "liuhen.reconcile-locks",
                "schedule": crontab(hour=str(settings.probe_hour), minute="25"),
            },
            "prove-sheets": {
                "task": "liuhen.prove-sheets",
                "schedule": crontab(hour=str(settings.probe_hour), minute="40"),
            },
            "timestamps": {
                "task": "liuhen.timestamps",
                "schedule": timedelta(seconds=30),
                "options": {"expires": 30},
            },
            "audit-timestamps": {
                "task": "liuhen.audit-timestamps",
                "schedule": crontab(hour=str(settings.probe_hour), minute="50"),
            },
            "inventory": {
                "task": "liuhen.inventory",
                "schedule": crontab(hour=str((settings.probe_hour + 1) % 24), minute="10"),
            },
            "empty-sealed": {
                "task": "liuhen.empty-sealed",
                "schedule": timedelta(seconds=60),
                "options": {"expires": 60},
            },
            "clear-renditions": {
                "task": "liuhen.clear-renditions",
                "schedule": crontab(hour=str(settings.probe_hour), minute="55"),
            },
            "documents": {
                "task": "liuhen.adopt-documents",
                "schedule": timedelta(minutes=5),
                "options": {"expires": 300},
            },
            "disposal": {
                "task": "liuhen.disposal",
                "schedule": timedelta(seconds=30),
                "options": {"expires": 30},
            },
            "refused-sign-ins": {
                "task": "liuhen.refused-sign-ins",
                "schedule": timedelta(minutes=5),
                "options": {"expires": 300},
            },
            "manifests": {
                "task": "liuhen.write-manifests",
                "schedule": timedelta(seconds=60),
                "options": {"expires": 60},
            },
        },
    )
    runtime = Runtime(settings, own_storage)
    planned = Planned(app, runtime)
    _register_stages(app, runtime, planned)
    _register_frequent(app, runtime, planned)
    _register_nightly(app, runtime, planned)
    register_timestamps(app, runtime, planned)
    register_disposal(app, runtime, planned)
    register_forwarding(app, runtime, planned)

    @worker_init.connect(weak=False)
    def _begin(**_: object) -> None:
        clear_scratch(settings)

    return app


def clear_scratch(settings: WorkerSettings) -> None:
    """Remove what workers that were killed left in the scratch folder; what others on this machine work on stays."""
    Renders(settings.scratch_folder / "renders", settings.render_limit).clear_leftovers()
    Originals(settings.scratch_folder / "originals", settings.scratch_limit).clear_leftovers()


def send(app: Celery, due: list[Due]) -> None:
    """Put stages on their queues."""
    for one in due:
        app.send_task("liuhen.stage", kwargs={"clip_id": str(one.clip), "stage": one.stage}, queue=one.queue)


def _register_stages(app: Celery, runtime: Runtime, planned: Planned) -> None:
    @app.task(name="liuhen.stage", shared=False)
    def stage(clip_id: str, stage: str) -> None:
        send(app, run_stage(runtime, UUID(clip_id), stage))

    @app.task(name="liuhen.sweep", shared=False)
    def sweep() -> None:
        planned.note_once()
        idle = {name for name in catalog_stages.ALL_QUEUES if _waiting(app, name) == 0}
        if not idle:
            return
        with runtime.database.write() as session:
            due = catalog_stages.sweep(session, runtime.now(), queues=idle)
        send(app, due)

    @app.task(name="liuhen.sequence", shared=False)
    def sequence() -> None:
        with runtime.database.write() as session:
            place_entries(session)

    @app.task(name="liuhen.coverage", shared=False)
    def coverage() -> None:
        # Portions of their own transactions: a changed table of rules makes every step due, and others write as well.
        for _ in range(COVERAGE_PORTIONS):
            with runtime.database.write() as session:
                judged = judge_due(session, runtime.now())
            if not judged:
                return


def _register_frequent(app: Celery, runtime: Runtime, planned: Planned) -> None:
    @app.task(name="liuhen.apply-locks", shared=False)
    def apply() -> None:
        with planned.noted("apply-locks"):
            go_on_with_schedules(runtime.database, runtime.zone, runtime.now())
            settle(runtime.database, runtime.evidence, runtime.zone, runtime.now(), rounds=LOCK_ROUNDS)

    @app.task(name="liuhen.empty-sealed", shared=False)
    def empty() -> None:
        with planned.noted("empty-sealed"):
            empty_sealed(runtime.database, runtime.derived, runtime.now())

    @app.task(name="liuhen.write-manifests", shared=False)
    def manifests() -> None:
        with planned.noted("manifests"):
            write_manifests(runtime.database, runtime.evidence, runtime.now(), version=runtime.version)

    @app.task(name="liuhen.refused-sign-ins", shared=False)
    def refused_signins() -> None:
        with planned.noted("refused-sign-ins"), runtime.database.write() as session:
            close_tallies(session, runtime.now())


def _register_nightly(app: Celery, runtime: Runtime, planned: Planned) -> None:
    # These may last for hours where there are millions: they are acknowledged when they begin, or a second
    # would be started beside the first; taken by nobody else when their worker dies, they come again the next night.
    @app.task(name="liuhen.probe", acks_late=False, shared=False)
    def probe() -> None:
        with planned.noted("probe"):
            if not probe_and_record(runtime):
                raise Unsatisfied("an attack got through; intake is closed")

    @app.task(name="liuhen.reconcile-locks", acks_late=False, shared=False)
    def reconcile() -> None:
        with planned.noted("reconcile-locks"):
            if trouble := reconcile_all(runtime):
                raise Unsatisfied(trouble)

    @app.task(name="liuhen.prove-sheets", acks_late=False, shared=False)
    def prove() -> None:
        with planned.noted("prove-sheets"):
            prove_sheets(runtime.database, runtime.evidence, runtime.now())

    @app.task(name="liuhen.clear-renditions", acks_late=False, shared=False)
    def clear() -> None:
        with planned.noted("clear-renditions"):
            clear_unnamed(runtime.database, runtime.derived, runtime.now())
            empty_sealed(runtime.database, runtime.derived, runtime.now(), everything=True)
            with runtime.database.write() as session:
                forget_runs(session, runtime.now())

    @app.task(name="liuhen.inventory", acks_late=False, shared=False)
    def inventory() -> None:
        with planned.noted("inventory"), runtime.second_readers() as readers:
            take_inventory(runtime.database, *readers, runtime.now(), incidents=True)

    @app.task(name="liuhen.adopt-documents", shared=False)
    def documents() -> None:
        with planned.noted("documents"):
            house = House(runtime.database, runtime.evidence, runtime.signer, runtime.now)
            _, _, due = adopt_documents(house)
            send(app, due)


def _waiting(app: Celery, queue: str) -> int:
    """Answer how many messages wait on a queue. What waits there need not be sent again."""
    with app.connection_for_read() as connection, connection.channel() as channel:
        client: Any = channel.client
        return int(client.llen(queue))
