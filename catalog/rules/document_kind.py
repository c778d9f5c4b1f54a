"""What may be put in by the browser, decided by content alone: neither name nor stated type counts. Pure.

Papers and pictures only. Film and sound come in through a docking station, where the way from the recorder is known.
"""

from __future__ import annotations

from dataclasses import dataclass

HEAD = 4096
"""Bytes that are looked at."""


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """A kind that is taken in; `kind` as clips have it: document or photo."""

    kind: str
    mime: str


_PREFIXES = (
    (b"%PDF-", DocumentKind("document", "application/pdf")),
    (b"\xff\xd8\xff", DocumentKind("photo", "image/jpeg")),
    (b"\x89PNG\r\n\x1a\n", DocumentKind("photo", "image/png")),
    (b"II*\x00", DocumentKind("photo", "image/tiff")),
    (b"MM\x00*", DocumentKind("photo", "image/tiff")),
)
_OFD = DocumentKind("document", "application/ofd")
_WEBP = DocumentKind("photo", "image/webp")
ACCEPTED = tuple(sorted({kind.mime for _, kind in _PREFIXES} | {_OFD.mime, _WEBP.mime}))


def document_kind(head: bytes) -> DocumentKind | None:
    """Answer what a file is by its first bytes, None for what is not taken in.

    The signature stands at the very beginning: a page of script with a paper somewhere inside is none.
    """
    for prefix, kind in _PREFIXES:
        if head.startswith(prefix):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _WEBP
    if head.startswith(b"PK\x03\x04") and b"OFD.xml" in head[:HEAD]:
        return _OFD
    return None
