"""Carrying out ordered destructions: one worker at a time, clip after clip, then the register."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from uuid import UUID

from sqlalchemy import select

from catalog.disposal.appraisals import live_items
from catalog.disposal.at_storage import Means
from catalog.disposal.destroying import Overtaken, claimed, destroy
from catalog.disposal.refusals import the_appraisal
from catalog.disposal.register import keep_register, write_register
from catalog.models import Appraisal
from catalog.ports import SheetStore

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
"""After this a worker counts as lost; it is renewed with each clip."""


@dataclass(frozen=True)
class Executor:
    """Everything a round needs."""

    means: Means
    registers: SheetStore
    """Where destruction registers are kept: the bucket of originals, with the everyday key."""
    zone: tzinfo
    bureau: str = ""
    between: Callable[[str], None] = lambda _where: None
    """Called at each step with its name; tests end the process there."""


def execute_ordered(executor: Executor) -> int:
    """Carry out what was ordered and is not finished; answer how many appraisals were finished.

    May be ended at any point and repeated. One that fails leaves the others; the first failure is raised at the end, as
    the stores' errors are when the storage is out of reach.
    """
    with executor.means.database.read() as session:
        ordered = session.scalars(
            select(Appraisal.id).where(Appraisal.state == "executing").order_by(Appraisal.ordered_at)
        ).all()
    finished, failures = 0, []
    for one in ordered:
        try:
            finished += _execute(executor, one)
        except Exception as failure:
            log.exception("appraisal %s is not carried out yet", one)
            failures.append(failure)
    if failures:
        raise failures[0]
    return finished


def _execute(executor: Executor, appraisal_id: UUID) -> bool:
    claim = _claim(executor, appraisal_id)
    if claim is None:
        return False
    try:
        while (item := _next(executor, appraisal_id, claim)) is not None:
            destroy(executor.means, appraisal_id, item, claim)
            executor.between("item")
        write_register(executor.means, appraisal_id, claim, bureau=executor.bureau, zone=executor.zone)
        executor.between("register-written")
        keep_register(executor.means, executor.registers, appraisal_id, claim, zone=executor.zone)
    except Overtaken:
        log.warning("another worker carries out appraisal %s", appraisal_id)
        return False
    except Exception:
        _give_back(executor, appraisal_id, claim)
        raise
    return True


def _claim(executor: Executor, appraisal_id: UUID) -> int | None:
    """Take an appraisal up; answer the claim's number, None while another worker has it."""
    now = executor.means.clock()
    with executor.means.database.write() as session:
        appraisal = the_appraisal(session, appraisal_id)
        if appraisal.state != "executing" or (appraisal.lease_until and appraisal.lease_until > now):
            return None
        appraisal.claims += 1
        appraisal.lease_until = now + LEASE
        return appraisal.claims


def _next(executor: Executor, appraisal_id: UUID, claim: int) -> UUID | None:
    """Renew the lease; answer the next item whose fate is open. Raises Overtaken."""
    with executor.means.database.write() as session:
        appraisal = claimed(session, appraisal_id, claim)
        appraisal.lease_until = executor.means.clock() + LEASE
        items = live_items(session, appraisal_id)
        return items[0].id if items else None


def _give_back(executor: Executor, appraisal_id: UUID, claim: int) -> None:
    with executor.means.database.write() as session:
        appraisal = the_appraisal(session, appraisal_id)
        if appraisal.claims == claim:
            appraisal.lease_until = None
