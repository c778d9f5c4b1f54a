"""The standing job that carries out ordered destructions; served by worker-disposal, which alone holds the key."""

from __future__ import annotations

from celery import Celery

from catalog.disposal.executing import execute_ordered
from workers.planned import Planned
from workers.runtime import Runtime


def register(app: Celery, runtime: Runtime, planned: Planned) -> None:
    """Add the job to the application."""

    @app.task(name="liuhen.disposal", acks_late=False, shared=False)
    def disposal() -> None:
        with planned.noted("disposal"), runtime.disposal() as executor:
            execute_ordered(executor)
