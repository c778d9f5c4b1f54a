"""Walking through catalog and storage side by side, in the order of keys, with both in sight only where they stand."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from catalog.inventory.kinds import NOT_OURS_TO_KNOW, kind_of
from catalog.ports import InventoryReader, ListedVersion, SeenObject
from catalog.rules.inventory import Difference, Expected, compare

THREADS = 8
AHEAD = 64
"""Objects that are asked after while earlier ones are compared."""


@dataclass(frozen=True, slots=True)
class Side:
    """One version in storage with what the second reader sees of it; None when it went since it was listed."""

    listed: ListedVersion
    seen: SeenObject | None


def walk(
    expected: Iterator[tuple[str, dict[str, Expected]]],
    reader: InventoryReader,
    *,
    versioned: bool,
    on_look: Callable[[int], None],
) -> Iterator[Difference]:
    """Answer where a bucket differs from what is expected of it; both sides in the order of their keys.

    Without `versioned` objects are compared as they are listed, by key and size. `on_look` is told how many expected
    objects were passed. Raises the reader's errors: a listing cut short proves nothing.
    """
    stored = _looked_at(reader) if versioned else (Side(line, None) for line in reader.versions())
    side = next(stored, None)
    key, wanted = next(expected, (None, {}))
    while side is not None or key is not None:
        if side is None or (key is not None and key < side.listed.key):
            yield from (_missing(one) for one in wanted.values())
            on_look(len(wanted))
            key, wanted = next(expected, (None, {}))
            continue
        here = side.listed.key
        mine = wanted if here == key else {}
        left, known = dict(mine), bool(mine)
        while side is not None and side.listed.key == here:
            yield from _differ(side, left, reader.bucket, versioned=versioned, known=known)
            side = next(stored, None)
        if known:
            yield from (_missing(one) for one in left.values())
            on_look(len(mine))
            key, wanted = next(expected, (None, {}))


def _looked_at(reader: InventoryReader) -> Iterator[Side]:
    """Every version with what is seen of it, in order, a few asked after at once."""

    def look(line: ListedVersion) -> Side:
        if line.marker:
            return Side(line, None)
        try:
            return Side(line, reader.look(line.key, line.version))
        except reader.ObjectMissing:
            return Side(line, None)

    with ThreadPoolExecutor(THREADS, thread_name_prefix="inventory") as threads:
        asked: deque[Future[Side]] = deque()
        try:
            for line in reader.versions():
                asked.append(threads.submit(look, line))
                if len(asked) >= AHEAD:
                    yield asked.popleft().result()
            while asked:
                yield asked.popleft().result()
        finally:
            for future in asked:
                future.cancel()


def _differ(
    side: Side, left: dict[str, Expected], bucket: str, *, versioned: bool, known: bool
) -> Iterable[Difference]:
    """Compare one version, and strike it off what is left to find under its key."""
    line = side.listed
    kind = kind_of(line.key)
    name = kind.name if kind else "unknown"
    if line.marker:
        yield Difference("delete-marker", name, bucket, line.key, line.version, "hides the key")
        return
    if not versioned:
        found = left.pop("", None)
        if found is not None and found.size != line.size:
            said = f"{line.size} bytes instead of {found.size}"
            yield Difference("size", name, bucket, line.key, "", said)
        elif found is None and not line.key.startswith(NOT_OURS_TO_KNOW):
            yield Difference("extra", name, bucket, line.key, "", f"{line.size} bytes")
        return
    if side.seen is None:
        return  # it went between listing and looking: missing, if it is expected
    found = left.pop(line.version, None)
    if found is None:
        word = "extra-version" if known else "extra"
        yield Difference(word, name, bucket, line.key, line.version, f"{line.size} bytes")  # type: ignore[arg-type]
    else:
        yield from compare(found, side.seen)


def _missing(one: Expected) -> Difference:
    return Difference("missing", one.kind, one.bucket, one.key, one.version, f"{one.size} bytes", one.clip)
