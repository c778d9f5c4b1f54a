"""An authenticator in software (WebAuthn Level 3): makes passkeys and answers questions, rightly or as it is told to cheat."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

from cbor2 import dumps
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    """The bytes of a base64url text."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One passkey, and the device that keeps it."""

    origin: str = "http://localhost"
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    counter: int = 0
    counts: bool = True
    user: bytes = b""

    def create(self, asked: dict[str, Any], *, verified: bool = True, origin: str = "", rp: str = "") -> str:
        """Answer `navigator.credentials.create`."""
        self.user = raw(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})
        data = self._data(rp or asked["rp"]["id"], ATTESTED, verified=verified)
        data += bytes(16) + struct.pack(">H", len(self.credential)) + self.credential + cose
        return self._answer(
            clientDataJSON=text(self._client("webauthn.create", asked, origin)),
            attestationObject=text(dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            transports=["internal", "no-such-way"],
        )

    def get(
        self,
        asked: dict[str, Any],
        *,
        verified: bool = True,
        origin: str = "",
        rp: str = "",
        key: EllipticCurvePrivateKey | None = None,
        user: bytes | None = None,
        framed: bool = False,
    ) -> str:
        """Answer `navigator.credentials.get`; the named arguments are ways to cheat."""
        if self.counts:
            self.counter += 1
        client = self._client("webauthn.get", asked, origin, framed=framed)
        data = self._data(rp or asked["rpId"], 0, verified=verified)
        signature = (key or self.key).sign(data + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        return self._answer(
            clientDataJSON=text(client),
            authenticatorData=text(data),
            signature=text(signature),
            userHandle=text(self.user if user is None else user),
        )

    def _client(self, kind: str, asked: dict[str, Any], origin: str, *, framed: bool = False) -> bytes:
        said = {
            "type": kind,
            "challenge": asked["challenge"],
            "origin": origin or self.origin,
            "crossOrigin": framed,
        }
        return json.dumps(said).encode()

    def _data(self, rp: str, flags: int, *, verified: bool) -> bytes:
        flags |= PRESENT | (VERIFIED if verified else 0)
        return hashlib.sha256(rp.encode()).digest() + struct.pack(">BI", flags, self.counter)

    def _answer(self, **response: Any) -> str:
        named = text(self.credential)
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": response})
