"""Where passkeys (WebAuthn) can be offered, and when one was copied. Pure: an address or two numbers in, a word out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

MOST = 10
"""Passkeys of one account."""
NAME_LIMIT = 64
ANSWER_LIMIT = 16_384
"""Characters of what a browser sends of an authenticator; a usual answer has about 1 000."""
CHALLENGE_BYTES = 32
CHALLENGE_VALID = timedelta(minutes=3)

HERE = "localhost"
"""The one host that browsers trust without TLS."""
NO_PASSKEYS = ("no-tls", "no-name")
"""Why an address can have none: browsers want TLS, and a passkey belongs to a name, never to a number."""


@dataclass(frozen=True, slots=True)
class Party:
    """What passkeys of this system belong to. It follows from the settings alone, never from what a request says."""

    id: str
    """The name of the machine."""
    origin: str
    """Scheme, name and port as browsers write them."""


def party_of(public_url: str) -> Party | str:
    """Answer what passkeys belong to at this public address, or which of `NO_PASSKEYS` stands against them."""
    parts = urlsplit(public_url)
    name = (parts.hostname or "").rstrip(".")
    if not name or parts.scheme not in {"http", "https"}:
        return "no-name"
    if parts.scheme == "http" and name != HERE:
        return "no-tls"
    try:
        ip_address(name)
    except ValueError:
        pass
    else:
        return "no-name"
    name = name.encode("idna").decode("ascii")
    usual = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in {None, usual} else f":{parts.port}"
    return Party(name, f"{parts.scheme}://{name}{port}")


def went_back(kept: int, shown: int) -> bool:
    """Answer whether an authenticator's counter did not rise (WebAuthn 6.1.1): there may be two of it.

    Those that do not count always say 0.
    """
    return (kept > 0 or shown > 0) and shown <= kept
