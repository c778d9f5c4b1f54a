"""What `celery -A liuhen.celery_app` finds: the workers' application with this system's settings."""

from __future__ import annotations

from liuhen.settings import load
from liuhen.system import own_storage_plan
from workers.app import make_app

settings = load()
app = make_app(settings.workers, own_storage_plan(settings))
