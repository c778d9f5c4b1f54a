"""The standing job: gather what waits, ask, keep, finish. Any part of it may be repeated, or done by two at once."""

from __future__ import annotations

import secrets
from datetime import timedelta

from celery import Celery

from catalog.settings import AuthoritySettings
from catalog.timestamps.asking import Door, ask
from catalog.timestamps.auditing import audit_timestamps
from catalog.timestamps.authorities import authorities_of
from catalog.timestamps.gathering import gather
from catalog.timestamps.keeping import keep
from catalog.timestamps.request import NONCE_BITS
from catalog.timestamps.trouble import watch_late
from workers.planned import Planned
from workers.runtime import Runtime
from workers.timestamps.http_authority import HttpAuthority
from workers.timestamps.local_authority import LocalAuthority


def register(app: Celery, runtime: Runtime, planned: Planned) -> None:
    """Give the application the two standing jobs of time stamps."""

    @app.task(name="liuhen.timestamps", shared=False)
    def timestamps() -> None:
        with planned.noted("timestamps"):
            stamp(runtime)

    @app.task(name="liuhen.audit-timestamps", acks_late=False, shared=False)
    def audit_all() -> None:
        with planned.noted("audit-timestamps"):
            audit(runtime)


def stamp(runtime: Runtime) -> None:
    """Do one round. Raises what the database raises; authorities and storage being away is put down in the catalog."""
    settings = runtime.settings.catalog
    doors = doors_of(settings.timestamp_authorities)
    gather(
        runtime.database,
        [door.authority for door in doors],
        runtime.now(),
        wait=timedelta(seconds=settings.timestamp_gather_seconds),
    )
    ask(runtime.database, doors, runtime.now, new_nonce)
    keep(runtime.database, runtime.evidence, runtime.now)
    with runtime.database.write() as session:
        watch_late(session, runtime.now(), late=timedelta(minutes=settings.timestamp_late_minutes))


def audit(runtime: Runtime) -> None:
    """Prove all stamps, as is done every night; what does not hold is an incident. Raises the store's errors."""
    settings = runtime.settings.catalog
    audit_timestamps(
        runtime.database,
        runtime.evidence,
        authorities_of(settings.timestamp_authorities),
        runtime.now(),
        late=timedelta(minutes=settings.timestamp_late_minutes),
    )


def doors_of(settings: list[AuthoritySettings]) -> list[Door]:
    """Answer the authorities that are asked, each with the way to it."""
    return [
        Door(one, LocalAuthority(one.settings) if one.settings.self_signed else HttpAuthority(one.settings))
        for one in authorities_of(settings).values()
        if one.settings.asked
    ]


def new_nonce() -> int:
    """Answer a random number that no earlier answer can hold."""
    return secrets.randbits(NONCE_BITS) | 1
