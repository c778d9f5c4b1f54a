"""Nobody acts on his own access: who keeps the registers does not bring recordings into his own sight by them (R2.12)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from itertools import product
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from catalog.actors import system
from catalog.ids import new_id
from catalog.models import Clip, CustodyEntry, Officer, OfficerTerm, Recorder, Unit
from catalog.officers import enter_officer, enter_unit
from catalog.people import create_account
from catalog.permissions import ROLES
from catalog.recorders import register_recorder
from catalog.rules.own_access import comes_into_sight
from catalog.rules.scopes import FINDS, Scope
from tests.catalog import world
from tests.web.conftest import Site, csrf
from tests.web.test_refusals_are_kept import kept

OWN, OTHER = "城东分局", "城西分局"
LI, SOMEBODY = "100388", "200001"


@dataclass(frozen=True)
class Bureau:
    """Li, a handler, keeps the registers with another account; another unit has recordings."""

    site: Site
    recorder: UUID
    of_officer: UUID
    """A recording of an officer of the other unit."""
    of_recorder: UUID
    """One of nobody known, by a recorder of the other unit."""

    def tried(self, path: str, who: str = "li2", **form: str) -> str:
        client = self.site.client(who, "en")
        data = {"csrf_token": csrf(client.get("/account")), **form}
        answer = client.post(path, data=data, follow_redirects=True)
        assert answer.status_code == 200
        return answer.text

    def found(self) -> list[int]:
        """How the two recordings answer to Li."""
        client = self.site.client("li")
        return [client.get(f"/clips/{clip}").status_code for clip in (self.of_officer, self.of_recorder)]

    def unit(self, of: type[Officer | Recorder], **by: str) -> str | None:
        with self.site.database.read() as session:
            row = session.scalars(select(of).filter_by(**by)).one()
            return session.get_one(Unit, row.unit_id).name if row.unit_id else None


@pytest.fixture
def bureau(site: Site) -> Bureau:
    now = site.components.clock()
    with site.database.write() as session:
        other = enter_unit(session, OTHER)
        officer = enter_officer(
            session, actor=system("test"), number=SOMEBODY, name="周强", unit=other, now=now
        )
        device = register_recorder(session, actor=system("test"), serial="W-1", label="W-1", now=now)
        device.unit_id = other.id
        own = session.scalars(select(Officer).where(Officer.number == LI)).one()
        for name, roles, whose in (
            ("li2", ["administrator"], own), ("li3", ["personnel"], own), ("gu", ["administrator"], None),
        ):  # fmt: skip
            create_account(
                session, actor=system("test"), username=name, email=f"{name}@x.example", roles=roles,
                officer=whose, now=now, display_name="" if whose else name,
            )  # fmt: skip
        clips: list[Clip] = [
            world.add_clip(session, now, f"{new_id()}.MP4", officer_id=officer.id),
            world.add_clip(session, now, f"{new_id()}.MP4", recorder_id=device.id),
        ]
        return Bureau(site, device.id, clips[0].id, clips[1].id)


def test_the_bureau_stands_as_the_attack_wants_it(bureau: Bureau) -> None:
    assert bureau.found() == [404, 404]
    assert bureau.unit(Officer, number=LI) == OWN


@pytest.mark.parametrize("who", ["li2", "li3"])
@pytest.mark.parametrize(
    "stated",
    [
        {"unit": OTHER},
        {"unit": OTHER, "since": "2031-01-01"},
        {"unit": OTHER, "since": "1899-01-01"},
        {"unit": OWN, "left": "1"},
        {"unit": OWN, "certificate_number": "ZF-100388", "certificate_until": "2099-12-31"},
        {"unit": OWN, "on_establishment": "0"},
    ],
)
def test_an_officer_moves_himself(bureau: Bureau, who: str, stated: dict[str, str]) -> None:
    page = bureau.tried("/officers", who, number=LI, name="", **stated)
    if stated.get("since", "").startswith("18"):  # no day of the register at all
        assert "Nothing was changed" in page
    else:
        assert "This is you" in page
        assert kept(bureau.site) == [({"act": "officer_keep", "why": "own-record"}, set())]
    assert bureau.unit(Officer, number=LI) == OWN
    with bureau.site.database.read() as session:
        assert session.scalars(select(OfficerTerm)).all() == []
    assert bureau.found() == [404, 404]


def test_a_table_moves_whoever_enters_it(bureau: Bureau) -> None:
    table = f"编号,姓名,单位\n{LI},,{OTHER}\n300001,新人,{OTHER}\n".encode()
    page = bureau.tried("/officers/import", kept=base64.b64encode(table).decode(), enter="1")
    assert "This is you" in page
    assert kept(bureau.site) == [({"act": "officers_import", "why": "own-record"}, set())]
    assert bureau.unit(Officer, number=LI) == OWN
    assert bureau.unit(Officer, number="300001") == OTHER, "the other rows are entered"


def test_others_are_moved_into_ones_own_unit(bureau: Bureau) -> None:
    for path, act, form in (
        ("/officers", "officer_keep", {"number": SOMEBODY, "unit": OWN}),
        ("/officers", "officer_keep", {"number": SOMEBODY, "unit": ""}),
    ):
        assert "that you do not find now" in bureau.tried(path, **form)
        assert kept(bureau.site)[-1] == ({"act": act, "why": "your-unit"}, set())
    assert len(kept(bureau.site)) == 2
    assert bureau.unit(Officer, number=SOMEBODY) == OTHER
    assert bureau.found() == [404, 404]


@pytest.mark.parametrize("unit", [OWN, ""])
def test_a_recorder_is_moved_into_ones_own_sight(bureau: Bureau, unit: str) -> None:
    page = bureau.tried("/recorders", serial="W-1", unit=unit, recorder=str(bureau.recorder))
    assert "that you do not find now" in page
    assert kept(bureau.site) == [({"act": "recorder_register", "why": "recorder-to-your-unit"}, set())]
    assert bureau.unit(Recorder, serial="W-1") == OTHER
    assert bureau.found() == [404, 404]


def test_a_table_moves_a_recorder(bureau: Bureau) -> None:
    table = f"序列号,单位\nW-1,{OWN}\n".encode()
    bureau.tried("/recorders/import", kept=base64.b64encode(table).decode(), enter="1")
    assert kept(bureau.site) == [({"act": "recorders_import", "why": "recorder-to-your-unit"}, set())]
    assert bureau.unit(Recorder, serial="W-1") == OTHER


def test_another_keeper_does_it_and_a_name_is_ones_own_to_correct(bureau: Bureau) -> None:
    bureau.tried("/officers", "gu", number=LI, unit=OTHER)
    assert bureau.unit(Officer, number=LI) == OTHER
    bureau.tried("/recorders", "gu", serial="W-1", unit=OWN, recorder=str(bureau.recorder))
    assert bureau.unit(Recorder, serial="W-1") == OWN
    own = {"certificate_number": "", "unit": OTHER}
    bureau.tried("/officers", number=LI, name="李晓玫", **own)
    with bureau.site.database.read() as session:
        assert session.scalars(select(Officer.name).where(Officer.number == LI)).one() == "李晓玫"
        entries = session.scalars(select(CustodyEntry).where(CustodyEntry.action == "officer.changed")).all()
    assert len(entries) == 2
    assert kept(bureau.site) == []


def test_out_of_sight_is_no_gain(bureau: Bureau) -> None:
    bureau.tried("/recorders", "gu", serial="W-1", unit=OWN, recorder=str(bureau.recorder))
    bureau.tried("/recorders", serial="W-1", unit=OTHER, recorder=str(bureau.recorder))
    assert bureau.unit(Recorder, serial="W-1") == OTHER
    assert kept(bureau.site) == []


def test_what_comes_into_sight_by_a_unit() -> None:
    own, other, third = uuid4(), uuid4(), uuid4()
    for role, (before, after) in product(sorted(ROLES), product((None, own, other, third), repeat=2)):
        by_unit = Scope.OWN_UNIT in FINDS[role]
        gains = by_unit and before in {other, third} and after in {None, own}
        assert comes_into_sight([role], own, before, after) is gains, (role, before, after)
    assert not comes_into_sight(["handler", "legal"], own, other, own), "found already"
    assert not comes_into_sight(["handler"], None, other, third)
