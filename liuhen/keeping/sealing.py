"""Encrypting a back-up with a passphrase: scrypt, then AES-256-GCM in chunks that can be neither changed, cut nor swapped.

The file begins with a line that says what it is and one of JSON with salt and cost. Each chunk's nonce holds its
number and whether it is the last (the STREAM construction), so that a file cut short does not pass for whole; each is
bound to the first two lines.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"liuhen encrypted backup 1\n"
CHUNK = 1 << 20
"""Bytes of plain text in a chunk; the last one holds fewer, or none."""
TAG = 16
COST = 1 << 17
"""scrypt's N, with r = 8 and p = 1: 128 MiB and about half a second for each guess."""
COSTS = frozenset(1 << bits for bits in range(10, 21))
"""What is believed of a file: a false one must not make us take all memory."""
FEWEST_LETTERS = 12


class WrongPassphrase(Exception):
    """The passphrase does not open this file."""


class Damaged(Exception):
    """The file is not as it was written; the message says where."""


@dataclass(frozen=True, slots=True)
class Passphrase:
    """What opens a back-up."""

    text: bytes

    @classmethod
    def read(cls, path: Path) -> Passphrase:
        """Read it from the first line of a file. Raises ValueError when it is too short, OSError."""
        text = (path.read_bytes().splitlines() or [b""])[0].strip()
        if len(text) < FEWEST_LETTERS:
            raise ValueError(f"the passphrase in {path} is shorter than {FEWEST_LETTERS} letters")
        return cls(text)


class Sealing:
    """Takes plain bytes and writes them encrypted. `close` writes the last chunk and leaves the file open."""

    def __init__(self, file: IO[bytes], passphrase: Passphrase, *, cost: int = COST) -> None:
        salt, self._prefix = secrets.token_bytes(16), secrets.token_bytes(7)
        key, check = _keys(passphrase, salt, cost)
        about = {"cost": cost, "salt": salt.hex(), "nonce": self._prefix.hex(), "check": check.hex()}
        head = MAGIC + json.dumps(about, sort_keys=True).encode() + b"\n"
        self._file, self._cipher, self._bound = file, AESGCM(key), hashlib.sha256(head).digest()
        self._waiting = bytearray()
        self._number = 0
        file.write(head)

    def write(self, data: bytes) -> int:
        """Take bytes in."""
        self._waiting += data
        while len(self._waiting) > CHUNK:
            self._put(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(data)

    def close(self) -> None:
        """Write what waits, as the last chunk."""
        self._put(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _put(self, plain: bytes, *, last: bool) -> None:
        nonce = _nonce(self._prefix, self._number, last=last)
        self._file.write(self._cipher.encrypt(nonce, plain, self._bound))
        self._number += 1


class Unsealing:
    """Reads an encrypted file as plain bytes. Raises WrongPassphrase at once, Damaged where it does not hold."""

    def __init__(self, file: IO[bytes], passphrase: Passphrase) -> None:
        first, second = file.readline(len(MAGIC)), file.readline(4096)
        try:
            about = json.loads(second)
            cost, salt = int(about["cost"]), bytes.fromhex(about["salt"])
            self._prefix, check = bytes.fromhex(about["nonce"]), bytes.fromhex(about["check"])
        except (ValueError, KeyError, TypeError):
            raise Damaged("its beginning cannot be read") from None
        if first != MAGIC or cost not in COSTS or len(self._prefix) != 7:
            raise Damaged("its beginning is not as it was written")
        key, right = _keys(passphrase, salt, cost)
        if not secrets.compare_digest(check, right):
            raise WrongPassphrase
        self._file, self._cipher, self._bound = file, AESGCM(key), hashlib.sha256(first + second).digest()
        self._number, self._plain, self._done = 0, bytearray(), False
        self._next = file.read(CHUNK + TAG)

    def read(self, size: int = -1) -> bytes:
        """Answer up to `size` bytes; empty at the end of a file that is whole."""
        while not self._done and (size < 0 or len(self._plain) < size):
            self._open_one()
        taken = bytes(self._plain if size < 0 else self._plain[:size])
        del self._plain[: len(taken)]
        return taken

    def _open_one(self) -> None:
        chunk, self._next = self._next, self._file.read(CHUNK + TAG)
        last = not self._next
        try:
            nonce = _nonce(self._prefix, self._number, last=last)
            self._plain += self._cipher.decrypt(nonce, chunk, self._bound)
        except (InvalidTag, ValueError):
            where = f"after {self._number} MiB"
            raise Damaged(f"it was changed or cut short {where}") from None
        self._number, self._done = self._number + 1, last


def is_sealed(file: IO[bytes]) -> bool:
    """Answer whether a file is encrypted; leaves it at its beginning."""
    file.seek(0)
    first = file.read(len(MAGIC))
    file.seek(0)
    return first == MAGIC


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])


def _keys(passphrase: Passphrase, salt: bytes, cost: int) -> tuple[bytes, bytes]:
    """The key, and a mark by which a wrong passphrase is told from a damaged file."""
    made = Scrypt(salt=salt, length=48, n=cost, r=8, p=1).derive(passphrase.text)
    return made[:32], made[32:]
