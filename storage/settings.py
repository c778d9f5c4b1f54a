"""What the storage room must be told: where the storage is, what the buckets are called, where the keys lie."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from storage.errors import StorageMisconfigured

KeyRole = Literal["everyday", "disposal", "setup"]
"""Everyday: put, get, set and extend locks. Disposal: delete versions. Setup: create buckets."""


class AccessKey(BaseModel):
    """One pair of the storage's credentials; as a file it is the same two fields in JSON, mode 0600."""

    model_config = ConfigDict(frozen=True)

    access_key: str = Field(min_length=3)
    secret_key: SecretStr


class BackDoor(BaseModel):
    """An address of the storage other than S3 that the lock probe is to attack as well."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["filer", "master", "volume", "admin", "grpc", "socket", "unknown"]
    address: str
    """`http://host:port`; for `grpc` `host:port`; for `socket` a path."""


class StorageSettings(BaseModel):
    """Where the object storage is and how this process may use it."""

    endpoint_url: str = "http://127.0.0.1:8333"
    """How our own processes reach S3."""
    public_url: str | None = None
    """How stations and browsers reach S3; addresses are signed for it. None: the same as `endpoint_url`."""
    region: str = "us-east-1"
    ca_bundle: Path | None = None
    """Certificate (PEM) that vouches for a storage with a certificate of its own."""
    evidence_bucket: str = "evidence"
    derived_bucket: str = "derived"
    canary_bucket: str = "canary"
    everyday_key_file: Path = Path("everyday.json")
    disposal_key_file: Path | None = None
    setup_key_file: Path | None = None
    """Needed by the command that creates buckets, by no running process."""
    patience_seconds: float = Field(default=30.0, ge=0)
    """How long a fault of the storage (5xx, no connection) is waited out before it becomes an error."""
    confirm_missing_seconds: float = Field(default=3.0, ge=0)
    """How long a version known to exist is asked for again before it counts as missing."""
    connections: int = Field(default=16, ge=1)
    """Connections one process keeps open at most."""
    back_doors: list[BackDoor] = Field(default_factory=list)
    """Further addresses of the storage for the lock probe."""

    @property
    def address_url(self) -> str:
        """What presigned addresses begin with."""
        return (self.public_url or self.endpoint_url).rstrip("/")

    def access_key(self, role: KeyRole) -> AccessKey:
        """Read the access key of `role` from its file. Raises StorageMisconfigured with what to do."""
        path = {
            "everyday": self.everyday_key_file,
            "disposal": self.disposal_key_file,
            "setup": self.setup_key_file,
        }[role]
        if path is None:
            raise StorageMisconfigured(f"no file is named for the storage's {role} key ({role}_key_file)")
        return read_access_key(path)


def read_access_key(path: Path) -> AccessKey:
    """Read an access key from `path`. Raises StorageMisconfigured when it is absent or no such file."""
    try:
        return AccessKey.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise StorageMisconfigured(
            f"the storage's access key {path} does not exist; `liuhen up` makes it at its first start"
        ) from error
    except (OSError, ValueError, ValidationError) as error:
        # The exception's text could quote the secret, so only its class is told.
        raise StorageMisconfigured(
            f"the storage's access key {path} cannot be read ({type(error).__name__})"
        ) from None
