"""The standing job that sends the custody log on, where the settings name a collector."""

from __future__ import annotations

import secrets
import socket

from celery import Celery

from catalog.forwarding.forward import JOB, Post, forward
from catalog.rules.syslog import FACILITIES, Origin
from catalog.settings import SyslogTarget
from workers.forwarding.collector import Collector
from workers.planned import Planned, Unsatisfied
from workers.runtime import Runtime


def register(app: Celery, runtime: Runtime, planned: Planned) -> None:
    """Give the application the standing job. Without a collector it does nothing and is not noted."""

    @app.task(name="liuhen.forward-log", shared=False)
    def forward_log() -> None:
        target = runtime.settings.catalog.syslog_target()
        if target is None:
            return
        with planned.noted(JOB):
            forward_once(runtime, target)


def forward_once(runtime: Runtime, target: SyslogTarget) -> None:
    """Do one round. Raises Unsatisfied when the collector is away, and what the database raises."""
    done = forward(
        runtime.database,
        Post(target.name, Collector(target), origin_of(runtime.settings.bureau_name, target)),
        runtime.now,
        lambda: secrets.token_hex(16),
    )
    if done.trouble:
        raise Unsatisfied(f"log collector {target.name}: {done.trouble}")


def origin_of(bureau: str, target: SyslogTarget) -> Origin:
    """Answer what all messages to a collector have in common."""
    return Origin(
        host=socket.gethostname(),
        facility=FACILITIES[target.facility],
        enterprise=target.enterprise,
        bureau=bureau,
        limit=target.limit,
    )
