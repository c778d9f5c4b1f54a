"""What the catalog needs to be told."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel


class CatalogSettings(BaseModel):
    """Where the database is, and where the key lies that signs receipts."""

    database_url: str
    """SQLAlchemy address: `sqlite:////…/catalog.sqlite3` or `postgresql+psycopg://…`."""
    receipt_key_file: Path
    """PEM of the Ed25519 private key that signs `received` and `verified`; mode 0600."""
    metadata_key_file: Path
    """Hexadecimal 32-byte key that encrypts personal data in object metadata; mode 0600."""
