"""The API against its own description, by schemathesis: no trouble, no answer that is not described, whoever asks.

Messages that keep to the description, and messages that do not; as nobody, as a station, with the monitoring's token, with
a person's token and with the session of every role. What a station or a token may reach is tried with what is theirs as
well, so that more than "not known here" is answered.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from catalog.permissions import ROLES
from tests.web.access.conftest import Bureau
from tests.web.access.measuring import METRICS, NOBODY, STATION, TOKEN, asker, nothing_stays

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
ACTORS = (NOBODY, STATION, METRICS, TOKEN, *sorted(ROLES))
SOME = (NOBODY, STATION, TOKEN, "administrator", "handler")
"""In the short form; that a session of any role opens no route of a station is in the access matrix."""


def attack(
    bureau: Bureau, actor: str, examples: int, own: dict[str, UUID] | None = None
) -> dict[str, set[int]]:
    """Send what schemathesis makes of the description, check each answer, and say which statuses there were."""
    site = bureau.site
    headers = asker(site, actor, bureau.shelves).headers
    seen: dict[str, set[int]] = {}
    with nothing_stays(site.database):
        schema: Any = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", site.app)
        for found in schema.get_all_operations():
            operation = found.ok()
            names = {one.name for one in operation.path_parameters}
            paths = {name: str(own[name]) for name in names} if own is not None else None
            for mode in MODES:
                if mode is GenerationMode.NEGATIVE and not operation.body:
                    continue  # nothing to get wrong but the id, which is tried in test_references
                more = {"path_parameters": paths} if paths else {}
                strategy = operation.as_strategy(generation_mode=mode, **more)

                @settings(
                    max_examples=examples, derandomize=True, deadline=None, database=None,
                    suppress_health_check=list(HealthCheck),
                )  # fmt: skip
                @given(case=strategy)
                def once(case: Any) -> None:
                    answer = case.call(headers=headers)
                    case.validate_response(answer, checks=CHECKS)
                    seen.setdefault(case.operation.label, set()).add(answer.status_code)

                once()
    return seen


@pytest.mark.parametrize("actor", SOME)
def test_nothing_undescribed(bureau: Bureau, actor: str) -> None:
    mine = actor in {STATION, TOKEN}
    own = bureau.shelves["officer"].ids if mine else None
    seen = attack(bureau, actor, 10 if mine else 1, own)
    assert len(seen) >= 13
    if mine:
        assert {200, 204} & set().union(*seen.values()), "something is taken, else nothing was tried"
    else:
        station = {label: statuses for label, statuses in seen.items() if not label.endswith(PUBLIC)}
        assert all(statuses <= {401, 404} for statuses in station.values()), station


PUBLIC = ("/api/v1/enrolment", "/api/v1/openapi.json", "/api/v1/server")


@pytest.mark.slow
@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("named", ["own", "any"])
def test_nothing_undescribed_at_length(bureau: Bureau, actor: str, named: str) -> None:
    own = bureau.shelves["officer"].ids if named == "own" else None
    assert attack(bureau, actor, 150, own)
