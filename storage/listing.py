"""Listings, page by page, each page repeatable.

boto3's own paginators are generators: after an error they end, and a listing cut short would look complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from storage.facts import ListedVersion, OpenUpload

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from storage.edge import Patience


class Listed(Protocol):
    """What can be listed: a bucket as one access key reaches it."""

    bucket: str
    client: S3Client
    patience: Patience


def versions(store: Listed, prefix: str) -> Iterator[ListedVersion]:
    """Every version and delete marker under `prefix`, by key, newest first."""
    marks: dict[str, Any] = {}
    while True:
        page = store.patience.call(
            "listing versions",
            lambda marks=marks: store.client.list_object_versions(  # type: ignore[misc]
                Bucket=store.bucket, Prefix=prefix, **marks
            ),
        )
        found = [_listed(v, marker=False) for v in page.get("Versions", [])]
        found += [_listed(v, marker=True) for v in page.get("DeleteMarkers", [])]
        found.sort(key=lambda v: v.modified, reverse=True)
        found.sort(key=lambda v: v.key)
        yield from found
        if not page.get("IsTruncated"):
            return
        marks = {"KeyMarker": page["NextKeyMarker"]}
        if page.get("NextVersionIdMarker"):
            marks["VersionIdMarker"] = page["NextVersionIdMarker"]


def _listed(entry: Any, *, marker: bool) -> ListedVersion:
    return ListedVersion(
        key=entry["Key"],
        version=entry["VersionId"],
        size=entry.get("Size", 0),
        modified=entry["LastModified"],
        newest=entry["IsLatest"],
        marker=marker,
    )


def open_uploads(store: Listed, prefix: str) -> Iterator[OpenUpload]:
    """Uploads under `prefix` that were neither completed nor dropped."""
    marks: dict[str, Any] = {}
    while True:
        page = store.patience.call(
            "listing open uploads",
            lambda marks=marks: store.client.list_multipart_uploads(  # type: ignore[misc]
                Bucket=store.bucket, Prefix=prefix, **marks
            ),
        )
        for upload in page.get("Uploads", []):
            yield OpenUpload(upload["Key"], upload["UploadId"], upload["Initiated"])
        if not page.get("IsTruncated"):
            return
        marks = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
