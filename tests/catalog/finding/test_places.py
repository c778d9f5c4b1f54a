"""Points as typed, and cells that never lose a place."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from catalog.rules.places import (
    METRES_PER_DEGREE,
    Box,
    Circle,
    box_around,
    cells_of,
    cells_over,
    inside,
    read_point,
    shrinking,
)

LATITUDE, LONGITUDE = st.floats(-60, 60), st.floats(-170, 170)


@given(LATITUDE, LONGITUDE, st.floats(1, 100_000), st.floats(0, 1), st.floats(0, 2 * math.pi))
def test_a_point_inside_lies_in_a_cell_that_is_asked_for(
    latitude: float, longitude: float, metres: float, part: float, angle: float
) -> None:
    circle = Circle(latitude, longitude, metres)
    box = box_around(circle)
    degrees = part * metres / METRES_PER_DEGREE
    north = latitude + degrees * math.sin(angle)
    east = longitude + degrees * math.cos(angle) / shrinking(latitude)
    assume(inside(circle, north, east))
    assert box.south <= north <= box.north
    assert box.west <= east <= box.east
    assert set(cells_of(north, east)) & set(cells_over(box))


@given(LATITUDE, LATITUDE, LONGITUDE, LONGITUDE)
def test_a_question_is_split_into_few_cells(a: float, b: float, c: float, d: float) -> None:
    cells = cells_over(Box(min(a, b), min(c, d), max(a, b), max(c, d)))
    assert 0 < len(cells) <= 64
    assert all(cell.isalnum() for cell in cells)


def test_distances_are_metres() -> None:
    # Chengdu's and Guiyang's stations are 517 km apart; two ends of one street 1.1 km.
    street = Circle(26.5846, 104.8331, 1150)
    assert inside(street, 26.5946, 104.8331)
    assert not inside(Circle(26.5846, 104.8331, 1100), 26.5946, 104.8331)
    assert inside(
        Circle(60.0, 24.0, 600), 60.0, 24.01
    )  # 556 m: a degree of longitude is half as long up there


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("26.5846, 104.8331", (26.5846, 104.8331)),
        ("26.5846，104.8331", (26.5846, 104.8331)),
        (" -1 ; 2 ", (-1.0, 2.0)),
        ("91, 0", None),
        ("0, 181", None),
        ("26", None),
        ("nan, nan", None),
        ("1e3, 2", None),
        ("26.5 104.8 3", None),
        ("", None),
    ],
)
def test_points_as_typed(text: str, point: tuple[float, float] | None) -> None:
    assert read_point(text) == point
