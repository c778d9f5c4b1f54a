"""What a back-up says of itself: its first member, whose own digest is the last."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
CATALOG = "catalog.sqlite3"


class Part(BaseModel):
    """One file in it."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$")
    """Path below the data folder."""
    size: int = Field(ge=0)
    """Bytes."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    mode: int = Field(ge=0, le=0o777)


class CatalogPart(BaseModel):
    """What the catalog in it holds (`catalog.snapshots.facts`)."""

    model_config = ConfigDict(frozen=True)

    version: str
    """Of the tables (Alembic)."""
    database: str
    """What it was taken from: sqlite, postgresql."""
    rows: dict[str, int]
    log_size: int
    log_root: str


class Manifest(BaseModel):
    """The whole back-up."""

    model_config = ConfigDict(frozen=True)

    format: Literal["liuhen backup 1"] = "liuhen backup 1"
    made: datetime
    """The moment the catalog is of, UTC."""
    program: str
    catalog: CatalogPart
    parts: list[Part]
    left_out: list[str]
    """What else lies in the data folder and is not in it."""
    environment: list[str]
    """Names of the variables that overrule settings; what they say is not in it."""
