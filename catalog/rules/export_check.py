"""Checks an export of the custody log with nothing but the file: no catalog, no network. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from catalog.rules.merkle import leaf_hash
from catalog.rules.tree_root import TreeRoot

WHAT = "liuhen custody log export"
VERSION = 1
MOST_NAMED = 20
"""Findings that are named; the others are counted."""


@dataclass
class Checked:
    """What a check found: nothing wrong when `trouble` is empty."""

    trouble: list[str] = field(default_factory=list)
    more: int = 0
    """Findings beyond those named."""
    first: int = 0
    entries: int = 0
    size: int = 0
    root: str = ""

    def say(self, text: str) -> None:
        """Note something that is wrong."""
        if len(self.trouble) < MOST_NAMED:
            self.trouble.append(text)
        else:
            self.more += 1


class _Damaged(Exception):
    pass


def check_export(lines: Iterable[bytes], root: str = "") -> Checked:
    """Answer what is wrong with an export, given line by line with the line feeds.

    `root` is one that is trusted from elsewhere, such as an earlier print; whoever makes a whole file anew, digest and root
    included, is found by that alone.
    """
    found, rest = Checked(), iter(lines)
    digest = hashlib.sha256()
    begin = next(rest, b"")
    try:
        head, tree = _head(begin)
    except _Damaged as trouble:
        found.say(str(trouble))
        return found
    digest.update(begin)
    found.first, found.root = head["from"], head["root"]
    end = _entries(rest, digest, tree, head, found)
    if not end:
        found.say("the end is missing: the file was cut off, so the digest over it cannot be compared")
    else:
        named = (_object(end) or {}).get("entries")
        if end != _last_line(named, digest.hexdigest()):
            found.say(
                "the file's bytes are not those its last line has the digest of: something in it was changed"
            )
        elif named != found.entries:
            found.say("the last line names another number of entries than there are")
        if next(rest, None) is not None:
            found.say("something follows the last line; it belongs to nothing")
    found.size = tree.size
    if found.entries != head["count"]:
        found.say(f"the first line promises {head['count']} entries, the file has {found.entries}")
    if tree.root() != head["root"] or tree.size != head["size"]:
        found.say("the entries do not lead to the root of the log that the first line names")
    if root and root.lower() != head["root"]:
        found.say("the root in the first line is not the one given: this is not the log that root is of")
    return found


def _head(line: bytes) -> tuple[dict[str, Any], TreeRoot]:
    """Read the first line. Raises _Damaged."""
    head = _object(line)
    if head is None or head.get("what") != WHAT:
        raise _Damaged("line 1 is not the beginning of an export of the custody log")
    if head.get("version") != VERSION:
        raise _Damaged(
            f"this is an export of version {head.get('version')!r}; this program reads version {VERSION}"
        )
    try:
        before = [(int(one["height"]), str(one["root"])) for one in head["before"]]
        tree = TreeRoot.resumed(before)
        right = all(isinstance(head[name], int) for name in ("from", "count", "size"))
    except (KeyError, OverflowError, TypeError, ValueError):
        raise _Damaged("line 1 is damaged: it does not say what the file holds") from None
    if not right or not isinstance(head.get("root"), str) or tree.size != head["from"]:
        raise _Damaged("line 1 is damaged: what it says does not fit together")
    return head, tree


def _entries(
    lines: Iterator[bytes], digest: Any, tree: TreeRoot, head: dict[str, Any], found: Checked
) -> bytes:
    """Go through the entries; answer the last line as it stands, empty when there is none."""
    expected: int = head["from"]
    for number, line in enumerate(lines, start=2):
        entry = _object(line)
        if entry is not None and entry.get("end") is True:
            return line
        digest.update(line)
        if (
            entry is None
            or not isinstance(entry.get("record"), str)
            or not isinstance(entry.get("place"), int)
        ):
            found.say(f"line {number} is damaged: it is no entry")
            expected += 1
            continue
        found.entries += 1
        place = entry["place"]
        if place > expected:
            missing = f"{expected}" if place == expected + 1 else f"{expected} to {place - 1}"
            found.say(
                f"line {number} is the entry at place {place}, where {expected} is due: missing is {missing}"
            )
        elif place < expected:
            found.say(
                f"line {number} is the entry at place {place}, where {expected} is due: it stands out of order"
            )
        expected = place + 1
        leaf = leaf_hash(entry["record"].encode("utf-8", "surrogatepass"))
        if leaf.hex() != entry.get("leaf"):
            found.say(f"line {number}, place {place}: the record is not the one its leaf digest was made of")
        tree.add(leaf)
    return b""


def _last_line(entries: Any, sha256: str) -> bytes:
    """Answer the only form a last line has: no digest covers it, so not a byte of it may differ."""
    return b'{"end":true,"entries":%d,"sha256":"%s"}\n' % (
        entries if type(entries) is int else -1,
        sha256.encode(),
    )


def _object(line: bytes) -> dict[str, Any] | None:
    if not line.endswith(b"\n"):
        return None
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
