"""No address leaves without office or purpose; a purpose is one person's, for one clip, for some hours."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from catalog.actors import Actor, system
from catalog.case_files.attaching import Wish, attach
from catalog.case_files.detaching import confirm_detachment, detach
from catalog.database import Database
from catalog.looking import NothingToShow, download_address, open_address, play_addresses
from catalog.models import Clip, CustodyEntry, CustodyPrivate, LookPurpose, Officer, Step, Unit
from catalog.officers import enter_officer, enter_unit
from catalog.people import create_account, person
from catalog.purposes.standing import CannotLook, standing_to
from catalog.purposes.stating import NUMBER_LIMIT, TEXT_LIMIT, CannotState, state_purpose
from catalog.rules.giving_out import Reason
from catalog.rules.looking import PURPOSE_VALID, PURPOSES, Ground
from tests.catalog.holds.people import Office, open_office
from tests.catalog.world import add_clip, entries

SECOND = timedelta(seconds=1)


class Addresses:
    """A store that gives addresses, so that what leaves is counted without one."""

    def get_address(self, key: str, *, version: str, valid: timedelta, **_: object) -> object:
        class Given:
            url, expires = (
                f"https://storage/{key}?{version}",
                datetime.fromisoformat("2026-11-23T10:15:00+00:00"),
            )

        return Given


STORE = Addresses()


class House:
    """A clip of one unit, an officer and a handler of another who find all of the bureau, one of this unit, and the rest."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database, self.now = database, now
        with database.write() as session:
            self.office: Office = open_office(session, now)
            self.unit = enter_unit(session, "城西分局").id
            self.clip = add_clip(
                session,
                now,
                "A.MP4",
                recorded=now,
                duration=60.0,
                facts={"mime": "video/mp4"},
                renditions=("poster",),
                officer_id=self.office.officers[0],
            ).id
            self.paper = add_clip(
                session, now, "B.PDF", kind="document", shown_as="none", facts={"mime": "application/pdf"}
            ).id
        self.outsider = self.somebody("900001", "officer", "archivist")
        self.far = self.somebody("900002", "handler", "archivist")
        with database.read() as session:
            unit = session.get_one(Officer, self.office.officers[0]).unit_id
        self.near = self.somebody("900000", "handler", unit=unit)

    def somebody(self, number: str, *roles: str, unit: UUID | None = None) -> Actor:
        with self.database.write() as session:
            of = session.get_one(Unit, unit or self.unit)
            officer = enter_officer(
                session, actor=system("test"), number=number, name=f"人{number}", unit=of, now=self.now
            )
            account = create_account(
                session,
                actor=system("test"),
                username=f"u{number}",
                email=f"u{number}@example.test",
                roles=roles,
                officer=officer,
                now=self.now,
            )
            return person(account, "192.0.2.9")

    def play(
        self, actor: Actor, *, at: datetime | None = None, clip: UUID | None = None
    ) -> dict[str, object]:
        with self.database.write() as session:
            return dict(
                play_addresses(
                    session,
                    STORE,  # type: ignore[arg-type]
                    STORE,  # type: ignore[arg-type]
                    actor=actor,
                    clip=session.get_one(Clip, clip or self.clip),
                    now=at or self.now,
                )
            )

    def ground(self, actor: Actor, at: datetime | None = None) -> Ground | None:
        with self.database.read() as session:
            return standing_to(session, actor, session.get_one(Clip, self.clip), at or self.now).ground

    def state(self, actor: Actor, purpose: str = "file-check", **more: object) -> UUID:
        with self.database.write() as session:
            wish = {"clip_id": self.clip, "now": self.now, **more}
            return state_purpose(session, actor=actor, purpose=purpose, **wish).id  # type: ignore[arg-type]

    def facts(self, action: str) -> list[dict[str, object]]:
        with self.database.read() as session:
            return [
                json.loads(session.get_one(CustodyEntry, entry).record)["facts"]
                for entry in entries(session, action)
            ]


@pytest.fixture
def house(database: Database, now: datetime) -> House:
    return House(database, now)


def no_address(house: House, actor: Actor, **more: object) -> None:
    before = len(house.facts("clip.played"))
    with pytest.raises(CannotLook, match="purpose-needed"):
        house.play(actor, **more)  # type: ignore[arg-type]
    assert len(house.facts("clip.played")) == before


def test_no_address_without_a_purpose_and_the_entry_says_which(house: House) -> None:
    no_address(house, house.outsider)
    house.state(house.outsider, case_number="城西市监案〔2026〕8号", text="评查\x00\u202e抽中")
    assert "main" in house.play(house.outsider)
    (said,) = house.facts("clip.played")
    assert (said["ground"], said["purpose"]) == ("purpose", "file-check")
    (stated,) = house.facts("clip.purpose-stated")
    assert stated["purpose"] == "file-check"
    with house.database.read() as session:
        entry = session.get_one(CustodyEntry, entries(session, "clip.purpose-stated")[0])
        assert "评查" not in entry.record
        kept = dict(
            session.execute(
                select(CustodyPrivate.field, CustodyPrivate.value).where(CustodyPrivate.entry_id == entry.id)
            ).all()
        )
    assert json.loads(kept["text"]) == "评查抽中"
    assert json.loads(kept["case_number"]) == "城西市监案〔2026〕8号"


