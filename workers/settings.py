"""What the workers need to be told."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field, SecretStr

from catalog.settings import CatalogSettings
from storage.settings import StorageSettings


class WorkerSettings(BaseModel):
    """Queue, catalog, storage, and where scratch copies of originals may lie."""

    broker_url: SecretStr
    """`redis://:password@127.0.0.1:6379/0`"""
    catalog: CatalogSettings
    storage: StorageSettings
    scratch_folder: Path
    scratch_limit: int = 20 << 30
    """Bytes of originals kept for the next stage at most; one that is larger is still fetched, alone."""
    render_limit: int = 40 << 30
    """Bytes that renditions being made may take together; what does not fit is tried again later."""
    encode_by_day_minutes: float = Field(default=30.0, ge=0)
    """Running time of a film up to which it is encoded anew at any hour; longer ones wait for the night."""
    night_from: int = Field(default=20, ge=0, le=23)
    """Hour of the bureau's day at which long films begin to be encoded."""
    night_until: int = Field(default=6, ge=0, le=23)
    """Hour at which no further long film is begun. The same hour as `night_from`: long films are never put off."""
    time_zone: str = "Asia/Shanghai"
    """The bureau's: local times that recorders state are read in it."""
    bureau_name: str = "留痕"
    """What destruction registers are headed with; the same as that of the pages."""
    probe_hour: int = 3
    """Hour of the bureau's day in which the nightly jobs run, the lock probe first; the inventory an hour later."""
