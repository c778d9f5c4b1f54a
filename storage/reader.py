"""The second, independent reader: what the storage holds, as seen by a client that shares no code with the writer.

`storage.store` writes with boto3; this module reads with the `minio` client. What both agree on, no single library
has made up. Used by audits, by the rebuilding of the catalog, and by the tests.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error, ServerError
from urllib3.exceptions import IncompleteRead, MaxRetryError, ResponseError

from storage import errors
from storage.errors import (
    ObjectMissing,
    StorageError,
    StorageMisconfigured,
    StorageSilent,
    StorageUnavailable,
)
from storage.facts import ListedVersion
from storage.keys import ORIGINALS
from storage.settings import StorageSettings

_META = "x-amz-meta-"
WINDOW = 4000
"""Lines of a listing that are held back to put them in order: delete markers come at the end of each page of 1000, and
SeaweedFS sorts by names of its own."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One version of an object, as the second reader sees it."""

    key: str
    version: str
    size: int
    """Bytes."""
    sha256: str | None
    """Checksum as the storage states it, base64, `…-N` for N parts."""
    lock_mode: str | None
    lock_until: datetime | None
    """UTC."""
    hold: bool
    metadata: dict[str, str]
    marker: bool
    """A delete marker: nothing else is known of it."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Digests of the bytes as they came back."""

    size: int
    sha256: bytes
    sm3: bytes
    composite: str | None
    """S3's checksum recomputed over parts of the size asked for; None if none was asked for."""


