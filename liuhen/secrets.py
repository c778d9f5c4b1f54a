"""The secrets of a one-machine system: made at its first start, one file each, readable by their owner alone.

A secret that exists is never replaced here, also when two processes start at the same instant: the file is written
whole under another name and then linked to its own, which fails when that exists. No default password exists
anywhere.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import string
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from liuhen import timestamp_authority

FILE_MODE = 0o600
FOLDER_MODE = 0o700
ACCESS_KEY_LETTERS = string.ascii_uppercase + string.digits


def _access_key(role: str) -> bytes:
    name = f"{role[:3].upper()}{''.join(secrets.choice(ACCESS_KEY_LETTERS) for _ in range(17))}"
    return json.dumps({"access_key": name, "secret_key": secrets.token_hex(32)}).encode() + b"\n"


def _token() -> bytes:
    return secrets.token_urlsafe(32).encode() + b"\n"


def _receipt_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


STORAGE_EVERYDAY = "storage-everyday.json"
STORAGE_DISPOSAL = "storage-disposal.json"
STORAGE_SETUP = "storage-setup.json"
WEB_SECRET_KEY = "web-secret-key"  # noqa: S105  (a file's name)
WEB_PASSWORD_SALT = "web-password-salt"  # noqa: S105  (a file's name)
SECOND_FACTOR_KEY = "second-factor-key"
STATION_TOKEN = "station-token"  # noqa: S105  (a file's name)
QUEUE_PASSWORD = "queue-password"  # noqa: S105  (a file's name)
METRICS_TOKEN = "metrics-token"  # noqa: S105  (a file's name)
METADATA_KEY = "metadata-key"
RECEIPT_KEY = "receipt-key.pem"
RECEIPT_PUBLIC_KEY = "receipt-key-public.pem"
TIMESTAMP_AUTHORITY = "timestamp-authority.pem"
TIMESTAMP_ROOT = "timestamp-root.pem"

MAKERS: dict[str, Callable[[], bytes]] = {
    STORAGE_EVERYDAY: lambda: _access_key("everyday"),
    STORAGE_DISPOSAL: lambda: _access_key("disposal"),
    STORAGE_SETUP: lambda: _access_key("setup"),
    WEB_SECRET_KEY: _token,
    WEB_PASSWORD_SALT: _token,
    SECOND_FACTOR_KEY: lambda: secrets.token_hex(32).encode() + b"\n",
    STATION_TOKEN: _token,
    METRICS_TOKEN: _token,
    METADATA_KEY: lambda: secrets.token_hex(32).encode() + b"\n",
    QUEUE_PASSWORD: lambda: secrets.token_hex(32).encode() + b"\n",
    RECEIPT_KEY: _receipt_key,
    TIMESTAMP_AUTHORITY: timestamp_authority.make,
}
"""Every secret by its file's name. The receipt key is an Ed25519 private key (PEM, PKCS 8); the metadata key and the
key of second factors are AES-256 keys in hexadecimal; the timestamp authority is a private key with its certificate and
its root (PEM)."""

NEVER_MADE_AGAIN = (RECEIPT_KEY, METADATA_KEY, STORAGE_EVERYDAY, STORAGE_DISPOSAL, STORAGE_SETUP)
"""What a system that has run before must not silently get anew: receipts, names and originals hang on them."""
RESTORING = ".restoring"
"""In the data folder while a back-up is being restored: until that is finished, nothing starts."""
SET_ASIDE = ".old"
"""A file of this ending beside it says that a person replaces the secret on purpose."""


class SecretUnreadable(Exception):
    """A secret is missing or cannot be read."""


def folder_of(data: Path) -> Path:
    """Answer the folder of the secrets."""
    return data / "secrets"


def make_private_folder(folder: Path) -> None:
    """Create `folder` with mode 0700, and take rights from others when it exists with more."""
    folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    if folder.stat().st_mode & 0o077:
        folder.chmod(FOLDER_MODE)


def write_new(path: Path, content: bytes) -> bool:
    """Write `content` to `path` unless that exists; answer whether it was written. Durable when it answers True.

    Two processes may call this at once: one answers True, and both then find the same content.
    """
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(new, path)
        except FileExistsError:
            return False
    finally:
        new.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


def create_missing(data: Path) -> list[str]:
    """Make the secrets that do not exist yet; answer sentences on what a person should know.

    Files that others could read are closed to them, and named: what they hold may be known already. Raises
    SecretUnreadable when a system has run here and one of `NEVER_MADE_AGAIN` is gone.
    """
    folder = folder_of(data)
    _refuse_if_lost(data, folder)
    make_private_folder(folder)
    told = []
    made = [
        name
        for name, make in MAKERS.items()
        if not (folder / name).exists() and write_new(folder / name, make())
    ]
    if made:
        told.append(f"Secrets were made in {folder}: {', '.join(made)}. Keep a copy in a safe place.")
    told += _publish_receipt_key(folder)
    told += _publish_timestamp_root(folder)
    for name in MAKERS:
        path = folder / name
        if path.stat().st_mode & 0o077:
            path.chmod(FILE_MODE)
            told.append(
                f"{path} could be read by other users and no longer can. Consider it known, and replace it."
            )
    return told


def _refuse_if_lost(data: Path, folder: Path) -> None:
    if (data / RESTORING).exists():
        raise SecretUnreadable(
            f"A restore into {data} was not finished, so nothing was started or made. Run `liuhen restore` with the "
            "same back-up again: it goes on, or begins anew."
        )
    # The storage's folder tells it where the catalog is a PostgreSQL elsewhere.
    ran_before = (data / "catalog" / "catalog.sqlite3").exists() or (data / "storage" / "conf").exists()
    lost = [
        name
        for name in NEVER_MADE_AGAIN
        if not (folder / name).exists() and not (folder / f"{name}{SET_ASIDE}").exists()
    ]
    if ran_before and lost:
        raise SecretUnreadable(
            f"Secrets are missing in {folder}: {', '.join(lost)}. A system has run here, so they were not made anew; "
            "nothing was changed, and originals and catalog are as they were. Put the files back from the backup "
            'and start again. If there is none, see "Secrets" in docs/operators/running.md.'
        )


def _publish_receipt_key(folder: Path) -> list[str]:
    """Write the public half of the receipt key beside it, for this machine's station: it believes no other."""
    try:
        key = serialization.load_pem_private_key((folder / RECEIPT_KEY).read_bytes(), password=None)
    except ValueError:
        raise SecretUnreadable(
            f"The secret {folder / RECEIPT_KEY} is damaged: it holds no key. Nothing was changed. "
            "Put it back from the backup and start again."
        ) from None
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    path = folder / RECEIPT_PUBLIC_KEY
    if write_new(path, public) or path.read_bytes() == public:
        return []
    _replace(path, public)
    return [
        f"{path} did not belong to {RECEIPT_KEY} and was written anew. Stations on other machines need the new one."
    ]


