"""Each role has its two tests in the real browser: work of its own, and what is beyond it."""

from __future__ import annotations

import re
from pathlib import Path

from catalog.permissions import ROLES
from tests.browser.roles.beyond import BEYOND

MARKED = re.compile(r"^@pytest\.mark\.role\(([^)]*)\)$", re.MULTILINE)


def marked() -> dict[str, int]:
    """How many tests of the browser are marked with each role."""
    counts: dict[str, int] = {}
    for file in Path(__file__).parents[1].rglob("test_*.py"):
        for names in MARKED.findall(file.read_text(encoding="utf-8")):
            for name in re.findall(r'"([^"]+)"', names):
                counts[name] = counts.get(name, 0) + 1
    return counts


def test_each_role_has_work_and_limits_tried() -> None:
    counts = marked()
    assert set(counts) <= set(ROLES), "a mark for a role that there is not"
    assert set(BEYOND) == set(ROLES), "say what is beyond the role in tests/browser/roles/beyond.py"
    assert {role: counts.get(role, 0) for role in ROLES if counts.get(role, 0) < 1} == {}
    assert all(len(lines) >= 3 and len(addresses) >= 3 for lines, addresses in BEYOND.values())
