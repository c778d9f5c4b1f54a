"""What the catalog asks of the object storage, written down once; `storage.store.ObjectStore` answers it.

The catalog never imports the storage room: a business operation that needs both takes a store as a parameter
typed by these protocols, so it is tried in tests with a real one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Literal, Protocol


class ObjectFacts(Protocol):
    """What the storage says of one version of an object (read only)."""

    @property
    def bucket(self) -> str:
        """Name of the bucket."""

    @property
    def key(self) -> str:
        """Key of the object."""

    @property
    def version(self) -> str:
        """Version id."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def sha256(self) -> str | None:
        """Base64 checksum as stored; of the whole object for a single PUT, `…-N` (a digest of digests) for N parts."""

    @property
    def lock_mode(self) -> str | None:
        """`COMPLIANCE`, `GOVERNANCE` or None."""

    @property
    def lock_until(self) -> datetime | None:
        """UTC."""

    @property
    def hold(self) -> bool:
        """Whether a hold is on."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """What was stored beside the bytes."""


class PartFacts(Protocol):
    """A part the storage lists for an open upload, de-duplicated by number (the last one sent counts)."""

    @property
    def number(self) -> int:
        """From 1."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def etag(self) -> str:
        """The storage's mark of the part."""


class Address(Protocol):
    """A presigned address: whoever holds it may do exactly this one thing until it expires."""

    @property
    def method(self) -> Literal["PUT", "GET"]:
        """What may be done."""

    @property
    def url(self) -> str:
        """Where."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers that are signed and must be sent as they stand."""

    @property
    def expires(self) -> datetime:
        """UTC."""


class IntakeStore(Protocol):
    """What receiving an original needs.

    The errors it raises are the storage room's own; since the catalog does not import that room, the store brings
    their classes along, and the catalog says `except store.UploadGone`.
    """

    bucket: str
    UploadGone: ClassVar[type[Exception]]
    """The upload is closed or unknown, and no finished object stands in its place."""
    IncompleteUpload: ClassVar[type[Exception]]
    """Parts are missing."""
    WrongChecksum: ClassVar[type[Exception]]
    """What lies in the storage is not what was announced."""
    ObjectMissing: ClassVar[type[Exception]]
    """The storage is in order and says that there is no such object or version."""
    LockRefused: ClassVar[type[Exception]]
    """The storage would not set this lock."""
    StorageError: ClassVar[type[Exception]]
    """Base of all of them; the storage being out of reach is among them."""

    def open_multipart(self, key: str, *, lock_until: datetime, metadata: Mapping[str, str]) -> str:
        """Open an upload with a COMPLIANCE lock and SHA-256 checksums per part; answer its upload id."""

    def put_address(
        self, key: str, *, sha256: bytes, lock_until: datetime, metadata: Mapping[str, str], valid: timedelta
    ) -> Address:
        """Address of a single write-once PUT; digest, lock and `If-None-Match: *` are signed into it."""

    def part_address(
        self, key: str, upload_id: str, number: int, *, sha256: bytes, valid: timedelta
    ) -> Address:
        """Address of one part; its digest is signed into it."""

    def list_parts(self, key: str, upload_id: str) -> Sequence[PartFacts]:
        """Parts present, one entry a number. Raises `UploadGone` when the upload is closed or unknown."""

    def complete_multipart(self, key: str, upload_id: str, digests: Sequence[bytes]) -> str:
        """Close the upload write-once and answer the version id; adopts one that was already completed.

        `digests` are the parts' SHA-256 in order, as signed. Raises `UploadGone`, `IncompleteUpload`,
        `WrongChecksum`.
        """

    def abort_multipart(self, key: str, upload_id: str) -> None:
        """Drop an open upload and its parts; nothing happens when it is gone."""

    def newest(self, key: str) -> ObjectFacts | None:
        """The newest real version at `key` (delete markers skipped), or None."""

    def facts(self, key: str, version: str) -> ObjectFacts:
        """One version, by id. Raises `ObjectMissing`."""

    def extend_lock(self, key: str, version: str, until: datetime) -> None:
        """Set COMPLIANCE until `until`. Raises `LockRefused`, `ObjectMissing`."""


