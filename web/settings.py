"""What the web room needs to be told."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel, Field, SecretStr, field_validator

from catalog.permissions import ROLES
from catalog.rules.marks import PRESET_LIMIT
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
    metrics_token: SecretStr = SecretStr("")
    """What the monitoring shows to read `/metrics`; empty: nobody may."""
    public_url: str
    """How browsers reach these pages; links given to people begin with it."""
    secure_cookies: bool = False
    """True where pages are served over TLS."""
    bureau_name: str = "留痕"
    time_zone: str = "Asia/Shanghai"
    station_ca_file: Path | None = None
    """Certificate (PEM) that stations pin: the authority of web and storage, or the certificate itself."""
    enrolment_hours: float = Field(default=24.0, gt=0)
    """How long a station's enrolment code is good."""
    own_marks: tuple[str, ...] = ()
    """Further kinds of marks that this bureau uses, in its own words; at most 32 characters each."""
    viewer_mark: bool = False
    """Lay the viewer's name and the time faintly over what is played and over photos."""
    document_limit_mb: float = Field(default=200.0, gt=0, le=5000)
    """Largest document that is taken in by the browser, in megabytes (10⁶ bytes)."""
    document_folder: Path | None = None
    """Where documents lie without a name while they come in; None: the system's folder for temporary files."""
    undocked_hours: float = Field(default=24.0, gt=0)
    """Hours after a hand-over within which a recorder should have been docked."""

    idle_minutes: float = Field(default=30.0, ge=1, le=720)
    """Minutes after which a session that nobody uses ends."""
    require_second_factor_for: tuple[str, ...] = ()
    """Roles whose people must have a second factor before they see anything."""
    second_factor_key: SecretStr = SecretStr("")
    """32 bytes in hexadecimal; encrypts the secrets of second factors. Empty: nobody can set one."""

    @field_validator("require_second_factor_for")
    @classmethod
    def _known_roles(cls, roles: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(roles) - set(ROLES)):
            raise ValueError(f"no such role: {', '.join(unknown)}")
        return roles

    @field_validator("second_factor_key")
    @classmethod
    def _right_length(cls, key: SecretStr) -> SecretStr:
        if not re.fullmatch(r"([0-9a-fA-F]{64})?", key.get_secret_value()):
            raise ValueError("this key needs 64 hexadecimal digits")
        return key

    @field_validator("own_marks")
    @classmethod
    def _short_enough(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        if any(not word.strip() or len(word) > PRESET_LIMIT for word in words):
            raise ValueError(f"each kind of mark needs 1 to {PRESET_LIMIT} characters")
        return words

    def station_ca(self) -> str:
        """Answer the certificate that stations pin (PEM); empty when there is none. Raises OSError."""
        return self.station_ca_file.read_text(encoding="ascii") if self.station_ca_file else ""
