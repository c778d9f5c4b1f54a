"""Kind of a file by its content. The name's ending is never trusted: recorders and people both get it wrong."""

from __future__ import annotations

import re
from pathlib import Path

from workers.media.facts import Kind, Signature

HEAD = 64 * 1024
"""Bytes read to recognise a file."""

UNKNOWN = Signature("unknown", "application/octet-stream", "")

_PREFIXES: tuple[tuple[bytes, Kind, str, str], ...] = (
    (b"\xff\xd8\xff", "photo", "image/jpeg", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "photo", "image/png", "png"),
    (b"GIF87a", "photo", "image/gif", "gif"),
    (b"GIF89a", "photo", "image/gif", "gif"),
    (b"II*\x00", "photo", "image/tiff", "tiff"),
    (b"MM\x00*", "photo", "image/tiff", "tiff"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "photo", "image/jp2", "jp2"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", "video", "video/x-ms-asf", "asf"),
    (b"FLV\x01", "video", "video/x-flv", "flv"),
    (b"\x00\x00\x01\xba", "video", "video/mpeg", "mpegps"),
    (b"\x00\x00\x01\xb3", "video", "video/mpeg", "mpegvideo"),
    (b"IMKH", "video", "video/mpeg", "mpegps"),  # Hikvision's forty bytes before a programme stream
    (b"DHAV", "video", "video/x-dhav", "dhav"),  # Dahua's own container
    (b"#!AMR-WB\n", "audio", "audio/amr-wb", "amr"),
    (b"#!AMR\n", "audio", "audio/amr", "amr"),
    (b"fLaC", "audio", "audio/flac", "flac"),
    (b"ID3", "audio", "audio/mpeg", "mp3"),
    (b".snd", "audio", "audio/basic", "au"),
    (b"caff", "audio", "audio/x-caf", "caf"),
    (b"%PDF-", "document", "application/pdf", "pdf"),
    (b"{\\rtf", "document", "application/rtf", "rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "document", "application/x-ole-storage", "ole"),
)

_RIFF: dict[bytes, Signature] = {
    b"WAVE": Signature("audio", "audio/wav", "wav"),
    b"AVI ": Signature("video", "video/x-msvideo", "avi"),
    b"AVIX": Signature("video", "video/x-msvideo", "avi"),
    b"WEBP": Signature("photo", "image/webp", "webp"),
}

_ZIP: tuple[tuple[bytes, str, str], ...] = (
    (b"OFD.xml", "application/ofd", "ofd"),
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
    (b"mimetypeapplication/vnd.oasis", "application/vnd.oasis.opendocument", "odf"),
)

_STILL_BRANDS = {b"heic": "heic", b"heix": "heic", b"heim": "heic", b"mif1": "heic", b"msf1": "heic"}
_TOP_BOXES = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"moof", b"styp"})
_ANNEX_B = re.compile(rb"\A\x00{2,3}\x01(?P<header>..)", re.DOTALL)


def signature(path: Path) -> Signature:
    """Recognise the file at `path` by its first 64 KiB. Raises OSError when it cannot be read."""
    with path.open("rb") as file:
        return signature_of(file.read(HEAD))


def signature_of(head: bytes) -> Signature:
    """Recognise a file by its first bytes; `UNKNOWN` for an empty or strange one."""
    for prefix, kind, mime, container in _PREFIXES:
        if head.startswith(prefix):
            return Signature(kind, mime, container)
    return (
        _riff(head)
        or _iso_media(head)
        or _matroska(head)
        or _ogg(head)
        or _transport_stream(head)
        or _elementary(head)
        or _bitmap(head)
        or _zip(head)
        or _text(head)
        or UNKNOWN
    )


def _riff(head: bytes) -> Signature | None:
    if head[:4] in (b"RIFF", b"RF64"):
        return _RIFF.get(head[8:12])
    if head.startswith(b"riff\x2e\x91\xcf\x11"):
        return Signature("audio", "audio/x-w64", "w64")
    return None


def _iso_media(head: bytes) -> Signature | None:
    box = head[4:8]
    if box in _TOP_BOXES:  # QuickTime before 2005 has no ftyp, and a broken card may have lost it
        return Signature("video", "video/quicktime", "mov")
    if box != b"ftyp":
        return None
    brand = head[8:12]
    if brand in _STILL_BRANDS:
        return Signature("photo", "image/heic", _STILL_BRANDS[brand])
    if brand in (b"avif", b"avis"):
        return Signature("photo", "image/avif", "avif")
    if brand == b"qt  ":
        return Signature("video", "video/quicktime", "mov")
    if brand[:3] in (b"3gp", b"3g2", b"3gr", b"3gs"):
        return Signature("video", "video/3gpp", "3gp")
    if brand in (b"M4A ", b"M4B "):
        return Signature("audio", "audio/mp4", "m4a")
    return Signature("video", "video/mp4", "mp4")


def _matroska(head: bytes) -> Signature | None:
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        return None
    if b"webm" in head[:128]:
        return Signature("video", "video/webm", "webm")
    return Signature("video", "video/x-matroska", "mkv")


def _ogg(head: bytes) -> Signature | None:
    if not head.startswith(b"OggS"):
        return None
    if b"\x80theora" in head[:256]:
        return Signature("video", "video/ogg", "ogg")
    return Signature("audio", "audio/ogg", "ogg")


def _transport_stream(head: bytes) -> Signature | None:
    # Sync byte every 188 bytes; AVCHD puts four bytes of time before each packet (192).
    for step, start in ((188, 0), (192, 4), (204, 0)):
        at = range(start, min(len(head), start + step * 8), step)
        if len(at) >= 3 and all(head[i] == 0x47 for i in at):
            return Signature("video", "video/mp2t", "mpegts")
    return None


def _elementary(head: bytes) -> Signature | None:
    found = _ANNEX_B.match(head)
    if found is not None:
        first, second = found["header"]
        if first & 0x9F in (0x07, 0x09):  # parameter set or delimiter, H.264
            return Signature("video", "video/h264", "h264")
        if first >> 1 & 0x3F in (32, 35) and first & 0x81 == 0 and second & 0x07:
            return Signature("video", "video/h265", "hevc")
    if len(head) > 2 and head[0] == 0xFF:
        if head[1] & 0xF6 == 0xF0:
            return Signature("audio", "audio/aac", "aac")
        if head[1] & 0xE0 == 0xE0 and head[1] & 0x06 and head[2] & 0xF0 not in (0x00, 0xF0):
            return Signature("audio", "audio/mpeg", "mp3")
    if head.startswith(b"\x0b\x77"):
        return Signature("audio", "audio/ac3", "ac3")
    return None


def _bitmap(head: bytes) -> Signature | None:
    if (
        head.startswith(b"BM")
        and len(head) > 26
        and head[14:18] in (b"\x28\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0")
    ):
        return Signature("photo", "image/bmp", "bmp")
    return None


def _zip(head: bytes) -> Signature | None:
    if not head.startswith(b"PK\x03\x04"):
        return None
    for mark, mime, container in _ZIP:
        if mark in head:
            return Signature("document", mime, container)
    return Signature("unknown", "application/zip", "zip")


def _text(head: bytes) -> Signature | None:
    if not head or b"\0" in head:
        return None
    for encoding in ("utf-8", "gb18030"):
        try:
            text = head[:4096].decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(head[:4096]) - 4:
                continue
            text = head[: error.start].decode(encoding)
        strange = sum(1 for c in text if not c.isprintable() and c not in "\r\n\t\f\x1b")
        if text and strange == 0:
            return Signature("document", "text/plain", "text")
    return None