def _publish_timestamp_root(folder: Path) -> list[str]:
    """Write the root of the local time-stamping authority beside it; earlier roots in the file stay believed."""
    try:
        root = timestamp_authority.root_of((folder / TIMESTAMP_AUTHORITY).read_bytes())
    except ValueError:
        raise SecretUnreadable(
            f"The secret {folder / TIMESTAMP_AUTHORITY} is damaged: it holds no authority. Nothing was changed. "
            "Put it back from the backup and start again."
        ) from None
    path = folder / TIMESTAMP_ROOT
    if write_new(path, root) or root in path.read_bytes():
        return []
    _replace(path, path.read_bytes() + root)
    return [f"A new time-stamping authority was made; {path} holds its root beside those of earlier ones."]


def _replace(path: Path, content: bytes) -> None:
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    write_new(new, content)
    new.replace(path)


def read(data: Path, name: str) -> str:
    """Read one secret as text, without the line's end. Raises SecretUnreadable with what to do."""
    path = folder_of(data) / name
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise SecretUnreadable(
            f"The secret {path} does not exist. `liuhen up` makes it at its first start; "
            "if Liuhen runs on another folder, name that with --data."
        ) from None
    except OSError as error:
        raise SecretUnreadable(
            f"The secret {path} cannot be read ({error.strerror}). It belongs to the user who started Liuhen first."
        ) from None


def read_if_there(data: Path, name: str) -> str:
    """As `read`, but the empty text while it does not exist."""
    with contextlib.suppress(SecretUnreadable):
        return read(data, name)
    return ""
