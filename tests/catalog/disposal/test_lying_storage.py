"""A storage that does not do what it says: between us and a real one stands a client that lies."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import select, update

from catalog.database import Database
from catalog.disposal.at_storage import Endpoint, Means
from catalog.models import Copy, Incident
from storage.disposal import DisposalStore
from storage.errors import StorageSilent
from tests.catalog.disposal.desk import NONE, Desk


class Liar(DisposalStore):
    """Says that it deleted, and did what `act` does."""

    def __init__(self, desk: Desk, act: Callable[[DisposalStore, str, str], None]) -> None:
        super().__init__(desk.settings)
        self._act = act

    def delete_version(self, key: str, version: str) -> None:
        self._act(self, key, version)


def executor(desk: Desk, act: Callable[[DisposalStore, str, str], None]) -> Means:
    return Means(
        database=desk.database, endpoints={"main": Endpoint(Liar(desk, act), desk.reader)},
        derived=desk.derived, clock=desk.now, margin=NONE,
    )  # fmt: skip


def nothing(_store: DisposalStore, _key: str, _version: str) -> None:
    return


def hide(store: DisposalStore, key: str, _version: str) -> None:
    store.client.delete_object(Bucket=store.bucket, Key=key)


@pytest.mark.parametrize("lie", [nothing, hide])
def test_said_to_be_deleted_and_still_there(desk: Desk, lie: Callable[..., None]) -> None:
    clip = desk.clip()
    desk.expire()
    appraisal = desk.ordered(clip)
    desk.execute(means=executor(desk, lie))
    assert desk.items(appraisal) == {clip: ("failed", "still-there")}
    assert not desk.destroyed(clip)
    assert list(desk.derived.list_versions(f"renditions/{clip}/"))
    with desk.database.read() as session:
        (incident,) = session.scalars(select(Incident)).all()
        assert incident.kind == "disposal-failed"
        assert session.scalars(select(Copy).where(Copy.clip_id == clip)).one()
    # The approval is spent: nothing is tried again without a new appraisal, which an honest storage carries out.
    assert desk.execute() == 0
    desk.settled()
    again = desk.ordered(clip)
    desk.execute()
    assert desk.items(again) == {clip: ("destroyed", "")}
    assert desk.at_storage(clip) == []


def test_a_storage_that_falls_silent_leaves_all_to_be_repeated(desk: Desk) -> None:
    clip = desk.clip()
    desk.expire()
    appraisal = desk.ordered(clip)

    def silent(_store: DisposalStore, key: str, _version: str) -> None:
        raise StorageSilent(f"deleting {key}")

    with pytest.raises(StorageSilent):
        desk.execute(means=executor(desk, silent))
    assert desk.items(appraisal) == {clip: ("deleting", "")}
    desk.execute()
    assert desk.items(appraisal) == {clip: ("destroyed", "")}


def test_an_endpoint_that_is_not_here(desk: Desk) -> None:
    clip = desk.clip()
    desk.expire()
    with desk.database.write() as session:
        session.execute(update(Copy).values(endpoint="elsewhere"))
    appraisal = desk.ordered(clip)
    desk.execute()
    assert desk.items(appraisal) == {clip: ("failed", "no-endpoint")}
    assert len(desk.at_storage(clip)) == 1


def test_a_copy_that_comes_in_meanwhile(desk: Desk) -> None:
    """The same bytes arrive while the old copy is deleted: the clip lives on with the new copy."""
    clip = desk.clip()
    desk.expire()
    appraisal = desk.ordered(clip)
    other = desk.clip(reviewed=False)

    def arrive(store: DisposalStore, key: str, version: str) -> None:
        DisposalStore.delete_version(store, key, version)

    means = executor(desk, arrive)
    real = means.derived.list_versions

    class Derived:
        bucket = desk.derived.bucket
        StorageError = desk.derived.StorageError
        newest = staticmethod(desk.derived.newest)
        delete = staticmethod(desk.derived.delete)

        @staticmethod
        def list_versions(prefix: str = "") -> object:
            give_copy(desk.database, other, clip)
            return real(prefix)

    desk.execute(means=Means(**{**means.__dict__, "derived": Derived}))
    assert desk.items(appraisal) == {clip: ("failed", "came-in-again")}
    assert not desk.destroyed(clip)
    with desk.database.read() as session:
        (left,) = session.scalars(select(Copy).where(Copy.clip_id == clip)).all()
    assert left.key == f"originals/{other}"
    assert len(desk.at_storage(other)) == 1


def give_copy(database: Database, from_clip: UUID, to_clip: UUID) -> None:
    with database.write() as session:
        session.execute(update(Copy).where(Copy.clip_id == from_clip).values(clip_id=to_clip))
