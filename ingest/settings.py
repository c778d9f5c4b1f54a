"""What a docking station needs to know; `liuhen/settings.py` composes it, a one-machine system writes it as TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

GIB = 1 << 30
STATION_KEY = "station-key.pem"


class StationSettings(BaseModel):
    """One station's settings. Sizes in bytes, times in seconds unless the name says otherwise."""

    model_config = ConfigDict(extra="forbid")

    server: str = "http://127.0.0.1:8600"
    """Where `/api/v1` is, without it."""
    ca_file: Path | None = None
    """Certificate (PEM) that server and storage are checked against; None: only those on this machine."""
    station: str | None = None
    """Code of this station, as the server named it at enrolment; None for one that was not enrolled."""
    token_file: Path
    """File with the station's token, mode 0600."""
    receipt_key_file: Path | None = None
    """Public keys of the server's receipts: PEM, or one base64 raw key a line. Without it, the keys the server
    states at first contact are pinned in the spool."""
    spool: Path
    """Folder of the spools; each process works in a folder of its own below it."""
    signing_key_file: Path | None = None
    """The station's own private key, made once, mode 0600; None puts it beside the spools as `station-key.pem`."""
    disk_reserve: int = Field(default=2 * GIB, ge=0)
    """Bytes that copying leaves free on the spool's disk."""
    free_after_hours: float = Field(default=24.0, ge=0)
    """Hours between seeing the statement `verified` and freeing the spool file."""
    upload_threads: int = Field(default=3, ge=1, le=32)
    watch: list[Path] = Field(default_factory=list)
    """Folders whose mount points and subfolders count as recorders plugged in."""
    watch_usb: bool = True
    """Whether USB disks and cards in readers count as recorders."""
    run_folder: Path = Path("/run/liuhen")
    """Below it recorders are mounted, when the station may mount (root)."""
    disks: list[str] = Field(default_factory=list)
    """Names of block devices that count as recorders besides those on USB and removable media, such as `loop0`."""
    set_clocks: bool = True
    """Whether a recorder's clock is set after it was read, where its driver can and this clock is synchronised."""
    logins_file: Path | None = None
    """TOML file, mode 0600, with what recorders want at log-in: by USB id (`"1d6b:0104"`), driver, or `default`."""
    profiles: Path | None = None
    """Folder with the bureau's own recorder profiles (`*.toml`), beside those that are shipped."""
    settle_seconds: float = Field(default=1.0, ge=0)
    """How long a file or folder must hold still before it is read."""
    low_space_share: float = Field(default=0.2, ge=0, le=1)
    """Share of a recorder's medium below which its free space counts as low for the next shift."""
    low_space_bytes: int = Field(default=4 * GIB, ge=0)
    """Free bytes on a recorder below which that is said in any case."""
    statement_poll_seconds: float = Field(default=10.0, gt=0)
    board_listen: str = "127.0.0.1"
    """Address on which the station's own board is served; at any other than loopback it can be looked at only."""
    board_port: int | None = Field(default=8610, ge=0, le=65535)
    """Port of the board; None, or `off` in the environment, switches it off."""
    slots: list[str] = Field(default_factory=list)
    """Sockets in the order of the board, each as `1-2.3` or with what people call it, `1-2.3=3`; others follow."""
    call: str | None = Field(default=None, max_length=80)
    """Whom the board asks to call when something needs attention, such as a name and an extension."""
    language: Literal["zh", "en"] | None = None
    """Language of what the station writes; None follows LANG."""

    @field_validator("board_port", mode="before")
    @classmethod
    def _off(cls, value: object) -> object:
        return None if value == "off" else value

    @property
    def key_path(self) -> Path:
        """Where the station's own private key lies."""
        return self.signing_key_file or self.spool / STATION_KEY

    def token(self) -> str:
        """Answer the token. Raises OSError when the file cannot be read."""
        return self.token_file.read_text(encoding="ascii").strip()


def load_station_settings(path: Path, **changes: object) -> StationSettings:
    """Read a station's TOML file; `changes` that are not None take precedence.

    Relative paths in the file are relative to the file's folder. Raises OSError, tomllib.TOMLDecodeError,
    pydantic.ValidationError.
    """
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    for name in (
        "ca_file",
        "token_file",
        "receipt_key_file",
        "logins_file",
        "spool",
        "signing_key_file",
        "profiles",
    ):
        if values.get(name):
            values[name] = path.parent / values[name]
    values["watch"] = [path.parent / folder for folder in values.get("watch", [])]
    values.update({name: value for name, value in changes.items() if value is not None})
    return StationSettings.model_validate(values)
