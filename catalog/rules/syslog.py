"""Entries of the custody log as syslog messages (RFC 5424), one entry a message. Pure.

What stands in front (the structured data) is enough to tell entries apart and in order: place and leaf digest. The text
behind it is the entry as it leaves in an export too, and alone is cut when a message would be too long.
"""

from __future__ import annotations

from dataclasses import dataclass

FACILITIES = {"auth": 4, "authpriv": 10, "audit": 13, **{f"local{n}": 16 + n for n in range(8)}}
"""Facilities by the name they have in the settings (RFC 5424 §6.2.1)."""
WARNING, INFORMATIONAL = 4, 6
BOM = b"\xef\xbb\xbf"
"""Says that the text is UTF-8 (RFC 5424 §6.4)."""
SMALLEST_LIMIT = 1024
"""Bytes; everything in front of the text fits into them, whatever it is."""
BUREAU_LIMIT = 48
"""Characters of the bureau's name that are sent."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What all messages of one system have in common."""

    host: str
    """Name of the machine; what is no visible ASCII is left out."""
    facility: int
    enterprise: str
    """Private enterprise number of the bureau (IANA), for the name of the structured data."""
    bureau: str
    limit: int
    """Bytes of a message at most; no fewer than `SMALLEST_LIMIT`."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a message says of its entry in front of the text."""

    place: int
    leaf: str
    entry: str
    action: str
    actor: str
    """person, station or system."""
    at: str
    """RFC 3339 in UTC with microseconds, as records have it, which is what RFC 5424 §6.2.3 wants."""
    warning: bool
    """Somebody was refused."""


def message(origin: Origin, told: Told, text: str) -> bytes:
    r"""Answer the message for an entry whose text in an export is `text` (JSON).

    A text that does not fit is cut between two characters, and its whole length in bytes is given as `cut`; place and
    leaf always stay. Control characters, and others that move or hide text, stand in it as JSON writes them (`\u0085`),
    so that it means the same and no line can be broken.
    """
    body = visible(text).encode("utf-8")
    made = _front(origin, told, 0) + BOM + body
    if len(made) <= origin.limit:
        return made
    front = _front(origin, told, len(body)) + BOM
    return front + body[: origin.limit - len(front)].decode("utf-8", "ignore").encode("utf-8")


def framed(one: bytes) -> bytes:
    """Answer a message as it goes over TCP and TLS: its length in bytes, a space, the message (RFC 6587 §3.4.1)."""
    return b"%d " % len(one) + one


def visible(json_text: str) -> str:
    """Answer JSON text in which whatever is not visible is written as an escape; it still means the same.

    Only strings can hold such characters in RFC 8785 text, so an escape is always in its place.
    """
    if json_text.isprintable():
        return json_text
    return "".join(c if c.isprintable() else _escaped(c) for c in json_text)


def param_value(text: str) -> str:
    r"""Answer a value as it stands between quotes in structured data: `"`, `\` and `]` escaped (RFC 5424 §6.3.3)."""
    kept = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return kept.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def header_word(text: str, longest: int) -> str:
    """Answer a word as it may stand in the header: visible ASCII without spaces, `-` when nothing is left."""
    return "".join(c for c in text if "!" <= c <= "~")[:longest] or "-"


def _front(origin: Origin, told: Told, cut: int) -> bytes:
    """Everything up to the space before the text."""
    severity = WARNING if told.warning else INFORMATIONAL
    values = {
        "seq": str(told.place),
        "leaf": told.leaf,
        "entry": told.entry,
        "action": told.action,
        "actor": told.actor,
        "bureau": origin.bureau[:BUREAU_LIMIT],
        **({"cut": str(cut)} if cut else {}),
    }
    data = " ".join(f'{name}="{param_value(value)}"' for name, value in values.items())
    words = (
        f"<{origin.facility * 8 + severity}>1",
        told.at,
        header_word(origin.host, 255),
        "liuhen",
        "-",
        header_word(told.action, 32),
        f"[custody@{origin.enterprise} {data}]",
    )
    return (" ".join(words) + " ").encode("utf-8")


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2))
