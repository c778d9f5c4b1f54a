"""The parts a printed document is made of. Plain data: whoever writes a document knows nothing of PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A line above a part of the document."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; line breaks in it are kept."""

    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of a name and its value, one line each."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head that is repeated on every page."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float] | None = None
    """Shares of the page's width; equal where None."""


@dataclass(frozen=True, slots=True)
class Signatures:
    """Lines to sign and date on, one for each name."""

    names: Sequence[str]


Block = Heading | Paragraph | Facts | Table | Signatures