class LockStore(Protocol):
    """What keeping originals locked and held as desired needs; errors as in `IntakeStore`."""

    bucket: str
    ObjectMissing: ClassVar[type[Exception]]
    LockRefused: ClassVar[type[Exception]]
    StorageError: ClassVar[type[Exception]]
    OutOfReach: ClassVar[tuple[type[Exception], ...]]
    """Those among the errors that say nothing of one object: no other can be reached either."""

    def facts(self, key: str, version: str) -> ObjectFacts:
        """One version, by id. Raises `ObjectMissing`."""

    def extend_lock(self, key: str, version: str, until: datetime) -> None:
        """Set COMPLIANCE until `until`. Raises `LockRefused`, `ObjectMissing`."""

    def set_hold(self, key: str, version: str, on: bool) -> None:
        """Switch the hold of one version on or off. Raises `LockRefused`, `ObjectMissing`."""


class PartSender(Protocol):
    """What sends bytes to the addresses of an upload, from the server itself."""

    Refused: ClassVar[type[Exception]]
    """These bytes are not taken at this address, and would not be at another try."""
    Away: ClassVar[type[Exception]]
    """The storage could not be reached."""

    def put(self, address: Address, body: bytes) -> None:
        """PUT one part. Raises `Refused`, `Away`."""


class DocumentStore(IntakeStore, Protocol):
    """What taking in a document by the browser needs: its bytes go through us; errors as in `IntakeStore`."""

    AlreadyWritten: ClassVar[type[Exception]]
    """The key holds an object already; it was left as it is."""

    def put_locked(self, key: str, body: bytes, *, lock_until: datetime, metadata: Mapping[str, str]) -> str:
        """Write an object once, locked from birth, and answer its version id. Raises `AlreadyWritten`."""

    def put_part(self, key: str, upload_id: str, number: int, body: bytes, *, sha256: bytes) -> None:
        """Write one part of an open upload; the storage refuses other bytes than those of the digest."""


class ReadStore(Protocol):
    """What reading an original back needs; errors as in `IntakeStore`."""

    bucket: str
    ObjectMissing: ClassVar[type[Exception]]
    StorageError: ClassVar[type[Exception]]

    def facts(self, key: str, version: str) -> ObjectFacts:
        """One version, by id. Raises `ObjectMissing`."""

    def read(self, key: str, version: str, *, chunk: int = 1 << 22) -> Iterator[bytes]:
        """The bytes of one version in order, in chunks of `chunk` bytes. Raises `ObjectMissing`, `StorageUnavailable`."""

    def get_address(
        self, key: str, *, version: str | None, valid: timedelta, disposition: str, content_type: str
    ) -> Address:
        """Address for looking at or downloading one version, under the public address of the storage."""


class DerivedStore(Protocol):
    """What looking after renditions needs; errors as in `IntakeStore`."""

    bucket: str
    StorageError: ClassVar[type[Exception]]

    def list_versions(self, prefix: str = "") -> Iterator[ListedVersion]:
        """Every object under `prefix`, by key."""

    def newest(self, key: str) -> ObjectFacts | None:
        """The newest real version at `key`, or None."""

    def delete(self, key: str) -> None:
        """Delete one rendition; nothing happens when it is gone. Originals are refused."""


class DisposalStore(Protocol):
    """What destroying an original needs, with the key that may; errors as in `IntakeStore`."""

    bucket: str
    ObjectMissing: ClassVar[type[Exception]]
    LockRefused: ClassVar[type[Exception]]
    """The storage would not delete this version: a lock or a hold stands."""
    StorageError: ClassVar[type[Exception]]

    def versions(self, key: str) -> Sequence[ListedVersion]:
        """Every version and delete marker of exactly this key."""

    def delete_version(self, key: str, version: str) -> None:
        """Delete one version or marker by its id; nothing happens when it is gone. Raises `LockRefused`."""


