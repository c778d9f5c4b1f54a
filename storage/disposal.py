"""Deleting versions of originals for good, with the key that may do nothing else: for the disposal worker alone."""

from __future__ import annotations

from typing import ClassVar

from storage import errors, listing
from storage.edge import Patience, connect
from storage.errors import Forbidden, LockRefused, ObjectMissing
from storage.facts import ListedVersion
from storage.keys import clip_of
from storage.settings import StorageSettings

READ_TIMEOUT = 10
"""Seconds: a row of the catalog is locked meanwhile, and on SQLite nobody else writes."""


class DisposalStore:
    """The bucket of originals, reached with the disposal key. Answers `catalog.ports.DisposalStore`.

    It never asks to bypass a lock, and its key could not: what is locked or on hold stays.
    """

    ObjectMissing: ClassVar[type[Exception]] = errors.ObjectMissing
    LockRefused: ClassVar[type[Exception]] = errors.LockRefused
    StorageError: ClassVar[type[Exception]] = errors.StorageError

    def __init__(self, settings: StorageSettings) -> None:
        """Raises StorageMisconfigured when there is no disposal key, as in every process but one."""
        self.settings = settings
        self.bucket = settings.evidence_bucket
        self.client = connect(settings, "disposal", read_timeout=READ_TIMEOUT)
        self.patience = Patience(0, 0)

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def versions(self, key: str) -> list[ListedVersion]:
        """Every version and delete marker of exactly this key. Raises StorageError."""
        return [found for found in listing.versions(self, key) if found.key == key]

    def delete_version(self, key: str, version: str) -> None:
        """Delete one version or marker of an original by its id; nothing happens when it is gone.

        Raises LockRefused when the storage refuses, StorageError when it cannot be asked, ValueError for a key that is no
        original's or without a version: a deletion without one would only hide the object behind a marker.
        """
        if clip_of(key) is None or not version:
            raise ValueError(f"{key!r} version {version!r} is no version of an original")
        try:
            self.patience.call(
                f"deleting {key}",
                lambda: self.client.delete_object(Bucket=self.bucket, Key=key, VersionId=version),
            )
        except ObjectMissing:
            return
        except Forbidden as error:
            raise LockRefused(str(error)) from error
