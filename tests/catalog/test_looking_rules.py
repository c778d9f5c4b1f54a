"""How a person stands to a clip, and what each role looks at without saying a purpose."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.permissions import ROLES
from catalog.rules.case_life import STATES
from catalog.rules.looking import (
    FREE,
    UNDER_REVIEW,
    WITH_THE_OFFICE,
    CaseOfClip,
    ClipFacts,
    Ground,
    Onlooker,
    free_ground,
    grounds,
)

ME, OTHER, MY_UNIT, ELSEWHERE, ACCOUNT = (uuid4() for _ in range(5))


def who(*roles: str, officer: UUID | None = ME, unit: UUID | None = MY_UNIT) -> Onlooker:
    return Onlooker(frozenset({ACCOUNT}), officer, unit, frozenset(roles))


def case(
    *handlers: UUID, unit: UUID | None = ELSEWHERE, state: str = "open", detached: bool = False
) -> CaseOfClip:
    return CaseOfClip(frozenset(handlers), unit, state, detached)


FOREIGN = ClipFacts(OTHER, ELSEWHERE)
MINE = ClipFacts(ME, MY_UNIT)
OF_MY_UNIT = ClipFacts(OTHER, MY_UNIT)
OF_MY_UNIT_ATTACHED = ClipFacts(OTHER, MY_UNIT, (case(OTHER),))
OF_MY_CASE = ClipFacts(OTHER, ELSEWHERE, (case(ME, OTHER),))
OF_A_CASE_OF_MY_UNIT = ClipFacts(OTHER, ELSEWHERE, (case(OTHER, unit=MY_UNIT),))
DETACHED_FROM_MINE = ClipFacts(OTHER, ELSEWHERE, (case(ME, detached=True),))
OF_MY_UNIT_DETACHED = ClipFacts(OTHER, MY_UNIT, (case(OTHER, detached=True),))
PUT_IN = ClipFacts(None, None, put_in_by=frozenset({ACCOUNT}))
UNKNOWN = ClipFacts(None, None)

EXPECTED: list[tuple[str, ClipFacts, set[str]]] = [
    ("mine", MINE, {"officer", "handler", "section-head"}),
    ("put in by me", PUT_IN, {"officer", "handler", "section-head"}),
    ("of my case", OF_MY_CASE, {"officer", "handler", "section-head"}),
    ("of my unit, on no case", OF_MY_UNIT, {"handler", "section-head"}),
    ("of my unit, on another's case", OF_MY_UNIT_ATTACHED, {"section-head"}),
    ("of a case of my unit", OF_A_CASE_OF_MY_UNIT, {"section-head"}),
    ("of another unit", FOREIGN, set()),
    ("of nobody known", UNKNOWN, set()),
    ("of my unit, detached from where it was", OF_MY_UNIT_DETACHED, {"handler", "section-head", "legal"}),
    ("detached from my case", DETACHED_FROM_MINE, {"legal"}),
]


@pytest.mark.parametrize(("name", "clip", "free"), EXPECTED, ids=[e[0] for e in EXPECTED])
def test_who_looks_without_a_purpose(name: str, clip: ClipFacts, free: set[str]) -> None:
    assert {role for role in ROLES if free_ground(who(role), clip) is not None} == free, name


def test_every_role_is_in_the_table() -> None:
    assert set(FREE) == set(ROLES)


@pytest.mark.parametrize("state", STATES)
def test_what_the_state_of_a_case_opens(state: str) -> None:
    clip = ClipFacts(OTHER, ELSEWHERE, (case(OTHER, state=state),))
    assert (free_ground(who("legal"), clip) is Ground.UNDER_REVIEW) == (state in UNDER_REVIEW)
    assert (free_ground(who("archivist"), clip) is Ground.WITH_OFFICE) == (state in WITH_THE_OFFICE)
    for role in ("officer", "handler", "section-head", "leader", "bureau-head", "office-head"):
        assert free_ground(who(role), clip) is None


def test_leaders_always_say_why() -> None:
    everything = ClipFacts(
        ME, MY_UNIT, (case(ME, unit=MY_UNIT, state="handed-over"),), put_in_by=frozenset({ACCOUNT})
    )
    assert grounds(who(), everything) == set(Ground) - {Ground.TO_ATTACH}
    for role in ("leader", "bureau-head", "office-head", "administrator", "auditor", "personnel"):
        assert free_ground(who(role), everything) is None


def test_of_several_roles_the_most_favourable_counts() -> None:
    assert free_ground(who("leader", "section-head"), OF_MY_UNIT_ATTACHED) is Ground.OWN_UNIT
    assert free_ground(who("section-head", "handler"), OF_MY_UNIT) is Ground.TO_ATTACH
    assert free_ground(who("archivist", "officer"), MINE) is Ground.OWN_CLIP


def of_mine_by_me(**more: object) -> ClipFacts:
    by_me = CaseOfClip(frozenset({ME}), MY_UNIT, "open", attached_by=ACCOUNT)
    return ClipFacts(**{"officer": OTHER, "unit": ELSEWHERE, "cases": (by_me,), **more})  # type: ignore[arg-type]


def test_attaching_says_nothing_of_what_one_had_nothing_to_do_with() -> None:
    for role in ("officer", "handler", "section-head"):
        assert free_ground(who(role), of_mine_by_me()) is None
        assert free_ground(who(role), of_mine_by_me(stated_by=frozenset({OTHER}))) is None
        assert free_ground(who(role), of_mine_by_me(stated_by=frozenset({ACCOUNT}))) is Ground.OWN_CASE
        assert free_ground(who(role), of_mine_by_me(unit=MY_UNIT)) is Ground.OWN_CASE
    by_another = CaseOfClip(frozenset({ME}), ELSEWHERE, "open", attached_by=OTHER)
    both = (*of_mine_by_me().cases, by_another)
    assert free_ground(who("handler"), of_mine_by_me(cases=both)) is Ground.OWN_CASE


_ids = st.sampled_from([ME, OTHER, MY_UNIT, ELSEWHERE, ACCOUNT, None])
_cases = st.builds(
    CaseOfClip,
    handlers=st.frozensets(st.sampled_from([ME, OTHER])),
    unit=_ids,
    state=st.just("open"),
    detached=st.booleans(),
    attached_by=_ids,
)
_clips = st.builds(
    ClipFacts,
    officer=_ids,
    unit=_ids,
    cases=st.lists(_cases, max_size=3).map(tuple),
    put_in_by=st.frozensets(st.sampled_from([ACCOUNT, OTHER])),
    stated_by=st.frozensets(st.sampled_from([ACCOUNT, OTHER])),
)


@given(
    clip=_clips,
    roles=st.frozensets(st.sampled_from(sorted(ROLES))),
    unit=st.sampled_from([MY_UNIT, ELSEWHERE]),
)
def test_nobody_opens_a_clip_by_attaching_it(clip: ClipFacts, roles: frozenset[str], unit: UUID) -> None:
    me = Onlooker(frozenset({ACCOUNT}), ME, MY_UNIT, roles)
    mine = CaseOfClip(frozenset({ME}), unit, "open", attached_by=ACCOUNT)
    more = ClipFacts(clip.officer, clip.unit, (*clip.cases, mine), clip.put_in_by, clip.stated_by)
    had_to_do = grounds(me, clip) & {Ground.OWN_CLIP, Ground.OWN_UNIT} or ACCOUNT in clip.stated_by
    if free_ground(me, clip) is None and not had_to_do:
        assert free_ground(me, more) is None


def test_what_is_unknown_is_the_same_as_nothing() -> None:
    for role in ROLES:
        assert free_ground(who(role, officer=None, unit=None), UNKNOWN) is None
        assert (
            free_ground(who(role, officer=None, unit=None), ClipFacts(None, None, (case(unit=None),))) is None
        )
    assert free_ground(who("never-heard-of"), MINE) is None
