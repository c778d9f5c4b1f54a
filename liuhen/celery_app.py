"""What `celery -A liuhen.celery_app` finds: the workers' application with this system's settings."""

from __future__ import annotations

from celery.signals import setup_logging

from liuhen.logs import set_up
from liuhen.settings import load
from liuhen.system import own_storage_plan
from workers.app import make_app

settings = load()
set_up(settings.log_format)  # now: Celery warns of some things before it asks for logs


@setup_logging.connect(weak=False)  # type: ignore[untyped-decorator]
def _logs(**_: object) -> None:
    """Keep Celery from setting up logs of its own."""
    set_up(settings.log_format)


app = make_app(settings.workers, own_storage_plan(settings))
