"""All settings of one system: what a data folder says of itself, overruled by the environment (`LIUHEN_…`).

A command needs to know the data folder only; the rest follows from what `liuhen up` wrote there (`ports.json`,
`secrets/`, `tls/`). In a larger installation each part is told by the environment instead, with two underscores
between a room and its setting: `LIUHEN_STORAGE__ENDPOINT_URL`, `LIUHEN_CATALOG__DATABASE_URL`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from catalog.settings import LOCAL, CatalogSettings
from ingest.settings import StationSettings
from liuhen import certificates, secrets
from liuhen.addresses import LOOPBACK, USUAL_PORTS, public_host, url
from liuhen.logs import LogFormat
from storage.settings import StorageSettings
from web.settings import WebSettings
from workers.settings import WorkerSettings

STATION_CODE = "local"
"""The docking station that runs beside the server on a one-machine system."""


class Remembered(BaseModel):
    """What `<data>/ports.json` holds: how this system was reached when it was last started."""

    model_config = ConfigDict(extra="ignore")

    listen: str | None = None
    public_host: str | None = None
    """What the environment named it; the next command may run without that environment, and prints addresses too."""
    public_url: str | None = None
    """The same of the pages' whole address, where something stands before them."""
    ports: dict[str, int] = Field(default_factory=dict)


class Settings(BaseSettings):
    """The settings of every room. `load` is the way to make them."""

    model_config = SettingsConfigDict(env_prefix="LIUHEN_", env_nested_delimiter="__", extra="ignore")

    data: Path = Path("var")
    """Folder that holds everything of this system."""
    listen: str | None = None
    """Address on which web and storage serve other machines over TLS; None: this machine alone, without TLS."""
    public_host: str = LOOPBACK
    """What other machines call this one; follows from `listen`."""
    ports: dict[str, int] = Field(default_factory=dict)
    """Port of each part by name (`liuhen.addresses.USUAL_PORTS`)."""
    hosts: dict[str, str] = Field(default_factory=dict)
    """Host on which our own processes reach `storage`, `queue` and `web`; loopback on one machine."""
    bind: str | None = None
    """Address on which the parts listen, where it is neither loopback nor `listen` (containers)."""
    disposes: bool = False
    """Whether this process destroys what was ordered destroyed: the disposal worker alone is told so."""
    log_format: LogFormat = "text"
    """How our own parts write their logs: `text`, or `json` for one JSON object a line."""
    storage: StorageSettings
    catalog: CatalogSettings
    workers: WorkerSettings
    web: WebSettings
    station: StationSettings

    @model_validator(mode="before")
    @classmethod
    def _compose(cls, values: dict[str, Any]) -> dict[str, Any]:
        return compose(values)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what the caller says, then the environment; no other files."""
        del settings_cls, dotenv_settings, file_secret_settings
        return init_settings, env_settings


def load(data: Path | None = None, **changes: Any) -> Settings:
    """Answer the settings of the system in `data`; `changes` that are not None overrule everything else.

    Raises pydantic.ValidationError.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    if data is not None:
        given["data"] = data
    return Settings(**given)


def remembered_file(data: Path) -> Path:
    """Answer where the ports are remembered."""
    return data / "ports.json"


