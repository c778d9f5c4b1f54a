"""Destroying on a real storage: refused while locks stand, done after, provable, repeatable."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from catalog.case_files.attaching import Wish, attach
from catalog.case_files.cases import add_step, create_case
from catalog.custody.log import entries_about
from catalog.disposal.register import renew_register_locks
from catalog.models import (
    Appraisal,
    AppraisalItem,
    Clip,
    Copy,
    Incident,
    Rendition,
    SignedStatement,
)
from storage.errors import LockRefused
from tests.catalog.disposal.desk import Desk


def incidents(desk: Desk) -> list[Incident]:
    with desk.database.read() as session:
        return list(session.scalars(select(Incident)))


def test_the_whole_way(desk: Desk) -> None:
    clips = [desk.clip() for _ in range(3)]
    with desk.database.write() as session:
        session.add(
            SignedStatement(
                clip_id=clips[0], kind="received", body={}, key="k", signature="s", created_at=desk.now()
            )
        )
    desk.expire()
    appraisal = desk.ordered(*clips)
    assert desk.execute() == 1
    assert desk.state(appraisal) == "done"
    for clip in clips:
        assert desk.at_storage(clip) == []
        assert desk.destroyed(clip)
        assert not list(desk.derived.list_versions(f"renditions/{clip}/"))
    with desk.database.read() as session:
        assert not session.scalars(select(Copy)).all()
        assert not session.scalars(select(Rendition)).all()
        assert session.scalars(select(SignedStatement)).one().clip_id == clips[0]
        assert "clip.destroyed" in [e.action for e in entries_about(session, "clip", clips[0])]
        row = session.get_one(Appraisal, appraisal)
    assert incidents(desk) == []
    register = json.loads(row.register_text or "")
    assert [one["clip"] for one in register["destroyed"]] == [str(c) for c in clips]
    assert all(len(one["deleted"]) == 1 and len(one["opinions"]) == 3 for one in register["destroyed"])
    assert register["approved"]["number"] == row.approval_number
    assert {w["name"] for w in register["witnesses"]} == {"office-head", "leader"}
    for kind, start in (("json", b"{"), ("pdf", b"%PDF")):
        place = row.register_objects[kind]
        body = b"".join(desk.evidence.read(place["key"], place["version"]))
        assert body.startswith(start)
        seen = desk.reader.look(place["key"], place["version"])
        assert seen.lock_mode == "COMPLIANCE"
        assert seen.lock_until is not None
        assert seen.lock_until > desk.now() + timedelta(days=3600)
        with pytest.raises(ValueError, match="no version of an original"):
            desk.disposal.delete_version(place["key"], place["version"])
    assert desk.execute() == 0


def test_the_storage_refuses_while_the_lock_stands(desk: Desk) -> None:
    """The catalog believes that the lock has passed; the storage knows better, and nothing else is touched."""
    free, locked = desk.clip(), desk.clip(lock=60)
    with desk.database.write() as session:
        earlier = desk.now() - timedelta(hours=1)
        session.execute(update(Copy).where(Copy.clip_id == locked).values(lock_until=earlier))
        session.execute(update(Clip).where(Clip.id == locked).values(lock_desired=earlier))
    desk.expire()
    with pytest.raises(LockRefused):
        desk.disposal.delete_version(f"originals/{locked}", desk.at_storage(locked)[0])
    appraisal = desk.ordered(locked, free)
    assert desk.execute() == 1
    assert desk.items(appraisal) == {locked: ("failed", "refused"), free: ("destroyed", "")}
    assert len(desk.at_storage(locked)) == 1
    assert list(desk.derived.list_versions(f"renditions/{locked}/"))
    assert not desk.destroyed(locked)
    (incident,) = incidents(desk)
    assert (incident.kind, incident.clip_id) == ("disposal-failed", locked)


def test_a_lock_seen_at_the_storage_stops_before_any_deletion(desk: Desk) -> None:
    clip = desk.clip()
    desk.expire()
    appraisal = desk.ordered(clip)
    (version,) = desk.at_storage(clip)
    desk.evidence.extend_lock(f"originals/{clip}", version, desk.now() + timedelta(days=1))
    desk.execute()
    assert desk.items(appraisal) == {clip: ("failed", "lock-at-storage")}
    assert desk.at_storage(clip) == [version]


def test_markers_and_every_version_go(desk: Desk) -> None:
    clip = desk.clip()
    desk.expire()
    desk.disposal.client.delete_object(Bucket=desk.disposal.bucket, Key=f"originals/{clip}")
    assert len(desk.at_storage(clip)) == 2
    desk.ordered(clip)
    desk.execute()
    assert desk.at_storage(clip) == []
    assert desk.destroyed(clip)


def new_step(desk: Desk) -> UUID:
    handler = desk.people["handler"]
    with desk.database.write() as session:
        case = create_case(
            session, actor=handler, title="x", case_type="penalty-general", number=None, party="", unit=None,
            handler=None, second_handler=None, now=desk.now(),
        )  # fmt: skip
        return add_step(
            session, actor=handler, case=case, stage="investigation", activity="questioning", title="x",
            now=desk.now(),
        ).id  # fmt: skip


@pytest.mark.parametrize("what", ["hold", "copy-hold", "attached", "lock", "restricted"])
def test_what_comes_up_during_execution_drops_out(desk: Desk, what: str) -> None:
    first, second = desk.clip(), desk.clip()
    desk.expire()
    step = new_step(desk)
    appraisal = desk.ordered(first, second)

    def come_up(where: str) -> None:
        if where != "item" or not desk.destroyed(first) or desk.items(appraisal)[second][0] != "due":
            return
        with desk.database.write() as session:
            clip = session.get_one(Clip, second)
            if what == "hold":
                clip.hold_desired = True
            elif what == "copy-hold":
                clip.copies[0].hold = True
            elif what == "lock":
                clip.lock_desired = desk.now() + timedelta(days=1)
            elif what == "restricted":
                clip.restricted = True
            else:
                attach(
                    session, actor=desk.people["handler"], clip_id=second, step_id=step,
                    wish=Wish("process", "main"), now=desk.now(),
                )  # fmt: skip

    desk.execute(between=come_up)
    why = {"attached": "case-open", "lock": "lock-stands"}.get(what, "held")
    assert desk.items(appraisal) == {first: ("destroyed", ""), second: ("dropped", why)}
    assert len(desk.at_storage(second)) == 1
    assert desk.state(appraisal) == "done"


def test_an_item_swapped_in_the_catalog_destroys_nothing(desk: Desk) -> None:
    listed, other = desk.clip(), desk.clip()
    desk.expire()
    appraisal = desk.ordered(listed)
    with desk.database.write() as session:
        session.execute(update(AppraisalItem).values(clip_id=other))
    desk.execute()
    assert len(desk.at_storage(other)) == len(desk.at_storage(listed)) == 1
    assert desk.items(appraisal) == {other: ("failed", "list-changed")}


def test_what_is_missing_before_the_act_is_no_destruction(desk: Desk) -> None:
    clip = desk.clip()
    desk.expire()
    appraisal = desk.ordered(clip)
    desk.disposal.delete_version(f"originals/{clip}", desk.at_storage(clip)[0])
    desk.execute()
    assert desk.items(appraisal) == {clip: ("failed", "object-missing")}
    assert not desk.destroyed(clip)


def test_two_executors_at_once(desk: Desk) -> None:
    clips = [desk.clip() for _ in range(4)]
    desk.expire()
    desk.ordered(*clips)
    begin, done = threading.Barrier(3), []

    def run() -> None:
        begin.wait()
        done.append(desk.execute())

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == [0, 0, 1]
    assert desk.entries("clip.destroyed") == 4
    assert desk.entries("disposal.register-kept") == 1


def test_registers_are_rolled(desk: Desk) -> None:
    clip = desk.clip()
    desk.expire()
    appraisal = desk.ordered(clip)
    desk.execute()
    assert renew_register_locks(desk.database, desk.evidence, desk.now()) == 0
    desk.ahead += timedelta(days=400)
    assert renew_register_locks(desk.database, desk.evidence, desk.now()) == 1
    with desk.database.read() as session:
        places = session.get_one(Appraisal, appraisal).register_objects
    for place in places.values():
        seen = desk.reader.look(place["key"], place["version"])
        assert seen.lock_until is not None
        assert seen.lock_until > desk.now() + timedelta(days=3600)
