from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ingest.errors import StatementInvalid
from ingest.office.statements import KeyRing, key_id, load_keys, pinned_keys
from ingest.protocol import SIGNATURE_PREFIX, SignedStatement, Statement

KEY = Ed25519PrivateKey.generate()
RAW = KEY.public_key().public_bytes_raw()
CLIP = UUID(int=7)
STATEMENT = Statement(
    protocol=1, kind="verified", clip=CLIP, bucket="evidence", key="originals/7", version="v", size=3,
    sha256="a" * 64, sm3="b" * 64, lock_mode="COMPLIANCE", lock_until="2026-12-01T00:00:00Z",
    time="2026-11-23T00:00:00.000000Z",
)  # fmt: skip


def signed(statement: Statement = STATEMENT, key: Ed25519PrivateKey = KEY) -> SignedStatement:
    body = SIGNATURE_PREFIX + rfc8785.dumps(statement.model_dump(mode="json"))
    return SignedStatement(
        statement=statement,
        key=hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest()[:16],
        signature=base64.b64encode(key.sign(body)).decode(),
    )


def check(ring: KeyRing, what: SignedStatement) -> None:
    ring.check(what, kind="verified", size=3, sha256="a" * 64, sm3="b" * 64, clip=CLIP)


def test_a_good_statement_is_accepted() -> None:
    check(KeyRing({key_id(RAW): RAW}), signed())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: signed(STATEMENT.model_copy(update={"size": 4})),
        lambda: signed(STATEMENT.model_copy(update={"sha256": "c" * 64})),
        lambda: signed(STATEMENT.model_copy(update={"sm3": "c" * 64})),
        lambda: signed(STATEMENT.model_copy(update={"kind": "received"})),
        lambda: signed(STATEMENT.model_copy(update={"clip": UUID(int=8)})),
        lambda: signed(key=Ed25519PrivateKey.generate()),
        lambda: signed().model_copy(update={"signature": base64.b64encode(bytes(64)).decode()}),
        lambda: signed().model_copy(update={"signature": "not base64!"}),
        lambda: signed().model_copy(update={"statement": STATEMENT.model_copy(update={"version": "w"})}),
    ],
)
def test_nothing_else_is(spoil: Callable[[], SignedStatement]) -> None:
    with pytest.raises(StatementInvalid):
        check(KeyRing({key_id(RAW): RAW}), spoil())


def test_key_files(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    other = Ed25519PrivateKey.generate().public_key()
    other_pem = other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for text in (other_pem + pem, base64.b64encode(RAW).decode() + "\n"):
        file.write_text(text)
        check(load_keys(file), signed())


def test_the_first_keys_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "pinned.json"
    assert pinned_keys(file, None) is None
    assert pinned_keys(file, {key_id(RAW): base64.b64encode(RAW).decode()}) is not None
    foreign = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    again = pinned_keys(file, {key_id(foreign): base64.b64encode(foreign).decode()})
    assert again is not None
    check(again, signed())
    with pytest.raises(StatementInvalid):
        KeyRing({"0" * 16: RAW})