def test_the_office_of_each_is_kept_with_the_look(house: House) -> None:
    own_unit = house.office.people["handler"]
    no_address(house, own_unit)  # of no unit
    with house.database.read() as session:
        unit = session.get_one(Officer, house.office.officers[0]).unit_id
    colleague = house.somebody("900003", "handler", unit=unit)
    house.play(colleague)
    assert house.facts("clip.played")[-1]["ground"] == "to-attach"
    house.play(house.somebody("900004", "section-head", unit=unit))
    assert house.facts("clip.played")[-1]["ground"] == "own-unit"
    for role in ("legal", "archivist", "leader", "bureau-head", "office-head", "section-head"):
        no_address(house, house.office[role])


def test_the_recorder_of_an_unknown_officer_says_the_unit(house: House) -> None:
    from tests.catalog.world import recorder  # noqa: PLC0415 - one test needs it

    with house.database.write() as session:
        device = recorder(session)
        device.unit_id = house.unit
        session.execute(
            update(Clip).where(Clip.id == house.clip).values(officer_id=None, recorder_id=device.id)
        )
    assert house.ground(house.far) is Ground.TO_ATTACH
    assert house.ground(house.outsider) is None


def test_a_purpose_is_one_persons_for_one_clip(house: House) -> None:
    house.state(house.outsider)
    no_address(house, house.far)
    no_address(house, house.office["legal"])
    with house.database.write() as session:
        second = add_clip(session, house.now, "C.MP4", facts={"mime": "video/mp4"}).id
    no_address(house, house.outsider, clip=second)
    house.play(house.outsider)


def test_a_purpose_runs_out(house: House) -> None:
    house.state(house.outsider)
    no_address(house, house.outsider, at=house.now - SECOND)
    house.play(house.outsider, at=house.now + PURPOSE_VALID - SECOND)
    no_address(house, house.outsider, at=house.now + PURPOSE_VALID)
    house.state(house.outsider, now=house.now + PURPOSE_VALID)
    house.play(house.outsider, at=house.now + PURPOSE_VALID)


def test_saving_and_opening_need_it_as_well(house: House) -> None:
    def save() -> object:
        with house.database.write() as session:
            clip = session.get_one(Clip, house.clip)
            return download_address(
                session,
                STORE,
                actor=house.far,
                clip=clip,
                reason=Reason("litigation"),
                now=house.now,  # type: ignore[arg-type]
            )

    def read() -> object:
        with house.database.write() as session:
            clip = session.get_one(Clip, house.paper)
            return open_address(session, STORE, actor=house.far, clip=clip, now=house.now)  # type: ignore[arg-type]

    for act in (save, read):
        with pytest.raises(CannotLook, match="purpose-needed"):
            act()
    house.state(house.far, "litigation")
    house.state(house.far, "litigation", clip_id=house.paper)
    save()
    read()
    assert house.facts("clip.downloaded")[0]["purpose"] == "litigation"
    assert house.facts("clip.played")[0]["purpose"] == "litigation"


@pytest.mark.parametrize(
    ("purpose", "more", "why"),
    [
        ("", {}, "unknown-purpose"),
        ("curiosity", {}, "unknown-purpose"),
        ("CASE", {}, "unknown-purpose"),
        ("case' OR 1=1 --", {}, "unknown-purpose"),
        ("other", {}, "text-missing"),
        ("other", {"text": " \x00\u202e\n "}, "text-missing"),
        ("case", {"text": "字" * (TEXT_LIMIT + 1)}, "text-too-long"),
        ("case", {"case_number": "1" * (NUMBER_LIMIT + 1)}, "number-too-long"),
        ("case", {"clip_id": uuid4()}, "unknown-clip"),
    ],
)
def test_what_is_no_purpose_is_refused_and_keeps_nothing(
    house: House, purpose: str, more: dict[str, object], why: str
) -> None:
    with pytest.raises(CannotState) as refusal:
        house.state(house.outsider, purpose, **more)
    assert refusal.value.why == why
    with house.database.read() as session:
        assert session.scalars(select(LookPurpose)).all() == []
    assert house.facts("clip.purpose-stated") == []
    no_address(house, house.outsider)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_purpose_opens(house: House, purpose: str) -> None:
    house.state(house.outsider, purpose, text="'; DROP TABLE clips; --<script>", case_number="a\nb\t c")
    house.play(house.outsider)
    with house.database.read() as session:
        assert session.scalars(select(LookPurpose.case_number)).one() == "a b c"


