"""What a docking station needs to know; `liuhen/settings.py` composes it, a one-machine system writes it as TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

GIB = 1 << 30


class StationSettings(BaseModel):
    """One station's settings. Sizes in bytes, times in seconds unless the name says otherwise."""

    model_config = ConfigDict(extra="forbid")

    server: str = "http://127.0.0.1:8600"
    """Where `/api/v1` is, without it."""
    ca_file: Path | None = None
    """Certificate (PEM) that server and storage are checked against; None trusts the system's authorities."""
    token_file: Path
    """File with the station's token, mode 0600."""
    receipt_key_file: Path | None = None
    """Public keys of the server's receipts: PEM, or one base64 raw key a line. Without it, the keys the server
    states at first contact are pinned in the spool."""
    spool: Path
    """Folder of the spools; each process works in a folder of its own below it."""
    disk_reserve: int = Field(default=2 * GIB, ge=0)
    """Bytes that copying leaves free on the spool's disk."""
    free_after_hours: float = Field(default=24.0, ge=0)
    """Hours between seeing the statement `verified` and freeing the spool file."""
    upload_threads: int = Field(default=3, ge=1, le=32)
    watch: list[Path] = Field(default_factory=list)
    """Folders whose mount points and subfolders count as recorders plugged in."""
    watch_usb: bool = True
    """Whether mounted USB and card-reader file systems count as recorders."""
    settle_seconds: float = Field(default=1.0, ge=0)
    """How long a file or folder must hold still before it is read."""
    statement_poll_seconds: float = Field(default=10.0, gt=0)
    language: Literal["zh", "en"] | None = None
    """Language of what the station writes; None follows LANG."""

    def token(self) -> str:
        """Answer the token. Raises OSError when the file cannot be read."""
        return self.token_file.read_text(encoding="ascii").strip()


def load_station_settings(path: Path, **changes: object) -> StationSettings:
    """Read a station's TOML file; `changes` that are not None take precedence.

    Relative paths in the file are relative to the file's folder. Raises OSError, tomllib.TOMLDecodeError,
    pydantic.ValidationError.
    """
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    for name in ("ca_file", "token_file", "receipt_key_file", "spool"):
        if values.get(name):
            values[name] = path.parent / values[name]
    values["watch"] = [path.parent / folder for folder in values.get("watch", [])]
    values.update({name: value for name, value in changes.items() if value is not None})
    return StationSettings.model_validate(values)
