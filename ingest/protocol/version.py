"""Which versions of the protocol are spoken, and whom a station talks to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import ConfigDict

from ingest.protocol.base import Message

PROTOCOL_VERSION = 1
PROTOCOLS = (1,)
"""Versions this program speaks, lowest first."""
PROTOCOL_HEADER = "Liuhen-Protocol"
"""Request header in which a station says which version it speaks."""


def agree(theirs: Iterable[int], ours: Iterable[int] = PROTOCOLS) -> int | None:
    """Answer the highest version both speak, None when there is none."""
    return max(set(theirs) & set(ours), default=None)


class ServerFacts(Message):
    """Answer of `GET /api/v1/server`, which needs no token: whom the station talks to.

    What a newer server adds here is passed over, so that both find out which of them is to be upgraded.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    protocol: int
    """The version the server prefers."""
    protocols: list[int] = [1]  # noqa: RUF012  pydantic copies defaults
    """Every version the server speaks."""
    receipt_keys: dict[str, str]
    """Public keys that sign statements: key id to base64 of the raw Ed25519 key."""
    time: datetime
    """The server's clock, UTC."""
    ca_pem: str = ""
    """Certificate that web and storage are checked against. Worth nothing by itself: a station that enrols compares
    its fingerprint with the one that was printed with the code."""
