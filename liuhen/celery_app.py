"""What `celery -A liuhen.celery_app` finds: the workers' application with this system's settings."""

from __future__ import annotations

from liuhen.settings import load
from workers.app import make_app

app = make_app(load().workers)
