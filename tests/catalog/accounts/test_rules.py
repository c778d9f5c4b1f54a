"""The pairs of roles, the explainer and the passwords: pure, against the table of permissions itself."""

from __future__ import annotations

from itertools import combinations
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.actors import Actor
from catalog.explaining import NOT_OF_PEOPLE, OF_PEOPLE, SUBJECTS, allowed, by_subject, holders, why_not
from catalog.permissions import ROLES, Permission, may
from catalog.rules.administrations import (
    INCOMPATIBLE,
    NEVER_NONE,
    OF_EVIDENCE,
    SECURITY,
    SYSTEM,
    THREE,
    Person,
    clashes,
    clashes_among,
    why_not_close,
    why_not_grant,
    why_not_take,
)
from catalog.rules.passwords import COMMON, SHORTEST, weakness_of
from catalog.rules.scopes import finds

EVIDENCE = {Permission.CLIP_READ, Permission.CLIP_DOWNLOAD, Permission.SEAL_LOOK}
ACTS_ON_ACCOUNTS = {Permission.ACCOUNT_GRANT, Permission.ACCOUNT_INVITE}


def compatible(*roles: str) -> bool:
    return not clashes_among(roles)


def test_pairs_name_roles_that_exist() -> None:
    for pair in INCOMPATIBLE:
        assert len(pair) == 2
        assert pair <= set(ROLES)


def test_no_two_of_the_three_and_none_with_evidence() -> None:
    for one, other in combinations(THREE, 2):
        assert not compatible(one, other)
    for role in THREE:
        assert not ROLES[role] & EVIDENCE
        for other, permissions in ROLES.items():
            if permissions & EVIDENCE:
                assert not compatible(role, other), (role, other)


def test_what_whoever_may_hold_comes_to() -> None:
    """Over all sets of roles one person may hold: granting is alone, inviting sees nothing, the log is read by who does nothing."""
    for one, other in combinations(ROLES, 2):
        if not compatible(one, other):
            continue
        together = ROLES[one] | ROLES[other]
        assert not (Permission.ACCOUNT_GRANT in together and len(together & ACTS_ON_ACCOUNTS) > 1)
        if together & ACTS_ON_ACCOUNTS:
            assert Permission.CUSTODY_READ not in together
            assert not together & EVIDENCE
    assert {other for other in ROLES if other != SECURITY and compatible(SECURITY, other)} == set()
    assert {other for other in ROLES if other != "auditor" and compatible("auditor", other)} == set()
    assert {other for other in ROLES if other != SYSTEM and compatible(SYSTEM, other)} == {"administrator"}


CHANGE_EVIDENCE = frozenset(
    {
        Permission.CLIP_ATTACH, Permission.CLIP_DECLARE, Permission.CLIP_DETACHMENT, Permission.CLIP_DOWNLOAD,
        Permission.CLIP_MARK, Permission.CLIP_MARK_REMOVE, Permission.CLIP_RERUN,
    }
)  # fmt: skip


def test_leaders_decide_nothing_about_evidence() -> None:
    for leader in ("leader", "bureau-head"):
        assert finds({leader}) == frozenset(), "they look by procedure alone (R5.4)"
        assert not ROLES[leader] & CHANGE_EVIDENCE
        assert not any(compatible(leader, role) for role in OF_EVIDENCE)


@given(st.sets(st.sampled_from(sorted(ROLES))), st.sampled_from(sorted(ROLES)))
def test_clashes_are_the_same_from_both_sides(held: set[str], wanted: str) -> None:
    found = clashes(wanted, held)
    assert {c.held for c in found} == {h for h in held if clashes(h, {wanted})}
    assert clashes_among({*held, wanted}) == [] or not compatible(*held, wanted)
    assert not [c for c in found if c.held == wanted]


