"""The object storage as the rest of the product sees it: one bucket, reached with one access key, by boto3."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from boto3.s3.transfer import TransferConfig

from storage import addresses, errors, listing, multipart, reading
from storage.addresses import Signer, base64_digest, checked_metadata, whole_second
from storage.edge import Patience, connect
from storage.errors import ObjectMissing, StorageError, UploadGone
from storage.facts import Address, ListedVersion, ObjectFacts, OpenUpload, PartFacts, facts_of_head
from storage.settings import KeyRole, StorageSettings

_RENDITION_TRANSFER = TransferConfig(
    multipart_threshold=64 << 20, multipart_chunksize=32 << 20, max_concurrency=2
)


class ObjectStore:
    """One bucket. Thread-safe; make one per process and bucket and keep it, since it holds the connections.

    Answers `catalog.ports.IntakeStore`, `LockStore`, `ReadStore`, `SheetStore` and `DerivedStore`. Every method raises `StorageUnavailable` when the storage
    stayed away for `settings.patience_seconds`, and `Forbidden` when the access key may not do it.
    """

    # The catalog names errors through its store, since it imports nothing of this room.
    UploadGone: ClassVar[type[Exception]] = errors.UploadGone
    IncompleteUpload: ClassVar[type[Exception]] = errors.IncompleteUpload
    WrongChecksum: ClassVar[type[Exception]] = errors.WrongChecksum
    AlreadyWritten: ClassVar[type[Exception]] = errors.AlreadyWritten
    ObjectMissing: ClassVar[type[Exception]] = errors.ObjectMissing
    LockRefused: ClassVar[type[Exception]] = errors.LockRefused
    StorageError: ClassVar[type[Exception]] = errors.StorageError
    OutOfReach: ClassVar[tuple[type[Exception], ...]] = errors.OUT_OF_REACH

    def __init__(self, settings: StorageSettings, bucket: str, role: KeyRole = "everyday") -> None:
        self.settings = settings
        self.bucket = bucket
        self.client = connect(settings, role)
        self.patience = Patience(settings.patience_seconds, settings.confirm_missing_seconds)
        self._signer = Signer(settings.address_url, settings.region, settings.access_key(role))

    def close(self) -> None:
        """Close the connections; the store is of no use afterwards."""
        self.client.close()

    # Receiving originals

    def open_multipart(self, key: str, *, lock_until: datetime, metadata: Mapping[str, str]) -> str:
        """Open an upload with a COMPLIANCE lock and SHA-256 checksums per part; answer its upload id."""
        until, meta = whole_second(lock_until), checked_metadata(metadata)
        return self.patience.call(
            f"opening an upload for {key}",
            lambda: self.client.create_multipart_upload(
                Bucket=self.bucket,
                Key=key,
                ChecksumAlgorithm="SHA256",
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=until,
                Metadata=meta,
            )["UploadId"],
        )

    def put_address(
        self, key: str, *, sha256: bytes, lock_until: datetime, metadata: Mapping[str, str], valid: timedelta
    ) -> Address:
        """Address of a single write-once PUT; digest, lock and `If-None-Match: *` are signed into it."""
        headers = {
            **addresses.checksum_header(sha256),
            **addresses.lock_headers(lock_until),
            **addresses.metadata_headers(metadata),
            "if-none-match": "*",
        }
        return self._signer.address("PUT", self.bucket, key, valid=valid, headers=headers)

    def part_address(
        self, key: str, upload_id: str, number: int, *, sha256: bytes, valid: timedelta
    ) -> Address:
        """Address of one part; its digest is signed into it."""
        return self._signer.address(
            "PUT",
            self.bucket,
            key,
            valid=valid,
            query={"partNumber": str(number), "uploadId": upload_id},
            headers=addresses.checksum_header(sha256),
        )

    def put_part(self, key: str, upload_id: str, number: int, body: bytes, *, sha256: bytes) -> None:
        """Write one part of an open upload from here; the storage refuses other bytes than those of the digest."""
        self.patience.call(
            f"writing part {number} of {key}",
            lambda: self.client.upload_part(
                Bucket=self.bucket,
                Key=key,
                UploadId=upload_id,
                PartNumber=number,
                Body=body,
                ChecksumSHA256=base64_digest(sha256),
            ),
        )

    def list_parts(self, key: str, upload_id: str) -> list[PartFacts]:
        """Parts present, one entry a number. Raises `UploadGone` when the upload is closed or unknown."""
        return self.patience.call(
            f"listing parts of {key}",
            lambda: multipart.list_parts(self.client, self.bucket, key, upload_id),
        )

    def complete_multipart(self, key: str, upload_id: str, digests: Sequence[bytes]) -> str:
        """Close the upload write-once and answer the version id; adopts one that was already completed.

        `digests` are the parts' SHA-256 in order, as signed. Raises `UploadGone`, `IncompleteUpload` (naming the
        parts), `WrongChecksum`. The object may be born unlocked if the upload's lock date has passed meanwhile:
        extend the lock and read it back.
        """
        return multipart.complete(self, key, upload_id, digests)

    def abort_multipart(self, key: str, upload_id: str) -> None:
        """Drop an open upload and its parts; nothing happens when it is gone.

        Left alone as well when an object stands at `key`: after a crash in the middle of completion the object
        may consist of the very parts that dropping the upload would delete.
        """
        if self.newest(key) is not None:
            return
        try:
            self.patience.call(
                f"dropping an upload of {key}",
                lambda: self.client.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload_id),
            )
        except UploadGone:
            return

    def open_uploads(self, prefix: str = "") -> Iterator[OpenUpload]:
        """Uploads that were neither completed nor dropped."""
        return listing.open_uploads(self, prefix)

    def put_locked(self, key: str, body: bytes, *, lock_until: datetime, metadata: Mapping[str, str]) -> str:
        """Write a small object of our own once, locked from birth, and answer its version id.

        Raises `AlreadyWritten` when the key is taken. For tokens, certificates and sheets, not for recordings.
        """
        until, meta = whole_second(lock_until), checked_metadata(metadata)
        digest = base64_digest(hashlib.sha256(body).digest())
        return self.patience.call(
            f"writing {key}",
            lambda: self.client.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=body,
                ChecksumSHA256=digest,
                IfNoneMatch="*",
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=until,
                Metadata=meta,
            ).get("VersionId", "null"),
        )

    # Facts and locks

    def newest(self, key: str) -> ObjectFacts | None:
        """The newest real version at `key` (delete markers skipped), or None."""
        try:
            return self.patience.call(f"looking at {key}", lambda: self._head(key, None))
        except ObjectMissing:
            pass
        for listed in self.list_versions(key):
            if listed.key == key and not listed.marker:
                return self.facts(key, listed.version)
        return None

    def facts(self, key: str, version: str) -> ObjectFacts:
        """One version, by id. Raises `ObjectMissing`, after asking again for a while."""
        return self.patience.call_existing(f"looking at {key}", lambda: self._head(key, version))

    def _head(self, key: str, version: str | None) -> ObjectFacts:
        by_version = {"VersionId": version} if version is not None else {}
        answer = self.client.head_object(
            Bucket=self.bucket,
            Key=key,
            ChecksumMode="ENABLED",
            **by_version,  # type: ignore[arg-type]  # the stubs know no optional version
        )
        return facts_of_head(self.bucket, key, answer)

    def extend_lock(self, key: str, version: str, until: datetime) -> None:
        """Set COMPLIANCE until `until`. Raises `LockRefused`, `ObjectMissing`."""
        moment = whole_second(until)
        self.patience.call_existing(
            f"extending the lock of {key}",
            lambda: self.client.put_object_retention(
                Bucket=self.bucket,
                Key=key,
                VersionId=version,
                Retention={"Mode": "COMPLIANCE", "RetainUntilDate": moment},
            ),
        )

    def set_hold(self, key: str, version: str, on: bool) -> None:
        """Switch the hold of one version on or off. Raises `LockRefused`, `ObjectMissing`."""
        self.patience.call_existing(
            f"setting the hold of {key}",
            lambda: self.client.put_object_legal_hold(
                Bucket=self.bucket, Key=key, VersionId=version, LegalHold={"Status": "ON" if on else "OFF"}
            ),
        )

    def list_versions(self, prefix: str = "") -> Iterator[ListedVersion]:
        """Every version and delete marker under `prefix`, by key, newest first."""
        return listing.versions(self, prefix)

    # Reading

    def read(self, key: str, version: str, *, chunk: int = 1 << 22) -> Iterator[bytes]:
        """The bytes of one version in order, in chunks of `chunk` bytes.

        Goes on where it was when the storage restarts meanwhile. Raises `ObjectMissing`, `StorageUnavailable`.
        """
        return reading.read(self, key, version, chunk)

    def get_address(
        self, key: str, *, version: str | None, valid: timedelta, disposition: str, content_type: str
    ) -> Address:
        """Address for looking at or downloading one version, under the public address of the storage."""
        query = {"response-content-disposition": disposition, "response-content-type": content_type}
        if version is not None:
            query["versionId"] = version
        return self._signer.address("GET", self.bucket, key, valid=valid, query=query)

    # Renditions: derived from originals, replaceable, in a bucket without locks

    def put(
        self,
        key: str,
        body: bytes,
        *,
        content_type: str = "application/octet-stream",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Write a rendition, replacing an earlier one."""
        self._refuse_if_locked("put")
        meta = checked_metadata(metadata or {})
        self.patience.call(
            f"writing {key}",
            lambda: self.client.put_object(
                Bucket=self.bucket, Key=key, Body=body, ContentType=content_type, Metadata=meta
            ),
        )

    def put_file(
        self,
        key: str,
        path: Path,
        *,
        content_type: str = "application/octet-stream",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Write a rendition of any size from a file, replacing an earlier one."""
        self._refuse_if_locked("put_file")
        extra = {"ContentType": content_type, "Metadata": checked_metadata(metadata or {})}
        self.patience.call(
            f"writing {key}",
            lambda: self.client.upload_file(
                str(path), self.bucket, key, ExtraArgs=extra, Config=_RENDITION_TRANSFER
            ),
        )

    def delete_prefix(self, prefix: str) -> int:
        """Delete all renditions under `prefix`; answer how many there were."""
        self._refuse_if_locked("delete_prefix")
        if not prefix.endswith("/"):
            raise ValueError("a prefix to delete ends with a slash, or it could catch a neighbour's objects")
        count = 0
        while keys := self.patience.call(
            f"listing {prefix}",
            lambda: [
                found["Key"]
                for found in self.client.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get(
                    "Contents", []
                )
            ],
        ):
            for key in keys:
                self.delete(key)
            count += len(keys)
        return count

    def delete(self, key: str) -> None:
        """Delete one rendition; nothing happens when it is gone."""
        self._refuse_if_locked("delete")
        self.patience.call(f"deleting {key}", lambda: self.client.delete_object(Bucket=self.bucket, Key=key))

    def _refuse_if_locked(self, act: str) -> None:
        if self.bucket in {self.settings.evidence_bucket, self.settings.canary_bucket}:
            raise StorageError(f"{act} is for renditions; nothing in {self.bucket} is replaced or deleted")
