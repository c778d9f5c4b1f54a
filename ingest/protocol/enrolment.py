"""A station becomes known: a one-time code makes its own credential."""

from __future__ import annotations

import hashlib
import re
import ssl
from typing import Annotated

from pydantic import AfterValidator, Field

from ingest.protocol.base import Message

ENROL_PREFIX = b"liuhen enrol v1\n"
"""A station signs these bytes followed by the plain code, to show that the key it sends is its own."""


def plain_code(text: str) -> str:
    """Answer a code as it is compared: without dashes and blanks, in capitals."""
    return "".join(text.split()).replace("-", "").upper()


def certificates_in(pem: str) -> list[str]:
    """Answer the certificates of a PEM text, one by one."""
    return [
        f"{found}\n"
        for found in re.findall(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", pem, re.DOTALL)
    ]


def fingerprint_of(pem: str) -> str:
    """Answer a certificate's SHA-256 fingerprint as people compare it: 16 groups of four letters.

    Raises ValueError when this is no PEM of one certificate.
    """
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.strip())).hexdigest().upper()
    return "-".join(digest[n : n + 4] for n in range(0, 64, 4))


def plain_fingerprint(text: str) -> str:
    """Answer a fingerprint as it is compared, however it was typed: 64 hexadecimal digits. Raises ValueError."""
    plain = re.sub(r"[\s:-]", "", text).removeprefix("sha256").removeprefix("SHA256").upper()
    if re.fullmatch(r"[0-9A-F]{64}", plain) is None:
        raise ValueError("a fingerprint is 64 hexadecimal digits (SHA-256)")
    return plain


class Enrol(Message):
    """Sent once, without a token. The code is used up by it; the same code with the same key is answered again."""

    code: Annotated[str, AfterValidator(plain_code)] = Field(max_length=64)
    public_key: str = Field(max_length=64)
    """Base64 of the raw Ed25519 key with which this station will sign its sheets."""
    proof: str = Field(max_length=128)
    """Base64 signature by that key over `ENROL_PREFIX` and the plain code."""
    host: str = Field(default="", max_length=128)
    """What the machine calls itself."""
    software: str = Field(default="", max_length=64)


class Enrolled(Message):
    """The credential. It can create dockings and upload, and read nothing."""

    station: str
    """Code of the station, as people see it."""
    name: str
    token: str
    receipt_keys: dict[str, str]
    """Key id to base64 raw key: whose statements the station believes."""
    ca_pem: str = ""
    """Certificate that server and storage are checked against; empty when they are reached on loopback without TLS."""