@given(
    st.sets(st.sampled_from(sorted(ROLES))),
    st.sets(st.sampled_from(sorted(ROLES))),
    st.sampled_from(sorted(ROLES)),
    st.booleans(),
    st.booleans(),
)
def test_nobody_ever_grants_to_himself_nor_makes_a_forbidden_pair(
    mine: set[str], theirs: set[str], role: str, same: bool, closed: bool
) -> None:
    by = Person(uuid4(), frozenset(mine))
    to = Person(by.who if same else uuid4(), frozenset(theirs))
    if why_not_grant(role, known=ROLES, by=by, to=to, held=theirs, closed=closed) is None:
        assert SECURITY in mine
        assert not same
        assert not closed
        assert role not in theirs
        assert not clashes(role, theirs)


@pytest.mark.parametrize("role", NEVER_NONE)
def test_the_last_one_stays(role: str) -> None:
    system, security = Person(uuid4(), frozenset({SYSTEM})), Person(uuid4(), frozenset({SECURITY}))
    of = Person(uuid4(), frozenset({role}))
    assert why_not_take(role, by=security, of=of, held={role}, others={}) == "last-one"
    assert why_not_take(role, by=security, of=of, held={role}, others={role: 1}) is None
    assert why_not_close(by=system, of=of, held={role}, others={}) == "last-one"
    assert why_not_close(by=system, of=of, held={role}, others={role: 1}) is None
    assert why_not_close(by=system, of=system, held={role}, others={role: 1}) == "own-roles"


def person(*roles: str) -> Actor:
    return Actor("person", uuid4(), "x", frozenset(roles))


@given(st.sets(st.sampled_from(sorted(ROLES))))
def test_the_explainer_says_what_is_so(roles: set[str]) -> None:
    said = allowed(roles)
    assert said - NOT_OF_PEOPLE == {p for p in OF_PEOPLE if may(person(*roles), p)}
    grouped = by_subject(said)
    assert sum(map(len, grouped.values())) == len(said)
    assert set(grouped) <= set(SUBJECTS)
    for permission in OF_PEOPLE:
        answer = why_not(permission, roles)
        assert answer.may == may(person(*roles), permission)
        if answer.may:
            assert all(permission in ROLES[role] for role in answer.by)
        else:
            assert {way.role for way in answer.ways} == set(holders(permission))
            assert answer.ways
            for way in answer.ways:
                assert way.against == tuple(clashes(way.role, roles))


def test_other_accounts_of_the_person_stand_against_a_way() -> None:
    answer = why_not(Permission.CLIP_DETACHMENT, {"officer"}, {"handler"})
    assert [(way.role, [c.held for c in way.against]) for way in answer.ways] == [("legal", ["handler"])]


def test_without_roles_one_has_the_own_account_only() -> None:
    assert allowed(()) == {Permission.SELF}
    assert {p for p in Permission if may(person(), p)} == {Permission.SELF, Permission.PUBLIC}
    assert not may(Actor("station", uuid4(), "ST-01"), Permission.SELF)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "short"),
        ("十一个汉字不算是够长", "short"),
        ("x" * 1025, "long"),
        ("wangwangwang", "own-name"),
        ("Wangjianguo2026!", "own-name"),
        ("wangjianguo@liuhen.invalid", "own-name"),
        ("王建国王建国王建国王建国", "own-name"),
        ("Password1234", "common"),
        ("１２３４５６７８９０１２", "common"),
        ("ababababababab", "common"),
        ("abcdefghijklmn", "common"),
        ("8901234567890123", "common"),
        ("543210987654321", "common"),
        ("WOAINI1314520", "common"),
        ("correct horse battery staple", None),
        ("今天的雨下得比昨天大一些", None),
        ("lowercaseonlyx", None),
        ("8205 7316 4491", None),
    ],
)
def test_passwords(password: str, why: str | None) -> None:
    names = ("wang", "wangjianguo", "wangjianguo@liuhen.invalid", "王建国", "")
    assert weakness_of(password, names) == why


def test_the_list_is_of_passwords_long_enough() -> None:
    assert len(COMMON) > 100
    assert {word for word in COMMON if len(word) < SHORTEST} == set()
    assert {word for word in COMMON if word != word.casefold()} == set()