def remembered(data: Path) -> Remembered:
    """Answer how this system was last reached; the usual way when it never ran."""
    try:
        return Remembered.model_validate(json.loads(remembered_file(data).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Remembered()


def remember(data: Path, facts: Remembered) -> None:
    """Write down how this system is reached, in one step."""
    new = remembered_file(data).with_suffix(".new")
    new.write_text(facts.model_dump_json(indent=1) + "\n", encoding="utf-8")
    new.replace(remembered_file(data))


def compose(given: dict[str, Any]) -> dict[str, Any]:
    """Answer all settings as plain values: what follows from the data folder, overruled by what was `given`."""
    data = Path(given.get("data") or "var").absolute()
    last = remembered(data)
    listen = given.get("listen") or last.listen
    system: dict[str, Any] = {
        "data": data,
        "listen": listen,
        "public_host": given.get("public_host") or last.public_host or public_host(listen),
        "ports": {
            **USUAL_PORTS,
            **last.ports,
            **{name: int(port) for name, port in given.get("ports", {}).items()},
        },
        "hosts": {"storage": LOOPBACK, "queue": LOOPBACK, "web": LOOPBACK, **given.get("hosts", {})},
        "bind": given.get("bind"),
        "disposes": str(given.get("disposes", "")).lower() in {"1", "true", "yes"},
    }
    if "log_format" in given:
        system["log_format"] = given["log_format"]
    for name, defaults in (("storage", _storage(system)), ("catalog", _catalog(system))):
        system[name] = {**defaults, **given.get(name, {})}
    _complete_local_authorities(system)
    for name, defaults in (
        ("workers", {**_workers(system), "bureau_name": given.get("web", {}).get("bureau_name", "留痕")}),
        ("web", {**_web(system), **({"public_url": last.public_url} if last.public_url else {})}),
        ("station", _station(system)),
    ):
        system[name] = {**defaults, **given.get(name, {})}
    return system


def _authority(system: dict[str, Any]) -> Path | None:
    return certificates.files_of(system["data"]).authority if system["listen"] else None


def _own_url(system: dict[str, Any], part: str) -> str:
    return url(system["hosts"][part], system["ports"][part], tls=bool(system["listen"]))


def _public_url(system: dict[str, Any], part: str) -> str:
    return url(system["public_host"], system["ports"][part], tls=bool(system["listen"]))


def _storage(system: dict[str, Any]) -> dict[str, Any]:
    folder = secrets.folder_of(system["data"])
    return {
        "endpoint_url": _own_url(system, "storage"),
        "public_url": _public_url(system, "storage"),
        "ca_bundle": _authority(system),
        "everyday_key_file": folder / secrets.STORAGE_EVERYDAY,
    }


def _catalog(system: dict[str, Any]) -> dict[str, Any]:
    return {
        "database_url": f"sqlite:///{system['data'] / 'catalog' / 'catalog.sqlite3'}",
        "receipt_key_file": secrets.folder_of(system["data"]) / secrets.RECEIPT_KEY,
        "metadata_key_file": secrets.folder_of(system["data"]) / secrets.METADATA_KEY,
        "timestamp_authorities": [{"name": LOCAL, "url": LOCAL}],
    }


def _complete_local_authorities(system: dict[str, Any]) -> None:
    """Say of the local time-stamping authority where its key and root lie, however it was named."""
    folder = secrets.folder_of(system["data"])
    files = {
        "roots_file": folder / secrets.TIMESTAMP_ROOT,
        "signer_file": folder / secrets.TIMESTAMP_AUTHORITY,
    }
    system["catalog"]["timestamp_authorities"] = [
        {**files, **one} if isinstance(one, dict) and one.get("url") == LOCAL else one
        for one in system["catalog"]["timestamp_authorities"]
    ]


def _broker_url(system: dict[str, Any]) -> SecretStr:
    password = secrets.read_if_there(system["data"], secrets.QUEUE_PASSWORD)
    return SecretStr(f"redis://:{password}@{system['hosts']['queue']}:{system['ports']['queue']}/0")


def _with_disposal_key(system: dict[str, Any]) -> dict[str, Any]:
    usual = secrets.folder_of(system["data"]) / secrets.STORAGE_DISPOSAL
    return {**system["storage"], "disposal_key_file": system["storage"].get("disposal_key_file") or usual}


def _without_disposal_key(system: dict[str, Any]) -> dict[str, Any]:
    """Pages and the other workers never learn of it, whatever the environment says."""
    return {**system["storage"], "disposal_key_file": None}


def _workers(system: dict[str, Any]) -> dict[str, Any]:
    return {
        "broker_url": _broker_url(system),
        "catalog": system["catalog"],
        "storage": _with_disposal_key(system) if system["disposes"] else _without_disposal_key(system),
        "scratch_folder": system["data"] / "scratch",
    }


def _web(system: dict[str, Any]) -> dict[str, Any]:
    data = system["data"]
    return {
        "broker_url": _broker_url(system),
        "catalog": system["catalog"],
        "storage": _without_disposal_key(system),
        "secret_key": secrets.read_if_there(data, secrets.WEB_SECRET_KEY),
        "password_salt": secrets.read_if_there(data, secrets.WEB_PASSWORD_SALT),
        "metrics_token": secrets.read_if_there(data, secrets.METRICS_TOKEN),
        "second_factor_key": secrets.read_if_there(data, secrets.SECOND_FACTOR_KEY),
        "public_url": _public_url(system, "web"),
        "secure_cookies": bool(system["listen"]),
        "station_ca_file": _authority(system),
        "document_folder": data / "scratch" / "documents",
    }


def _station(system: dict[str, Any]) -> dict[str, Any]:
    return {
        "server": _own_url(system, "web"),
        "ca_file": _authority(system),
        "token_file": secrets.folder_of(system["data"]) / secrets.STATION_TOKEN,
        "receipt_key_file": secrets.folder_of(system["data"]) / secrets.RECEIPT_PUBLIC_KEY,
        "spool": system["data"] / "spool",
        "board_port": system["ports"]["board"],
    }
