"""Ids that a person puts into an address: of nothing, of something else. Never trouble, never a hint that something exists."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from catalog.permissions import ROLES, Permission
from tests.web.access.conftest import Bureau
from tests.web.access.measuring import address, ask, asker, letter, nothing_stays, ways
from tests.web.access.subjects import STRINGS
from web.permission import permission_of

IN_WORDS = {
    "pages.incident_resolve": "without a note nothing is looked for",
    "pages.recorder_retire": "without the tick in its box nothing is looked for",
    "pages.recorder_seal": "without the tick in its box nothing is looked for",
    "pages.seal_lift_propose": "without a reason nothing is looked for",
    "pages.seal_reader_confirm": "a name that is not there, or not there any more, is said on the list",
    "pages.seal_reader_remove": "a name that is not there, or not there any more, is said on the list",
}
"""Endpoints that say their refusal on the page they lead back to, instead of 404; the same for nothing and something else."""


def others(ids: dict[str, UUID]) -> dict[str, UUID]:
    """Every name with the id of a thing of another kind."""
    names = sorted(ids)
    return {
        name: next(ids[other] for other in (*names[i + 1 :], *names) if ids[other] != ids[name])
        for i, name in enumerate(names)
    }


@pytest.mark.parametrize("role", sorted(ROLES))
def test_ids_of_nothing_and_of_something_else(bureau: Bureau, role: str) -> None:
    """Whoever may use a page learns no more from another kind's id than from none; whoever may not learns nothing."""
    site, shelf = bureau.site, bureau.shelves[role]
    who = asker(site, role, bureau.shelves)
    nothing = {name: uuid4() for name in shelf.ids}
    wrong: list[str] = []
    seen = 0
    with nothing_stays(site.database):
        for rule, method in ways(site.app):
            if not rule.endpoint.startswith("pages.") or not set(rule.arguments) - set(STRINGS):
                continue
            permitted = permission_of(site.app, rule.endpoint) in ROLES[role] | {Permission.PUBLIC}
            found = ""
            for ids in (nothing, others(shelf.ids)):
                answer = ask(site, who, rule, method, address(site.app, rule, ids))
                found += letter(site.app, answer, known=True)
                answer.close()
            wanted = "FF" if not permitted else "AA" if rule.endpoint in IN_WORDS else "NN"
            seen += 1
            if found != wanted:
                wrong.append(f"{rule.endpoint} {method}: {found}")
    assert seen > 100
    assert not wrong, "\n".join(wrong)


NONSENSE = ("x", "0", "-1", "%00", "..%2f..%2fetc%2fpasswd", "%e2%80%ae", "' OR 1=1", "{{7*7}}", "9" * 4000)


@pytest.mark.parametrize("role", ["handler", "administrator"])
def test_what_is_no_id_at_all(bureau: Bureau, role: str) -> None:
    site = bureau.site
    who = asker(site, role, bureau.shelves)
    client = site.app.test_client(use_cookies=False)
    wrong = []
    for rule, method in ways(site.app):
        if rule.endpoint.startswith("pages.") and method == "GET" and rule.arguments:
            for text in NONSENSE:
                path = "/".join(text if part.startswith("<") else part for part in rule.rule.split("/"))
                answer = client.get(path, headers=who.headers)
                if answer.status_code not in {403, 404, 410}:
                    wrong.append((path[:80], answer.status_code))
    assert wrong == []
