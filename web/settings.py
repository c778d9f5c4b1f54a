"""What the web room needs to be told."""

from __future__ import annotations

from pydantic import BaseModel, SecretStr

from catalog.settings import CatalogSettings
from storage.settings import StorageSettings


class WebSettings(BaseModel):
    """Keys, addresses and the bureau's own words."""

    broker_url: SecretStr
    """Queue on which stages are put, by task name."""
    catalog: CatalogSettings
    storage: StorageSettings
    secret_key: SecretStr
    """Signs sessions and form tokens."""
    password_salt: SecretStr
    public_url: str
    """How browsers reach these pages; links given to people begin with it."""
    secure_cookies: bool = False
    """True where pages are served over TLS."""
    bureau_name: str = "留痕"
    time_zone: str = "Asia/Shanghai"