class SheetStore(ReadStore, Protocol):
    """What keeping small objects of our own under lock needs (sheets, manifests); errors as in `IntakeStore`."""

    AlreadyWritten: ClassVar[type[Exception]]
    """The key holds an object already; it was left as it is."""
    LockRefused: ClassVar[type[Exception]]
    OutOfReach: ClassVar[tuple[type[Exception], ...]]
    """Those among the errors that say nothing of one object: no other can be reached either."""

    def put_locked(self, key: str, body: bytes, *, lock_until: datetime, metadata: Mapping[str, str]) -> str:
        """Write an object once, locked from birth, and answer its version id. Raises `AlreadyWritten`."""

    def newest(self, key: str) -> ObjectFacts | None:
        """The newest real version at `key` (delete markers skipped), or None."""

    def extend_lock(self, key: str, version: str, until: datetime) -> None:
        """Set COMPLIANCE until `until`. Raises `LockRefused`, `ObjectMissing`."""


class StampAuthority(Protocol):
    """A time-stamping authority as it is asked (RFC 3161 §3.4); the workers know how to reach it."""

    Away: ClassVar[type[Exception]]
    """It could not be asked, or gave nothing that could be an answer; trying again may help."""

    def answer(self, request: bytes) -> bytes:
        """The response to a request, both DER, unchecked. Raises `Away` with the reason in plain words."""


class LogCollector(Protocol):
    """A log collector as entries are handed to it; the workers know how to reach it."""

    Away: ClassVar[type[Exception]]
    """Not handed over, or nobody knows; sending the same again may help."""

    def send(self, messages: Sequence[bytes]) -> None:
        """Hand over messages in this order, all or (raising `Away`) perhaps only some."""


class ListedVersion(Protocol):
    """One line of a listing of versions."""

    @property
    def key(self) -> str:
        """Key of the object."""

    @property
    def version(self) -> str:
        """Version id."""

    @property
    def size(self) -> int:
        """Bytes; 0 for a delete marker."""

    @property
    def modified(self) -> datetime:
        """When it was written, by the storage's clock, UTC."""

    @property
    def marker(self) -> bool:
        """A delete marker: hides the key, holds nothing."""


class SeenObject(Protocol):
    """One version of an object as the second reader sees it."""

    @property
    def key(self) -> str:
        """Key of the object."""

    @property
    def version(self) -> str:
        """Version id."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def sha256(self) -> str | None:
        """As `ObjectFacts.sha256`."""

    @property
    def lock_mode(self) -> str | None:
        """`COMPLIANCE`, `GOVERNANCE` or None."""

    @property
    def lock_until(self) -> datetime | None:
        """UTC."""

    @property
    def hold(self) -> bool:
        """Whether a hold is on."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """What was stored beside the bytes."""


class InventoryReader(Protocol):
    """What inventory and rebuilding ask of the storage: a client that shares no code with the writer (`storage.reader`)."""

    bucket: str
    ObjectMissing: ClassVar[type[Exception]]
    StorageError: ClassVar[type[Exception]]
    OutOfReach: ClassVar[tuple[type[Exception], ...]]
    """Those among the errors that say nothing of one object: no other can be read either."""

    def versions(self, prefix: str = "") -> Iterator[ListedVersion]:
        """Every version and delete marker under `prefix`, in the order of their keys' bytes."""

    def look(self, key: str, version: str) -> SeenObject:
        """One version, by id. Raises `ObjectMissing`."""

    def read(self, key: str, version: str) -> Iterator[bytes]:
        """The bytes of one version in order. Raises `ObjectMissing`."""
