"""The file itself: a tar archive, encrypted or not, whose members are checked one by one while they are unpacked."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol, cast

from pydantic import ValidationError

from liuhen.keeping.manifest import MANIFEST, SEAL, Manifest, Part
from liuhen.keeping.sealing import Damaged, Passphrase, Sealing, Unsealing, is_sealed

BLOCK = 1 << 20
MANIFEST_LIMIT = 8 << 20


class PassphraseNeeded(Exception):
    """The back-up is encrypted, and no passphrase was given."""


class _Source(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


def digest_of(path: Path) -> str:
    """Answer the SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pack(file: IO[bytes], manifest: Manifest, places: dict[str, Path], passphrase: Passphrase | None) -> None:
    """Write a back-up of these parts. What changed since its digest was taken is noticed at the check."""
    sealing = Sealing(file, passphrase) if passphrase is not None else None
    text = manifest.model_dump_json(indent=1).encode()
    with tarfile.open(
        fileobj=cast("IO[bytes]", sealing or file), mode="w|", format=tarfile.PAX_FORMAT
    ) as tar:
        _add(tar, MANIFEST, text, manifest)
        for part in manifest.parts:
            info = tarfile.TarInfo(part.name)
            info.size, info.mode, info.mtime = part.size, part.mode, int(manifest.made.timestamp())
            with places[part.name].open("rb") as source:
                tar.addfile(info, source)
        _add(tar, SEAL, hashlib.sha256(text).hexdigest().encode(), manifest)
    if sealing is not None:
        sealing.close()


def _add(tar: tarfile.TarFile, name: str, content: bytes, manifest: Manifest) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = len(content), 0o600, int(manifest.made.timestamp())
    tar.addfile(info, io.BytesIO(content))


@contextmanager
def opened(path: Path, passphrase: Passphrase | None) -> Iterator[_Source]:
    """Open a back-up for reading from its beginning. Raises PassphraseNeeded, WrongPassphrase, Damaged."""
    with path.open("rb") as file:
        if not is_sealed(file):
            yield file
        elif passphrase is None:
            raise PassphraseNeeded
        else:
            yield Unsealing(file, passphrase)


def unpack(source: _Source, folder: Path) -> Manifest:
    """Write every part below `folder`, each checked against the manifest, and answer that.

    Raises Damaged unless all is there, nothing else is, and every byte is as it was.
    """
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", source), mode="r|") as tar:
            members = iter(tar)
            text = _small(tar, next(members, None), MANIFEST)
            manifest = Manifest.model_validate_json(text)
            for part in manifest.parts:
                _unpack_one(tar, next(members, None), part, folder)
            if _small(tar, next(members, None), SEAL) != hashlib.sha256(text).hexdigest().encode():
                raise Damaged("its list of contents is not what it was")
            if next(members, None) is not None:
                raise Damaged("there is something behind its end")
    except (tarfile.TarError, EOFError) as error:
        raise Damaged(f"it is cut short, or no back-up of Liuhen ({error})") from None
    except ValidationError:
        raise Damaged("its list of contents cannot be read") from None
    while source.read(BLOCK):  # to the end, so that what is encrypted is checked to its last chunk
        pass
    return manifest


def _small(tar: tarfile.TarFile, member: tarfile.TarInfo | None, name: str) -> bytes:
    if member is None or member.name != name or not member.isreg() or member.size > MANIFEST_LIMIT:
        raise Damaged(f"it is cut short, or no back-up of Liuhen: no {name} where it belongs")
    file = tar.extractfile(member)
    return file.read() if file is not None else b""


def _unpack_one(tar: tarfile.TarFile, member: tarfile.TarInfo | None, part: Part, folder: Path) -> None:
    if member is None or member.name != part.name or not member.isreg() or member.size != part.size:
        raise Damaged(f"{part.name} is not where it belongs")
    source = tar.extractfile(member)
    target = folder / part.name
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, left = hashlib.sha256(), part.size
    descriptor = os.open(
        target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, part.mode & 0o700 | 0o600
    )
    with os.fdopen(descriptor, "wb") as file:
        while source is not None and left and (block := source.read(min(BLOCK, left))):
            digest.update(block)
            file.write(block)
            left -= len(block)
        os.fchmod(file.fileno(), part.mode)
        file.flush()
        os.fsync(file.fileno())
    if left or digest.hexdigest() != part.sha256:
        raise Damaged(f"{part.name} is not what it was")
