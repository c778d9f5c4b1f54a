"""What can go wrong at the object storage, in the project's own words.

Errors of boto3 and urllib3 are translated at the edge (`storage.edge`); nothing outside this room needs to know them.
"""

from __future__ import annotations

from collections.abc import Sequence


class StorageError(Exception):
    """The object storage did not do what was asked."""


class ObjectMissing(StorageError):
    """The storage is in order and says: there is no such object, or no such version of it."""


class LockRefused(StorageError):
    """The storage would not set this retention or hold, because it may only ever be extended."""


class Forbidden(StorageError):
    """The access key may not do what was asked."""


class UploadGone(StorageError):
    """The upload is unknown to the storage, and no finished object with its content stands in its place."""


class IncompleteUpload(StorageError):
    """Parts are missing; `missing` names their numbers, to be sent again."""

    def __init__(self, message: str, missing: Sequence[int]) -> None:
        super().__init__(message)
        self.missing = tuple(missing)


class WrongChecksum(StorageError):
    """What lies in the storage, or what was sent to it, is not the content that was announced."""


class AlreadyWritten(StorageError):
    """A write-once key holds an object already; it was left as it is."""


class StorageUnavailable(StorageError):
    """The storage did not answer, or answered with a fault of its own, for as long as we were ready to wait."""


class StorageSilent(StorageUnavailable):
    """There was no answer at all, as opposed to an answer that tells of a fault with one object."""


class StorageMisconfigured(StorageError):
    """The storage answers, but a bucket, a setting or an access key is not as it must be."""


OUT_OF_REACH: tuple[type[Exception], ...] = (StorageSilent, Forbidden, StorageMisconfigured)
"""What says nothing of one object: no other can be read either."""
