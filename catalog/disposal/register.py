"""销毁清册: what was destroyed, on whose authority, before whose eyes. Written once, kept under lock for ever."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.custody.record import canonical, utc_text
from catalog.database import Database
from catalog.disposal.appraisals import next_number
from catalog.disposal.approving import standing_witnesses
from catalog.disposal.at_storage import Means
from catalog.disposal.destroying import JOB, Overtaken, claimed
from catalog.disposal.paper import register_pdf
from catalog.disposal.refusals import the_appraisal
from catalog.disposal.viewing import called
from catalog.incidents import open_incident
from catalog.locked_objects import lock_of, prolong, put_and_read_back
from catalog.models import Account, Appraisal, AppraisalItem, AppraisalOpinion, Incident
from catalog.ports import SheetStore
from catalog.rules.disposal import cooled_at

FORM = "liuhen destruction register"
PREFIX = "disposal/"
FAR = timedelta(days=3650)
"""How far ahead a register is locked. For ever is a far date that is rolled forward."""
ROLL_BEFORE = FAR - timedelta(days=365)


def write_register(means: Means, appraisal_id: UUID, claim: int, *, bureau: str, zone: tzinfo) -> None:
    """Write the register's text down in the catalog, once; repeating changes nothing. Raises Overtaken."""
    with means.database.write() as session:
        appraisal = claimed(session, appraisal_id, claim)
        if appraisal.register_text is not None:
            return
        now = means.clock()
        appraisal.register_number = next_number(session, "XH", zone, now)
        appraisal.register_text = canonical(_said(session, appraisal, bureau, now))


def keep_register(means: Means, store: SheetStore, appraisal_id: UUID, claim: int, *, zone: tzinfo) -> None:
    """Keep the register as locked objects, read back, and end the appraisal. Raises Overtaken and the store's errors.

    Names carry digests, so that a repetition after a crash finds its own and never another's.
    """
    with means.database.read() as session:
        appraisal = session.get_one(Appraisal, appraisal_id)
        text, number = appraisal.register_text, appraisal.register_number
    if text is None or number is None:
        raise Overtaken
    now = means.clock()
    bodies = {"json": text.encode(), "pdf": register_pdf(json.loads(text), zone)}
    places = {}
    for kind, body in bodies.items():
        digest = hashlib.sha256(body).hexdigest()
        places[kind] = put_and_read_back(
            store,
            f"{PREFIX}{appraisal_id}/register-{digest[:32]}.{kind}",
            body,
            lock_until=(now + FAR).replace(microsecond=0),
            metadata={"kind": f"disposal-register-{kind}", "appraisal": str(appraisal_id), "sha256": digest},
            now=now,
        ) | {"sha256": digest}
    with means.database.write() as session:
        appraisal = claimed(session, appraisal_id, claim)
        destroyed = [item for item in appraisal.items if item.state == "destroyed"]
        appraisal.register_objects = places
        appraisal.register_lock = min(until for place in places.values() if (until := lock_of(place)))
        appraisal.state, appraisal.finished_at, appraisal.lease_until = "done", now, None
        session.flush()
        add_entry(
            session,
            actor=system(JOB),
            action="disposal.register-kept",
            subjects={"appraisal": appraisal.id, "clip": [item.clip_id for item in destroyed]},
            facts={
                "number": appraisal.number,
                "register": number,
                "approval": appraisal.approval_number,
                "destroyed": len(destroyed),
                **{f"{kind}_sha256": place["sha256"] for kind, place in places.items()},
            },
            now=now,
        )


def renew_register_locks(database: Database, store: SheetStore, now: datetime) -> int:
    """Roll the locks of registers forward; answer how many registers it was. What cannot be rolled is an incident.

    Raises the store's own error when the storage is out of reach; a fault with one register leaves the others.
    """
    with database.read() as session:
        ending = session.scalars(
            select(Appraisal.id).where(Appraisal.register_lock < now + ROLL_BEFORE)
        ).all()
    return sum(_renew(database, store, one, now) for one in ending)


