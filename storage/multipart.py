"""Finishing a multipart upload so that it can be repeated after any crash, of ours or of the storage."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from storage.addresses import base64_digest
from storage.edge import error_code
from storage.errors import (
    AlreadyWritten,
    IncompleteUpload,
    UploadGone,
    WrongChecksum,
)
from storage.facts import PartFacts

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, PartTypeDef

    from storage.store import ObjectStore


def composite(digests: Sequence[bytes]) -> str:
    """S3's checksum of an object made of parts: base64 of the digest of digests, a dash, their number."""
    whole = hashlib.sha256(b"".join(digests)).digest()
    return f"{base64.b64encode(whole).decode()}-{len(digests)}"


def list_parts(client: S3Client, bucket: str, key: str, upload_id: str) -> list[PartFacts]:
    """Parts present, by number. A part sent twice may be listed twice: the later one counts."""
    newest: dict[int, tuple[datetime, PartFacts]] = {}
    for part in _listed(client, bucket, key, upload_id):
        facts = PartFacts(part["PartNumber"], part["Size"], part["ETag"])
        sent = part.get("LastModified") or datetime.min.replace(tzinfo=UTC)
        if facts.number not in newest or sent >= newest[facts.number][0]:
            newest[facts.number] = (sent, facts)
    return [newest[number][1] for number in sorted(newest)]


def _listed(client: S3Client, bucket: str, key: str, upload_id: str) -> Iterable[PartTypeDef]:
    for page in client.get_paginator("list_parts").paginate(Bucket=bucket, Key=key, UploadId=upload_id):
        yield from page.get("Parts", [])


def complete(store: ObjectStore, key: str, upload_id: str, digests: Sequence[bytes]) -> str:
    """Close the upload and answer the version id; see `ObjectStore.complete_multipart`."""
    try:
        present = {part.number: part for part in store.list_parts(key, upload_id)}
    except UploadGone as gone:
        return _adopt(store, key, digests, gone)
    missing = [number for number in range(1, len(digests) + 1) if number not in present]
    if missing:
        # A crash may have come after the object was made and before the upload was put away.
        if (version := _standing(store, key, digests)) is not None:
            return version
        named = ", ".join(map(str, missing[:20])) + (" …" if len(missing) > 20 else "")
        raise IncompleteUpload(f"{len(missing)} of {len(digests)} parts are missing: {named}", missing)
    parts: list[CompletedPartTypeDef] = [
        {"PartNumber": n, "ETag": present[n].etag, "ChecksumSHA256": base64_digest(digest)}
        for n, digest in enumerate(digests, start=1)
    ]
    try:
        return store.patience.call(f"completing {key}", lambda: _close(store, key, upload_id, parts))
    except (UploadGone, AlreadyWritten) as done:
        return _adopt(store, key, digests, done)


def _close(store: ObjectStore, key: str, upload_id: str, parts: list[CompletedPartTypeDef]) -> str:
    try:
        answer = store.client.complete_multipart_upload(
            Bucket=store.bucket,
            Key=key,
            UploadId=upload_id,
            MultipartUpload={"Parts": parts},
            IfNoneMatch="*",
        )
    except ClientError as error:
        # Our list is complete and in order, so a complaint about a part is one about its content.
        if error_code(error) in {"InvalidPart", "BadDigest", "InvalidRequest"}:
            raise WrongChecksum(
                f"completing {key}: the storage holds parts with other content than announced "
                f"({error_code(error)})"
            ) from error
        raise
    return answer.get("VersionId") or _newest_version(store, key)


def _newest_version(store: ObjectStore, key: str) -> str:
    found = store.newest(key)
    if found is None:
        raise UploadGone(f"completing {key}: the storage said done, but holds no object")
    return found.version


def _adopt(store: ObjectStore, key: str, digests: Sequence[bytes], why: Exception) -> str:
    """Answer the version a crash left complete, if it is exactly what was announced."""
    if (version := _standing(store, key, digests)) is not None:
        return version
    raise UploadGone(f"the upload of {key} is unknown to the storage, and no object stands there") from why


def _standing(store: ObjectStore, key: str, digests: Sequence[bytes]) -> str | None:
    """Answer the version that stands at `key`; None when there is none. Raises WrongChecksum for other content."""
    found = store.newest(key)
    if found is None:
        return None
    expected = composite(digests)
    if found.sha256 != expected:
        raise WrongChecksum(
            f"at {key} stands an object with checksum {found.sha256}, announced was {expected}; nothing was changed"
        )
    return found.version
