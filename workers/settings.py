"""What the workers need to be told."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, SecretStr

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
    time_zone: str = "Asia/Shanghai"
    """The bureau's: local times that recorders state are read in it."""
    probe_hour: int = 3
    """Hour of the bureau's day at which the lock probe runs."""