_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class SecondReader:
    """Reads one bucket. Thread-safe; keeps its connections open until `close`.

    Answers `catalog.ports.InventoryReader`.
    """

    ObjectMissing: ClassVar[type[Exception]] = errors.ObjectMissing
    StorageError: ClassVar[type[Exception]] = errors.StorageError
    OutOfReach: ClassVar[tuple[type[Exception], ...]] = errors.OUT_OF_REACH

    def __init__(self, settings: StorageSettings, bucket: str | None = None) -> None:
        url, key = urlsplit(settings.endpoint_url), settings.access_key("everyday")
        self.bucket = bucket or settings.evidence_bucket
        self._http = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=5, read=60),
            maxsize=settings.connections,
            retries=urllib3.Retry(total=5, backoff_factor=0.5, status_forcelist=[500, 502, 503, 504]),
            ca_certs=str(settings.ca_bundle) if settings.ca_bundle else None,
        )
        self._client = Minio(
            url.netloc,
            access_key=key.access_key,
            secret_key=key.secret_key.get_secret_value(),
            secure=url.scheme == "https",
            region=settings.region,
            http_client=self._http,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.clear()

    def originals(self, prefix: str = ORIGINALS) -> Iterator[Seen]:
        """Every version under `prefix`, delete markers included, with lock and metadata. Raises StorageError."""
        for found in self._listing(prefix):
            if found.marker:
                yield Seen(
                    found.key, found.version, 0, None, None, None, hold=False, metadata={}, marker=True
                )
            else:
                yield self.look(found.key, found.version)

    def versions(self, prefix: str = "") -> Iterator[ListedVersion]:
        """Every version and delete marker under `prefix`, in the order of their keys' bytes, memory bounded.

        Raises StorageError, also when the listing is so far out of order that it cannot be put right within `WINDOW`
        lines: something would be taken for missing that is there.
        """
        held: list[tuple[str, int, ListedVersion]] = []
        last = ""
        for number, found in enumerate(self._listing(prefix)):
            line = (found.key, number, found)
            key, _, first = heapq.heappushpop(held, line) if len(held) >= WINDOW else ("", 0, None)
            if first is None:
                heapq.heappush(held, line)
                continue
            if key < last:
                raise StorageError(
                    f"listing {prefix or self.bucket}: the storage lists its keys out of order"
                )
            last = key
            yield first
        while held:
            yield heapq.heappop(held)[2]

    def _listing(self, prefix: str) -> Iterator[ListedVersion]:
        listing = self._client.list_objects(self.bucket, prefix=prefix, recursive=True, include_version=True)
        while True:
            try:
                found = next(listing, None)
            except (MinioException, urllib3.exceptions.HTTPError) as error:
                raise _own(error, f"listing {prefix or self.bucket}") from error
            if found is None:
                return
            yield ListedVersion(
                key=str(found.object_name),
                version=str(found.version_id),
                size=int(found.size or 0),
                modified=(found.last_modified or _LONG_AGO).astimezone(UTC),
                newest=str(found.is_latest).lower() == "true",
                marker=bool(found.is_delete_marker),
            )

    def look(self, key: str, version: str) -> Seen:
        """One version, by id. Raises ObjectMissing."""
        try:
            answer = self._client.stat_object(
                self.bucket,
                key,
                version_id=version,
                extra_headers={"x-amz-checksum-mode": "ENABLED"},
            )
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            raise _own(error, f"looking at {key}") from error
        headers: Any = {name.lower(): value for name, value in (answer.metadata or {}).items()}
        until = headers.get("x-amz-object-lock-retain-until-date")
        return Seen(
            key=key,
            version=str(answer.version_id or version),
            size=int(answer.size or 0),
            sha256=headers.get("x-amz-checksum-sha256"),
            lock_mode=headers.get("x-amz-object-lock-mode"),
            lock_until=datetime.fromisoformat(until).astimezone(UTC) if until else None,
            hold=headers.get("x-amz-object-lock-legal-hold") == "ON",
            metadata={n.removeprefix(_META): v for n, v in headers.items() if n.startswith(_META)},
            marker=False,
        )

    def read_back(self, key: str, version: str, *, part_size: int | None = None) -> ReadBack:
        """Read one version whole and answer its digests. `part_size` in bytes: recompute S3's composite as well.

        Raises ObjectMissing, StorageUnavailable (also when fewer bytes come than were announced).
        """
        whole, sm3, parts = hashlib.sha256(), hashlib.new("sm3"), _Parts(part_size)
        size = 0
        for chunk in self.read(key, version):
            size += len(chunk)
            whole.update(chunk)
            sm3.update(chunk)
            parts.update(chunk)
        return ReadBack(size, whole.digest(), sm3.digest(), parts.composite())

    def read(self, key: str, version: str) -> Iterator[bytes]:
        """The bytes of one version in order. Raises as `read_back`."""
        try:
            answer = self._client.get_object(self.bucket, key, version_id=version)
            try:
                yield from answer.stream(1 << 20)
            finally:
                answer.close()
                answer.release_conn()
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            raise _own(error, f"reading {key}") from error


class _Parts:
    """Cuts a stream into parts of a fixed size and digests each."""

    def __init__(self, size: int | None) -> None:
        self._size = size
        self._digests: list[bytes] = []
        self._current = hashlib.sha256()
        self._filled = 0

    def update(self, chunk: bytes) -> None:
        if self._size is None:
            return
        view = memoryview(chunk)
        while view:
            piece = view[: self._size - self._filled]
            self._current.update(piece)
            self._filled += len(piece)
            view = view[len(piece) :]
            if self._filled == self._size:
                self._cut()

    def _cut(self) -> None:
        self._digests.append(self._current.digest())
        self._current, self._filled = hashlib.sha256(), 0

    def composite(self) -> str | None:
        if self._size is None:
            return None
        if self._filled or not self._digests:
            self._cut()
        whole = hashlib.sha256(b"".join(self._digests)).digest()
        return f"{base64.b64encode(whole).decode()}-{len(self._digests)}"


def agrees(stated: str | None, read: ReadBack) -> bool:
    """Whether what was read back is what the storage's checksum says. False when it states none."""
    if stated is None:
        return False
    if "-" in stated:
        return stated == read.composite
    try:
        return base64.b64decode(stated, validate=True) == read.sha256
    except binascii.Error:
        return False


def _own(error: Exception, what: str) -> StorageError:
    if isinstance(error, S3Error):
        said = f"{what}: the storage answered {error.code}"
        if error.code in {"NoSuchKey", "NoSuchVersion", "MethodNotAllowed"}:
            return ObjectMissing(said)
        if error.code in {"NoSuchBucket", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"}:
            return StorageMisconfigured(said)
        return StorageError(said)
    if _answered(error):
        return StorageUnavailable(f"{what}: the storage answered with a fault ({type(error).__name__})")
    return StorageSilent(f"{what}: the storage did not answer ({type(error).__name__})")


def _answered(error: Exception) -> bool:
    """Whether there was an answer, which tells of a fault with this object: 5xx again and again, or too few bytes."""
    if isinstance(error, MaxRetryError):
        return isinstance(error.reason, ResponseError)
    return isinstance(error, (ServerError, IncompleteRead)) or isinstance(error.__cause__, IncompleteRead)