def test_machines_and_stations_state_nothing(house: House) -> None:
    for actor in (
        system("render"),
        Actor("station", uuid4(), "ST-02"),
        Actor("person", None, "nobody", frozenset({"handler"})),
    ):
        with pytest.raises(CannotState, match="unknown-clip"):
            house.state(actor)
    no_address(house, Actor("station", uuid4(), "ST-02"))
    no_address(house, Actor("person", None, "nobody", frozenset({"handler"})))


def test_a_sealed_clip_is_not_opened_by_a_purpose(house: House) -> None:
    house.state(house.outsider)
    with house.database.write() as session:
        session.execute(update(Clip).where(Clip.id == house.clip).values(restricted=True))
    with pytest.raises(CannotState, match="unknown-clip"):
        house.state(house.outsider)
    with pytest.raises(NothingToShow):
        house.play(house.outsider)


def attached_to(house: House, handler: Actor) -> UUID:
    """Put the clip on a case that `handler` handles."""
    with house.database.write() as session:
        step = session.get_one(Step, house.office.steps[0])
        step.case.handler_id = handler.officer_id
        row = attach(
            session,
            actor=house.near,
            clip_id=house.clip,
            step_id=step.id,
            wish=Wish("process", "sub"),
            now=house.now,
        )
        return row.id


def test_what_is_detached_meanwhile_is_of_the_case_no_more(house: House) -> None:
    row = attached_to(house, house.far)
    assert house.ground(house.far) is Ground.OWN_CASE
    assert house.ground(house.outsider) is None
    house.play(house.far)
    with house.database.write() as session:
        detach(session, actor=house.near, attachment_id=row, reason="关联错误", now=house.now)
    no_address(house, house.far)
    assert house.ground(house.office["legal"]) is Ground.UNDER_REVIEW, "it decides on the detachment"
    with house.database.write() as session:
        confirm_detachment(session, actor=house.office["legal"], attachment_id=row, now=house.now)
    no_address(house, house.far)
    assert house.ground(house.office["legal"]) is None


def test_a_case_that_changes_hands_takes_its_clips_along(house: House) -> None:
    attached_to(house, house.far)
    with house.database.write() as session:
        session.get_one(Step, house.office.steps[0]).case.handler_id = house.outsider.officer_id
    assert house.ground(house.far) is None
    assert house.ground(house.outsider) is Ground.OWN_CASE


@pytest.mark.parametrize(
    ("state", "role", "free"),
    [
        ("open", "legal", False),
        ("corrected", "legal", True),
        ("accepted", "legal", False),
        ("reviewed", "archivist", False),
        ("handed-over", "archivist", True),
        ("archived", "archivist", True),
        ("archived", "leader", False),
    ],
)
def test_review_and_archive_look_at_what_is_before_them(
    house: House, state: str, role: str, free: bool
) -> None:
    attached_to(house, house.far)
    with house.database.write() as session:
        session.get_one(Step, house.office.steps[0]).case.state = state
    assert (house.ground(house.office[role]) is not None) == free


def test_accounts_of_one_officer_see_what_that_officer_recorded(house: House) -> None:
    with house.database.write() as session:
        officer = session.get_one(Officer, house.office.officers[0])
        second = create_account(
            session,
            actor=system("test"),
            username="second",
            email="second@example.test",
            roles=["officer"],
            officer=officer,
            now=house.now,
        )
        actor = person(second, None)
    assert house.ground(actor) is Ground.OWN_CLIP


def test_two_windows_at_once(house: House) -> None:
    gate, wrong = Barrier(2), []

    def window() -> None:
        try:
            gate.wait(10)
            house.state(house.outsider)
            house.play(house.outsider)
        except Exception as error:  # noqa: BLE001 - said below
            wrong.append(error)

    both = [Thread(target=window) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(30)
    assert wrong == []
    assert len(house.facts("clip.purpose-stated")) == 2, "each statement is on record"
    assert len(house.facts("clip.played")) == 2


def test_what_was_stated_stays(house: House) -> None:
    house.state(house.outsider)
    acts: list[Callable[[Session], object]] = [
        lambda s: s.execute(update(LookPurpose).values(valid_until=house.now + 99 * PURPOSE_VALID)),
        lambda s: s.execute(delete(LookPurpose)),
    ]
    for act in acts:
        with pytest.raises(DatabaseError), house.database.write() as session:
            act(session)
    with house.database.read() as session:
        assert session.scalars(select(LookPurpose.valid_until)).one() == house.now + PURPOSE_VALID


def test_attaching_it_oneself_is_no_way_round_the_purpose(house: House) -> None:
    with house.database.write() as session:
        step = session.get_one(Step, house.office.steps[0])
        step.case.handler_id = house.far.officer_id
        attach(
            session,
            actor=house.far,
            clip_id=house.clip,
            step_id=step.id,
            wish=Wish("process", "sub"),
            now=house.now,
        )
    no_address(house, house.far)
    house.state(house.far, "case")
    house.play(house.far)
    assert house.ground(house.far, house.now + 10 * PURPOSE_VALID) is Ground.OWN_CASE, (
        "said once, it is theirs"
    )
