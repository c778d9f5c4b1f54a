"""Hostile strings laid into a catalog, past every door: what an import, a station or an older version may have left there."""

from __future__ import annotations

from itertools import count

from sqlalchemy import Connection, MetaData, Table, select, update

from catalog.rules.free_text import plain
from tests.hostile.strings import ON_SCREEN

PLACES: dict[str, tuple[str, ...]] = {
    "accounts": ("display_name",),
    "api_tokens": ("name",),
    "appraisals": ("number", "note"),
    "attachments": ("proves", "maker"),
    "cases": ("number", "title", "party", "shelf_place", "cross_reference", "file_note"),
    "clips": ("name",),
    "gaps": ("series",),
    "holds": ("document", "note"),
    "incidents": ("what",),
    "marks": ("note",),
    "officers": ("name", "certificate_number"),
    "recorder_faults": ("note",),
    "recorder_repairs": ("repairer", "company", "contact", "note"),
    "recorder_substitutes": ("what", "reason"),
    "recorders": ("serial", "label", "vendor", "model", "asset_number", "firmware", "supplier"),
    "retention_rows": ("basis",),
    "retention_schedules": ("version", "note"),
    "saved_views": ("name",),
    "seals": ("basis", "note"),
    "sightings": ("shown",),
    "stations": ("name",),
    "steps": ("title", "place", "record_number"),
    "units": ("name",),
}
"""Columns of what people or devices call things and say about them."""
AS_THEY_CAME = {("clips", "name"), ("sightings", "shown"), ("recorders", "serial"), ("gaps", "series")}
"""What a device called them; all else comes in by a door that takes direction marks out."""


def lay_in(connection: Connection, metadata: MetaData, turn: int) -> int:
    """Write a string into each of the places, row by row another one; answer how many. `turn` chooses where to begin."""
    number = count(turn)
    for name, columns in PLACES.items():
        table = metadata.tables[name]
        for (identity,) in connection.execute(select(table.c.id)).all():
            values = {column: _fit(table, column, turn, next(number)) for column in columns}
            connection.execute(update(table).where(table.c.id == identity).values(values))
    return next(number) - turn


def _fit(table: Table, column: str, turn: int, number: int) -> str:
    """Answer a string as long as the column takes it, unlike all others."""
    text = ON_SCREEN[number % len(ON_SCREEN)]
    if (table.name, column) not in AS_THEY_CAME:
        text = plain(text)
    room = (getattr(table.c[column].type, "length", None) or 240) - 9
    return f"{text[:room]} {turn:x}.{number:x}"
