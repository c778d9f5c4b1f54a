"""A time-stamp request in DER (RFC 3161 §2.4.1). Pure: the nonce is passed in."""

from __future__ import annotations

NONCE_BITS = 128
SHA256 = bytes.fromhex("0609608648016503040201")  # id-sha256, 2.16.840.1.101.3.4.2.1
NULL = b"\x05\x00"
TRUE = b"\x01\x01\xff"
SEQUENCE, INTEGER, OCTETS, OBJECT = 0x30, 0x02, 0x04, 0x06


def request_der(imprint: bytes, *, nonce: int, policy: str | None = None) -> bytes:
    """Answer a request for a token over a SHA-256 digest; the authority is asked to send its certificates along.

    Raises ValueError for an imprint that is no SHA-256, a nonce below 1, or a policy that is no object identifier.
    """
    if len(imprint) != 32 or nonce < 1:
        raise ValueError("an imprint has 32 bytes and a nonce is a positive number")
    hashed = _wrap(SEQUENCE, _wrap(SEQUENCE, SHA256 + NULL) + _wrap(OCTETS, imprint))
    asked = _wrap(OBJECT, _object(policy)) if policy else b""
    return _wrap(SEQUENCE, _integer(1) + hashed + asked + _integer(nonce) + TRUE)


def _wrap(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    long = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(long)]) + long + content


def _integer(number: int) -> bytes:
    return _wrap(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _object(dotted: str) -> bytes:
    numbers = [int(part) for part in dotted.split(".")]
    if len(numbers) < 2 or numbers[0] > 2 or min(numbers) < 0 or (numbers[0] < 2 and numbers[1] > 39):
        raise ValueError(f"{dotted} is no object identifier")
    return b"".join(_base128(n) for n in (numbers[0] * 40 + numbers[1], *numbers[2:]))


def _base128(number: int) -> bytes:
    out = [number & 0x7F]
    while number := number >> 7:
        out.append(0x80 | (number & 0x7F))
    return bytes(reversed(out))
