"""Reading a reconciliation sheet's canonical text piece by piece. Pure.

A sheet may list 200,000 files: each entry is parsed, checked to be in RFC 8785 form and let go of, so that memory
holds the text and one entry. All is checked: frame and entries together are exactly the canonical text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import rfc8785

FILES = "files"
_DECODER = json.JSONDecoder()


class NotCanonical(ValueError):
    """The text is not the RFC 8785 form of a sheet; the message says where it departs from it."""


def frame_of(text: str) -> dict[str, Any]:
    """Answer everything of a sheet but its list of files, which is left empty. Raises NotCanonical."""
    start, end = _list_bounds(text)
    frame_text = f"{text[:start]}[]{text[end:]}"
    frame = _parsed(frame_text)
    if not isinstance(frame, dict):
        raise NotCanonical("it is no object")
    _same(frame, frame_text, "beside the list of files")
    return frame


def files_of(text: str, *, check: bool = True) -> Iterator[dict[str, Any]]:
    """Answer the entries of a sheet's list in order. Raises NotCanonical at the entry that is none.

    Without `check` their form is not compared, for a text whose digest is known.
    """
    position, _ = _list_bounds(text)
    position += 1
    number = 0
    while text[position] != "]":
        if number:
            if text[position] != ",":
                raise NotCanonical(f"after file {number}")
            position += 1
        number += 1
        entry, end = _decoded(text, position)
        if not isinstance(entry, dict):
            raise NotCanonical(f"file {number} is no object")
        if check:
            _same(entry, text[position:end], f"in file {number}")
        yield entry
        position = end


def _list_bounds(text: str) -> tuple[int, int]:
    """Where the list of files begins and where it has ended."""
    if text[:1] != "{":
        raise NotCanonical("it is no object")
    position = 1
    while True:
        key, position = _decoded(text, position)
        if text[position : position + 1] != ":":
            raise NotCanonical("a name is not followed by its value")
        position += 1
        if key == FILES:
            return position, _list_end(text, position)
        _, position = _decoded(text, position)
        if text[position : position + 1] != ",":
            raise NotCanonical("there is no list of files")
        position += 1


def _list_end(text: str, position: int) -> int:
    if text[position : position + 1] != "[":
        raise NotCanonical("its files are no list")
    position += 1
    while text[position : position + 1] != "]":
        if text[position : position + 1] == ",":
            position += 1
        _, position = _decoded(text, position)
    return position + 1


def _decoded(text: str, position: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, position)
    except (ValueError, RecursionError) as error:
        raise NotCanonical(f"it is no JSON: {error}") from error


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotCanonical(f"it is no JSON: {error}") from error


def _same(value: Any, text: str, where: str) -> None:
    try:
        canonical = rfc8785.dumps(value).decode("utf-8")
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeError) as error:
        raise NotCanonical(f"{where}: {error}") from error
    if canonical != text:
        raise NotCanonical(f"{where}: the text is not in RFC 8785 form")
