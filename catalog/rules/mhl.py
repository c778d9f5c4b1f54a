"""ASC MHL v2.0: the manifest and chain file that the public `ascmhl` tool verifies. Pure.

The tool knows neither SHA-256 nor SM3. Of what it knows, C4 (SMPTE ST 2114) is the one no one can forge: a SHA-512
written in base 58. It is what the server computed while it read the original back from storage.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

FOLDER = "ascmhl"
CHAIN_FILE = "ascmhl_chain.xml"
_CHARSET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class MhlFile:
    """One original as the manifest lists it."""

    path: str
    """From `mhl_paths`."""
    size: int
    modified_ns: int | None
    sha512: str
    computed: datetime
    """When that digest was computed, UTC."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who made the manifest, from where, and why."""

    host: str
    version: str
    made: datetime
    comment: str


def c4_id(sha512: str) -> str:
    """Answer the C4 identifier of a SHA-512 in hexadecimal. Raises ValueError when it is none."""
    if len(sha512) != 128:
        raise ValueError("a SHA-512 has 128 hexadecimal digits")
    number, digits = int(sha512, 16), ""
    while number:
        number, rest = divmod(number, 58)
        digits = _CHARSET[rest] + digits
    return "c4" + digits.rjust(88, _CHARSET[0])


def mhl_paths(paths: Sequence[bytes]) -> list[str]:
    """Answer for each path of a recorder the name it has in a manifest and in a folder of downloads, all different.

    Almost always the path itself. What XML cannot hold is written as `%XX`; a folder that the tool would take for a
    history of its own, or a name it passes over, gets an underscore.
    """
    taken: set[str] = set()
    return [_unused("/".join(_component(part) for part in path.split(b"/")), taken) for path in paths]


def _component(part: bytes) -> str:
    text = "".join(_plain(c) for c in part.decode("utf-8", errors="surrogateescape"))
    if text.strip() != text or text in {"", ".", ".."}:
        text = f"_{text.strip()}_"
    return f"{text}_" if text.casefold() in {FOLDER, ".ds_store"} else text


def _plain(character: str) -> str:
    if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or character in "\ufffe\uffff":
        return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogateescape"))
    return character


def _unused(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    taken.add(free)
    return free


def manifest_name(label: str, made: datetime) -> str:
    """Answer the file name of the first generation, as the tool expects it."""
    return f"0001_{label}_{made.astimezone(UTC):%Y-%m-%d_%H%M%SZ}.mhl"


def manifest_xml(origin: Origin, files: Iterable[MhlFile]) -> bytes:
    """Answer the manifest."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<hashlist version="2.0" xmlns="urn:ASC:MHL:v2.0">',
        "  <creatorinfo>",
        f"    <creationdate>{_moment(origin.made)}</creationdate>",
        f"    <hostname>{escape(origin.host)}</hostname>",
        f"    <tool version={quoteattr(origin.version)}>Liuhen</tool>",
        f"    <comment>{escape(origin.comment)}</comment>",
        "  </creatorinfo>",
        "  <processinfo>",
        "    <process>transfer</process>",
        "    <ignore>",
        f"      <pattern>{FOLDER}</pattern>",
        f"      <pattern>{FOLDER}/</pattern>",
        "    </ignore>",
        "  </processinfo>",
        "  <hashes>",
    ]
    for file in files:
        modified = _modified(file.modified_ns)
        lines += [
            "    <hash>",
            f'      <path size="{file.size}"{modified}>{escape(file.path)}</path>',
            f'      <c4 action="original" hashdate="{_moment(file.computed)}">{c4_id(file.sha512)}</c4>',
            "    </hash>",
        ]
    lines += ["  </hashes>", "</hashlist>", ""]
    return "\n".join(lines).encode()


def chain_xml(name: str, manifest: bytes) -> bytes:
    """Answer the chain file that vouches for the manifest `name`."""
    mark = c4_id(hashlib.sha512(manifest).hexdigest())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ascmhldirectory xmlns="urn:ASC:MHL:DIRECTORY:v2.0">\n'
        f'  <hashlist sequencenr="1">\n    <path>{escape(name)}</path>\n    <c4>{mark}</c4>\n  </hashlist>\n'
        "</ascmhldirectory>\n"
    ).encode()


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()


def _modified(modified_ns: int | None) -> str:
    if modified_ns is None:
        return ""
    try:
        moment = datetime.fromtimestamp(modified_ns // 1_000_000_000, UTC)
    except (OverflowError, ValueError, OSError):
        return ""  # a card may say any year
    return f' lastmodificationdate="{_moment(moment)}"'
