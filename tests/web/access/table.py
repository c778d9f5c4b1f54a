"""The reviewed table of who gets in where: `matrix.csv` beside this file, one line for each endpoint and method."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from tests.web.access.measuring import ACTORS, Key, Row

REVIEWED = Path(__file__).with_name("matrix.csv")
PROPOSED = Path(__file__).with_name("matrix.proposed.csv")
COLUMNS = ("endpoint", "method", "path", "permission", *ACTORS, "an empty form changes", "why")

Line = dict[str, str]


def read(path: Path = REVIEWED) -> dict[Key, Line]:
    """Read a table; empty when there is none yet."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {(line["endpoint"], line["method"]): line for line in csv.DictReader(file)}


def lines(rows: dict[Key, Row], reviewed: dict[Key, Line]) -> dict[Key, Line]:
    """Answer what was measured as lines of the table; comments of the reviewed one are kept."""
    return {
        key: {
            "endpoint": key[0],
            "method": key[1],
            "path": row.path,
            "permission": row.permission,
            **row.letters,
            "an empty form changes": " ".join(sorted(row.changes)),
            "why": reviewed.get(key, {}).get("why") or "",
        }
        for key, row in sorted(rows.items())
    }


def written(found: dict[Key, Line]) -> str:
    """Answer the table as a file's text."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(found.values())
    return text.getvalue()


def differences(reviewed: dict[Key, Line], found: dict[Key, Line]) -> list[str]:
    """Answer each difference in words, none when the tables agree."""
    said = [f"{' '.join(key)}: is new, and has no row" for key in sorted(found.keys() - reviewed.keys())]
    said += [f"{' '.join(key)}: has a row, and is gone" for key in sorted(reviewed.keys() - found.keys())]
    for key in sorted(found.keys() & reviewed.keys()):
        said += [
            f"{' '.join(key)}: {column} was reviewed as {reviewed[key].get(column, '')!r}, "
            f"and is {found[key][column]!r}"
            for column in COLUMNS
            if column != "why" and reviewed[key].get(column, "") != found[key][column]
        ]
    return said
