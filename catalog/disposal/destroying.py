"""Destroying one clip: looked at once more before anything, then deleted version by version, then proven absent.

Three transactions and what lies between them. Whatever ends the process, and wherever, the same call goes on: what was
found at the storage is written down before the first deletion, so that absence afterwards is known to be ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.disposal.appraisals import drop
from catalog.disposal.at_storage import (
    Failed,
    Means,
    Version,
    delete_renditions,
    is_gone,
    look,
    still_there,
)
from catalog.disposal.facts import gather
from catalog.disposal.proposing import digest_of
from catalog.disposal.refusals import the_appraisal
from catalog.incidents import open_incident
from catalog.models import Appraisal, AppraisalItem, Clip, Copy, DocumentUpload, Rendition, Stage, Upload
from catalog.retention.due import locks_due
from catalog.rules.expired import not_expired

JOB = "disposal"
ORIGINALS = "originals/"
PASSES = 3
"""Deletions at most before a version that is still there counts as undeletable."""
WHY_FAILED = (
    "no-endpoint",
    "foreign-place",
    "object-missing",
    "lock-at-storage",
    "refused",
    "still-there",
    "came-in-again",
    "list-changed",
    "half-deleted",
)


class Overtaken(Exception):
    """Another worker has taken the appraisal over."""


def claimed(session: Session, appraisal_id: UUID, claim: int) -> Appraisal:
    """Answer an appraisal that is being carried out under this claim, its row locked. Raises Overtaken."""
    appraisal = the_appraisal(session, appraisal_id)
    if appraisal.state != "executing" or appraisal.claims != claim:
        raise Overtaken
    return appraisal


def destroy(means: Means, appraisal_id: UUID, item_id: UUID, claim: int) -> None:
    """Destroy the clip of one item, or let it go, or say why it cannot be. Repeating it goes on where it was.

    Raises the store's errors when the storage is out of reach, and Overtaken; then nothing is lost and all is repeated.
    """
    try:
        places = _begin(means, appraisal_id, item_id, claim)
        if places is None:
            return
        if _delete_until_absent(means, appraisal_id, item_id, claim, places):
            delete_renditions(means, item_id)
            _finish(means, appraisal_id, item_id, claim)
    except Failed as failure:
        _fail(means, appraisal_id, item_id, claim, failure)


def _delete_until_absent(
    means: Means, appraisal_id: UUID, item_id: UUID, claim: int, places: Sequence[tuple[str, str]]
) -> bool:
    """Delete, look, and delete again what is still there, a few times; False when the clip was let go. Raises Failed."""
    left = ""
    for _ in range(PASSES):
        found = look(means, places)
        if not _plan(means, appraisal_id, item_id, claim, found):
            return False
        if not _delete(means, appraisal_id, item_id, claim, found):
            return False
        left = still_there(means, places)
        if not left:
            return True
    raise Failed("still-there", left)


def _locked(
    session: Session, appraisal_id: UUID, item_id: UUID, claim: int
) -> tuple[Appraisal, AppraisalItem, Clip]:
    """Lock what decides: the appraisal, then the clip, so that no hold and no attachment comes in between."""
    appraisal = claimed(session, appraisal_id, claim)
    item = session.get_one(AppraisalItem, item_id)
    clip = session.scalars(
        select(Clip)
        .where(Clip.id == item.clip_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return appraisal, item, clip


def _unfit(session: Session, means: Means, appraisal: Appraisal, clip: Clip) -> str | None:
    facts = gather(session, [clip.id], appraisal=appraisal.id)[clip.id]
    return not_expired(facts, means.clock(), means.margin)


def _begin(means: Means, appraisal_id: UUID, item_id: UUID, claim: int) -> list[tuple[str, str]] | None:
    """Look once more whether it may be; answer endpoint and key of everything to delete, None when it is let go."""
    with means.database.write() as session:
        appraisal, item, clip = _locked(session, appraisal_id, item_id, claim)
        if item.state not in {"due", "deleting"}:
            return None
        same = (str(clip.id), clip.sha256, clip.sm3, str(clip.size)) == tuple(
            item.facts.get(name) for name in ("clip", "sha256", "sm3", "size")
        )
        if not same or item.proposal != "destroy" or digest_of(appraisal) != appraisal.approved_digest:
            raise Failed("list-changed")
        if item.state == "due":
            why = _unfit(session, means, appraisal, clip)
            if why is not None:
                drop(session, appraisal, item, why, actor=system(JOB), now=means.clock())
                return None
            item.state, item.changed_at = "deleting", means.clock()
        copies = session.scalars(select(Copy).where(Copy.clip_id == clip.id)).all()
        places = {(copy.endpoint, copy.key) for copy in copies} | {
            (copy["endpoint"], copy["key"]) for copy in item.facts["copies"]
        }
        for copy in copies:
            endpoint = means.endpoints.get(copy.endpoint)
            if endpoint is None:
                raise Failed("no-endpoint", copy.endpoint)
            if copy.bucket != endpoint.store.bucket or not copy.key.startswith(ORIGINALS):
                raise Failed("foreign-place", f"{copy.bucket}/{copy.key}")
        # Uploads of the same bytes that were given up left objects that no copy names.
        left = session.scalars(
            select(Upload.key).where(
                Upload.sha256 == clip.sha256,
                Upload.sm3 == clip.sm3,
                Upload.size == clip.size,
                Upload.state == "abandoned",
            )
        )
        documents = session.scalars(
            select(DocumentUpload.key).where(
                DocumentUpload.sha256 == clip.sha256,
                DocumentUpload.sm3 == clip.sm3,
                DocumentUpload.size == clip.size,
                DocumentUpload.state == "abandoned",
            )
        )
        main = means.endpoints.get("main")
        places |= {
            ("main", key) for key in (*left, *documents) if main is not None and key.startswith(ORIGINALS)
        }
        return sorted(places)


def _plan(means: Means, appraisal_id: UUID, item_id: UUID, claim: int, found: Sequence[Version]) -> bool:
    """Write down what is there before the first deletion; answer whether to go on.

    What was listed and is not there, though nothing was deleted yet, is an incident and no destruction.
    """
    with means.database.write() as session:
        _, item, clip = _locked(session, appraisal_id, item_id, claim)
        if item.state != "deleting":
            return False
        there = {(v["endpoint"], v["key"], v["version"]) for v in found}
        if not item.plan:
            for copy in session.scalars(select(Copy).where(Copy.clip_id == clip.id)):
                if (copy.endpoint, copy.key, copy.version) not in there:
                    raise Failed("object-missing", f"{copy.key} version {copy.version}")
        known = {(v["endpoint"], v["key"], v["version"]) for v in item.plan}
        item.plan = [
            *item.plan,
            *(v for v in found if (v["endpoint"], v["key"], v["version"]) not in known),
        ]
        return True


def _delete(means: Means, appraisal_id: UUID, item_id: UUID, claim: int, found: Sequence[Version]) -> bool:
    """Delete what was found, inside the transaction that looks for the last time whether it may be; False: it was let go."""
    with means.database.write() as session:
        appraisal, item, clip = _locked(session, appraisal_id, item_id, claim)
        why = _unfit(session, means, appraisal, clip)
        if why is not None and found:
            if len(item.plan) > len(found):
                raise Failed("half-deleted", why)
            item.plan = []
            drop(session, appraisal, item, why, actor=system(JOB), now=means.clock())
            return False
        if why is not None:  # all of it was gone before this reason came: what remains is to say so
            item.said = f"deleted before this stood against it: {why}"
        for version in found:
            store = means.endpoints[version["endpoint"]].store
            try:
                store.delete_version(version["key"], version["version"])
            except store.LockRefused as error:
                raise Failed("refused", str(error)) from error
    return True


def _finish(means: Means, appraisal_id: UUID, item_id: UUID, claim: int) -> None:
    """Say in the catalog what is so at the storage. The clip, its sightings, statements, stamps and entries stay."""
    now = means.clock()
    with means.database.write() as session:
        appraisal, item, clip = _locked(session, appraisal_id, item_id, claim)
        if item.state != "deleting":
            return
        gone = {(v["endpoint"], v["key"], v["version"]) for v in item.plan}
        for copy in session.scalars(select(Copy).where(Copy.clip_id == clip.id)):
            if (copy.endpoint, copy.key, copy.version) not in gone:
                raise Failed("came-in-again", copy.key)
        session.execute(delete(Copy).where(Copy.clip_id == clip.id))
        session.execute(delete(Rendition).where(Rendition.clip_id == clip.id))
        session.execute(delete(Stage).where(Stage.clip_id == clip.id, Stage.state != "done"))
        clip.destroyed_at = now
        # The storage's own checksum went with the object. The same bytes, should they ever come in again, are another clip.
        clip.checksum = f"destroyed {item.id.hex}"
        item.state, item.active_clip_id, item.deleted, item.changed_at = "destroyed", None, item.plan, now
        add_entry(
            session,
            actor=system(JOB),
            action="clip.destroyed",
            subjects={"clip": clip.id, "appraisal": appraisal.id},
            facts={
                "number": appraisal.number,
                "approval": appraisal.approval_number,
                "sha256": clip.sha256,
                "sm3": clip.sm3,
                "size": str(clip.size),
                "versions": [v["version"] for v in item.plan if not v["marker"]],
                "markers": sum(bool(v["marker"]) for v in item.plan),
            },
            private={"name": clip.name},
            now=now,
        )
        if item.said:
            _incident(session, appraisal, item, "deleted-too-early", said=item.said, now=now)


def _fail(means: Means, appraisal_id: UUID, item_id: UUID, claim: int, failure: Failed) -> None:
    """Give an item up with an incident. What is proven gone is no copy any more; everything else stays as it is."""
    now = means.clock()
    with means.database.read() as session:
        item = session.get_one(AppraisalItem, item_id)
        copies = session.scalars(select(Copy).where(Copy.clip_id == item.clip_id)).all() if item.plan else []
    gone = [copy for copy in copies if is_gone(means, copy)]
    with means.database.write() as session:
        appraisal, item, clip = _locked(session, appraisal_id, item_id, claim)
        if item.state not in {"due", "deleting"}:
            return
        session.execute(delete(Copy).where(Copy.id.in_([copy.id for copy in gone])))
        absent = {(copy.endpoint, copy.key, copy.version) for copy in gone}
        item.deleted = [v for v in item.plan if (v["endpoint"], v["key"], v["version"]) in absent]
        item.state, item.why, item.said = "failed", failure.why, failure.said[:2000]
        item.active_clip_id, item.changed_at = None, now
        session.flush()
        locks_due(session, [clip.id], now)
        add_entry(
            session,
            actor=system(JOB),
            action="disposal.failed",
            subjects={"appraisal": appraisal.id, "clip": clip.id},
            facts={"number": appraisal.number, "why": failure.why},
            now=now,
        )
        _incident(session, appraisal, item, failure.why, said=failure.said, now=now)


def _incident(
    session: Session, appraisal: Appraisal, item: AppraisalItem, why: str, *, said: str, now: datetime
) -> None:
    open_incident(
        session,
        actor=system(JOB),
        kind="disposal-failed",
        what=f"The destruction of this recording by appraisal {appraisal.number} did not go as ordered; the appraisal says how.",
        clip=item.clip_id,
        details={"appraisal": str(appraisal.id), "number": appraisal.number, "why": why, "said": said},
        now=now,
    )
