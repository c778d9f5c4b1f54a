"""Who gets in where: every route asked as everybody, compared with the table a person has reviewed (invariant 11)."""

from __future__ import annotations

import pytest

from catalog.permissions import ROLES, Permission
from tests.web.access import table
from tests.web.access.conftest import Bureau
from tests.web.access.measuring import ACTORS, METRICS, NOBODY, STATION, TOKEN, Key, Row, measure, ways
from tests.web.access.subjects import STRINGS

pytestmark = pytest.mark.timeout(900)  # thousands of requests, also on a machine that is busy

HOW = (
    "Look at each difference: is it meant? The table as it would be lies in "
    f"tests/web/access/{table.PROPOSED.name}; `make matrix` writes it too. Once reviewed, with a reason in the column "
    f"`why` where it surprises, move it to {table.REVIEWED.name}. See docs/maintainers/access.md."
)


@pytest.fixture(scope="module")
def measured(bureau: Bureau) -> dict[Key, Row]:
    return measure(bureau.site, bureau.shelves)


def test_every_argument_of_an_address_has_a_subject(bureau: Bureau) -> None:
    known = set(bureau.shelves["officer"].ids) | set(STRINGS)
    asked = {name: rule.rule for rule, _ in ways(bureau.site.app) for name in rule.arguments}
    lacking = {name: rule for name, rule in asked.items() if name not in known}
    assert lacking == {}, "put one on each shelf in tests/web/access/subjects.py"


def test_access_is_as_reviewed(measured: dict[Key, Row]) -> None:
    reviewed = table.read()
    found = table.lines(measured, reviewed)
    differences = table.differences(reviewed, found)
    table.PROPOSED.unlink(missing_ok=True)
    if differences:
        table.PROPOSED.write_text(table.written(found), encoding="utf-8")
    assert not differences, "\n".join([*differences, HOW])


def test_nothing_fails(measured: dict[Key, Row]) -> None:
    failures = [f"{' '.join(key)}: {one}" for key, row in measured.items() for one in sorted(row.failures)]
    assert not failures, "\n".join(failures)


def test_what_is_refused_changes_nothing(measured: dict[Key, Row]) -> None:
    changed = [
        f"{' '.join(key)}: {one}" for key, row in measured.items() for one in sorted(row.refused_changes)
    ]
    assert not changed, "\n".join(changed)


def test_the_letters_follow_from_the_permissions(measured: dict[Key, Row]) -> None:
    """A table that was reviewed in haste: what the declared permission alone does not explain must say why."""
    reviewed = table.read()
    surprising = [
        f"{' '.join(key)}: {row.letters[actor]} to {actor}"
        for key, row in measured.items()
        for actor in ACTORS
        if not _explained(key, row, actor) and not reviewed.get(key, {}).get("why")
    ]
    assert not surprising, "\n".join(["Say why in the table, or mend it:", *surprising])


def test_what_one_press_changes_says_why() -> None:
    """A form without a field acts at once; that is meant only where somebody says so."""
    silent = [key for key, line in table.read().items() if line["an empty form changes"] and not line["why"]]
    assert silent == []


def _explained(key: Key, row: Row, actor: str) -> bool:
    found = set(row.letters[actor])
    if row.permission == Permission.PUBLIC:
        return not found & {"F", "S"}
    person = key[0].partition(".")[0] == "pages"
    if not person:
        its_own = {"api": STATION, "reading": TOKEN}.get(key[0].partition(".")[0], METRICS)
        return not found & {"F", "S"} if actor == its_own else found == {"S"}
    if actor in {NOBODY, STATION, METRICS, TOKEN}:
        return found == {"S"} or (found == {"B"} and key[1] == "POST" and actor != NOBODY)
    if Permission(row.permission) in ROLES[actor]:
        return not found & {"F", "S"} and len(found) == 1
    return found == {"F"}
