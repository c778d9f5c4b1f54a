"""Reading one version back, across restarts of the storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from storage.edge import translated
from storage.errors import StorageUnavailable

if TYPE_CHECKING:
    from storage.store import ObjectStore


def read(store: ObjectStore, key: str, version: str, chunk: int) -> Iterator[bytes]:
    """Bytes of one version in order; after a break it goes on from the byte it had reached."""
    what = f"reading {key}"
    done, size, stuck = 0, -1, 0
    while size != done:
        answer = store.patience.call_existing(what, lambda start=done: _get(store, key, version, start))  # type: ignore[misc]
        size = done + int(answer["ContentLength"])
        body = answer["Body"]
        before = done
        try:
            with translated(what):
                while data := body.read(chunk):
                    done += len(data)
                    yield data
        except StorageUnavailable:
            if done == before and stuck == 5:
                raise
        finally:
            body.close()
        stuck = 0 if done > before else stuck + 1
        if stuck > 5:
            raise StorageUnavailable(f"{what}: the answers keep ending at byte {done} of {size}")


def _get(store: ObjectStore, key: str, version: str, start: int) -> Any:
    span = {"Range": f"bytes={start}-"} if start else {}
    return store.client.get_object(Bucket=store.bucket, Key=key, VersionId=version, **span)  # type: ignore[arg-type]
