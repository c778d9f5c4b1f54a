"""Where a station's settings come from: `<data>/station.toml` on a station PC, else those of the system in `<data>`."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from ingest.settings import StationSettings, load_station_settings


class StationSettingsMissing(Exception):
    """There are no usable settings of a station here."""


def station_settings(data: Path, **changes: object) -> StationSettings:
    """Answer the station's settings; `changes` that are not None take precedence.

    With `server` and `token_file` among the changes nothing else is needed. Raises StationSettingsMissing.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    file = data / "station.toml"
    try:
        if file.exists():
            settings = load_station_settings(file, **given)
        elif "server" in given and "token_file" in given:
            settings = StationSettings.model_validate({"spool": (data / "spool").absolute(), **given})
        else:
            from liuhen.settings import load  # noqa: PLC0415  a station PC has neither catalog nor storage

            settings = load(data).station.model_copy(update=given)
        settings.token()
    except (OSError, ValidationError, tomllib.TOMLDecodeError) as error:
        raise StationSettingsMissing(f"no station settings in {data}: {error}") from error
    return settings
