"""Writing down what the storage says of a copy's lock and hold, with the entries that belong to a change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.incidents import open_incident
from catalog.models import Clip, Copy
from catalog.ports import ObjectFacts
from catalog.retention.desiring import ACTOR
from catalog.retention.due import locks_due
from catalog.retention.facts import UNEXPECTED


def observe(session: Session, copy: Copy, seen: ObjectFacts, now: datetime, *, ours: bool) -> None:
    """Write what was read back of a copy at `now`.

    A hold that appeared and is not `ours` may be somebody's who had reason to set it at the storage itself: it stays,
    as an incident, until a person has looked at it.
    """
    earlier, held = copy.lock_until, copy.hold
    copy.lock_mode, copy.hold, copy.lock_read_at = seen.lock_mode or "", seen.hold, now
    copy.lock_until = seen.lock_until or now
    if copy.lock_until > earlier:
        facts: dict[str, Any] = {
            "version": copy.version,
            "before": {"lock_until": utc_text(earlier)},
            "after": {"lock_until": utc_text(copy.lock_until)},
        }
        _enter(session, copy, "clip.lock-extended", facts, now)
    if copy.hold == held:
        return
    facts = {
        "version": copy.version,
        "until": utc_text(copy.lock_until),
        "before": {"hold": held},
        "after": {"hold": copy.hold},
    }
    _enter(session, copy, "clip.hold-set" if copy.hold else "clip.hold-lifted", facts, now)
    if copy.hold and not ours:
        clip = session.get_one(Clip, copy.clip_id)
        clip.lock_reason = {**clip.lock_reason, "found": "storage"}
        open_incident(
            session,
            actor=ACTOR,
            kind=UNEXPECTED,
            what="A hold is on this original that this system did not put on. It stays until this is resolved.",
            clip=copy.clip_id,
            details={"copy": str(copy.id), "key": copy.key, "version": copy.version},
            now=now,
        )
        locks_due(session, [copy.clip_id], now)


def _enter(session: Session, copy: Copy, action: str, facts: dict[str, Any], now: datetime) -> None:
    add_entry(session, actor=ACTOR, action=action, subjects={"clip": copy.clip_id}, facts=facts, now=now)