def _renew(database: Database, store: SheetStore, appraisal_id: UUID, now: datetime) -> bool:
    until = (now + FAR).replace(microsecond=0)
    with database.read() as session:
        places = session.get_one(Appraisal, appraisal_id).register_objects
    fresh: dict[str, Any] = {}
    trouble = ""
    for kind, place in places.items():
        try:
            fresh[kind] = {**place, **prolong(store, place, until, now)}
        except (store.LockRefused, store.ObjectMissing) as error:
            trouble = str(error)
            break
        except store.OutOfReach:
            raise
        except store.StorageError:
            return False  # it says nothing of the others; the next round tries it again
        read_back = lock_of(fresh[kind])
        if fresh[kind]["lock_mode"] != "COMPLIANCE" or read_back is None or read_back < until:
            trouble = f"{place['key']}: the lock read back is not the one that was set"
            break
    with database.write() as session:
        appraisal = the_appraisal(session, appraisal_id)
        if trouble:
            _incident(session, appraisal, trouble, now)
            return False
        before, appraisal.register_lock = appraisal.register_lock, until
        appraisal.register_objects = fresh
        session.flush()
        add_entry(
            session,
            actor=system("reconcile-locks"),
            action="disposal.register-lock-extended",
            subjects={"appraisal": appraisal.id},
            facts={
                "register": appraisal.register_number,
                "until": utc_text(until),
                "before": {"lock_until": utc_text(before) if before else None},
                "after": {"lock_until": utc_text(until)},
            },
            now=now,
        )
    return True


def _incident(session: Session, appraisal: Appraisal, trouble: str, now: datetime) -> None:
    for known in session.scalars(
        select(Incident).where(Incident.kind == "register-lock", Incident.resolved_at.is_(None))
    ):
        if known.details.get("appraisal") == str(appraisal.id):
            return
    open_incident(
        session,
        actor=system("reconcile-locks"),
        kind="register-lock",
        what=f"The storage would not prolong this lock: {trouble}",
        details={"appraisal": str(appraisal.id), "register": appraisal.register_number},
        now=now,
    )


def _said(session: Session, appraisal: Appraisal, bureau: str, now: datetime) -> dict[str, Any]:
    """Answer everything the register says. What was reported and not destroyed shows its id and why, no more.

    What is sealed by now is not told of: the register is read by more people than may find it.
    """
    assert appraisal.approved_at is not None  # noqa: S101 - it was carried out
    assert appraisal.ordered_at is not None  # noqa: S101
    stood = standing_witnesses(session, appraisal, appraisal.executor_id, appraisal.ordered_at, active=False)
    signed = {one.account_id: one.signed_at for one in appraisal.witnesses}
    items = session.scalars(
        select(AppraisalItem)
        .where(AppraisalItem.appraisal_id == appraisal.id)
        .order_by(AppraisalItem.position)
        .options(
            joinedload(AppraisalItem.clip),
            selectinload(AppraisalItem.opinions).joinedload(AppraisalOpinion.by).joinedload(Account.officer),
        )
    ).all()
    return {
        "form": FORM,
        "version": 1,
        "register": appraisal.register_number,
        "appraisal": appraisal.number,
        "bureau": bureau,
        "opened": {"by": _name(session, appraisal.opened_by), "at": utc_text(appraisal.opened_at)},
        "reported": {
            "by": _name(session, appraisal.reported_by),
            "at": utc_text(appraisal.reported_at) if appraisal.reported_at else None,
            "digest": appraisal.digest,
        },
        "approved": {
            "by": _name(session, appraisal.approved_by),
            "at": utc_text(appraisal.approved_at),
            "number": appraisal.approval_number,
            "digest": appraisal.approved_digest,
            "cooled": utc_text(cooled_at(appraisal.approved_at, appraisal.cooling_days, 0)),
        },
        "witnesses": [{"name": called(one), "at": utc_text(signed[one.id])} for one in stood],
        "ordered": {
            "by": _name(session, appraisal.executor_id),
            "at": utc_text(appraisal.ordered_at),
        },
        "written": utc_text(now),
        "destroyed": [_destroyed(item) for item in items if item.state == "destroyed"],
        "not_destroyed": [
            {"position": item.position, "clip": str(item.clip_id), "state": item.state, "why": item.why}
            for item in items
            if item.state != "destroyed" and item.proposal is not None and not item.clip.restricted
        ],
    }


def _destroyed(item: AppraisalItem) -> dict[str, Any]:
    return {
        "position": item.position,
        **{name: value for name, value in item.facts.items() if name != "units"},
        "opinions": [
            {
                "part": one.part,
                "by": called(one.by),
                "at": utc_text(one.at),
                "proposal": one.proposal,
                "note": one.note,
            }
            for one in item.opinions
        ],
        "at": utc_text(item.changed_at),
        "deleted": item.deleted,
        "remark": item.said,
    }


def _name(session: Session, account: UUID | None) -> str | None:
    return called(session.get_one(Account, account)) if account is not None else None
