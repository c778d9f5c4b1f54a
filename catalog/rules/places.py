"""Places: what a person types, what lies around a point, and the cells an index knows a place by. Pure.

Degrees are WGS 84 as the recorder wrote them; distances are metres on a sphere, flat around the point, which is right to
some parts in a thousand up to 100 km. Boxes do not cross the 180th meridian.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

METRES_PER_DEGREE = 111_195.0
MOST_METRES = 100_000
CELLS = 64
"""Cells a question is split into at most; a larger one is asked of coarser cells."""
_GRIDS = ((3, 100), (2, 10), (1, 1))
"""Name of a grid and how many cells it has to a degree."""
_PAIR = re.compile(r"\s*(-?\d{1,3}(?:\.\d{1,9})?)\s*[,，;；\s]\s*(-?\d{1,3}(?:\.\d{1,9})?)\s*")


@dataclass(frozen=True, slots=True)
class Circle:
    """Everything within `metres` of a point."""

    latitude: float
    longitude: float
    metres: float


@dataclass(frozen=True, slots=True)
class Box:
    """Everything between two parallels and two meridians, bounds included."""

    south: float
    west: float
    north: float
    east: float


def read_point(text: str) -> tuple[float, float] | None:
    """Answer latitude and longitude of `26.5846, 104.8331`; None for anything else."""
    found = _PAIR.fullmatch(text[:64])
    if found is None:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def box_around(circle: Circle) -> Box:
    """Answer the smallest box that holds the circle."""
    high = circle.metres / METRES_PER_DEGREE
    wide = min(360.0, high / max(shrinking(circle.latitude), 1e-6))
    return Box(
        max(-90.0, circle.latitude - high),
        max(-180.0, circle.longitude - wide),
        min(90.0, circle.latitude + high),
        min(180.0, circle.longitude + wide),
    )


def shrinking(latitude: float) -> float:
    """Answer how much shorter a degree of longitude is than one of latitude."""
    return math.cos(math.radians(latitude))


def inside(circle: Circle, latitude: float, longitude: float) -> bool:
    """Answer whether a point is within the circle; the database does the same sum."""
    down = (latitude - circle.latitude) * METRES_PER_DEGREE
    across = (longitude - circle.longitude) * METRES_PER_DEGREE * shrinking(circle.latitude)
    return down * down + across * across <= circle.metres * circle.metres


def cells_of(latitude: float, longitude: float) -> list[str]:
    """Answer the cells a point lies in, one of each grid, and the word for "somewhere"."""
    return ["lany", *(_cell(name, *_numbers(latitude, longitude, per)) for name, per in _GRIDS)]


def cells_over(box: Box) -> list[str]:
    """Answer cells of one grid that together hold the box: one of them is a cell of every point inside."""
    for name, per in _GRIDS:
        south, west = _numbers(box.south, box.west, per)
        north, east = _numbers(box.north, box.east, per)
        if (north - south + 1) * (east - west + 1) <= CELLS:
            return [
                _cell(name, row, column)
                for row in range(south, north + 1)
                for column in range(west, east + 1)
            ]
    return ["lany"]


def _numbers(latitude: float, longitude: float, per: int) -> tuple[int, int]:
    return math.floor((latitude + 90) * per), math.floor((longitude + 180) * per)


def _cell(name: int, row: int, column: int) -> str:
    return f"l{name}x{row}x{column}"
