"""What the address of the list of clips asks for. What makes no sense there counts as not said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Literal, cast
from urllib.parse import urlencode
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.case_files.cases import ACTIVITIES, STAGES
from catalog.finding.naming import officer_called, recorder_called
from catalog.finding.search import Key
from catalog.finding.wanted import KINDS, STATES, ClipFilter, OrderBy
from catalog.models import Officer, Recorder, Unit
from catalog.rules.places import MOST_METRES, Box, Circle, read_point
from web.formats import day_range, midnight
from web.speech import _

WORDS_LIMIT = 100
WHEN = ("today", "yesterday", "week", "month")
DISTANCES = (100, 500, 2000, 10_000)
"""Metres to choose from; any other number up to `MOST_METRES` may stand in an address."""
ME = "me"
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Asked:
    """The address's parts by name, each "" when it is not said."""

    words: str = ""
    by: str = ""
    """"recorded": days are those of recording, and the order as well; else those of receipt."""
    when: str = ""
    start: str = ""
    end: str = ""
    officer: str = ""
    """Staff number, name, id, or "me"."""
    unit: str = ""
    recorder: str = ""
    kind: str = ""
    state: str = ""
    stage: str = ""
    activity: str = ""
    mark: str = ""
    """A kind of mark, or "any"."""
    case: str = ""
    near: str = ""
    within: str = ""
    box: str = ""
    unattached: str = ""
    sort: str = ""
    """duration or size; "" is the time of `by`."""
    up: str = ""
    """"1": oldest, shortest, smallest first."""
    show: str = ""
    """"table", else pictures."""

    @classmethod
    def read(cls, args: Mapping[str, str]) -> Asked:
        """Read an address's query."""

        def one_of(name: str, *known: str) -> str:
            return args.get(name, "") if args.get(name) in known else ""

        def text(name: str) -> str:
            return args.get(name, "")[:WORDS_LIMIT].strip()

        near = text("near") if read_point(text("near")) else ""
        return cls(
            words=text("words"),
            by=one_of("by", "recorded"),
            when=one_of("when", *WHEN),
            start=_day(args.get("from", "")),
            end=_day(args.get("to", "")),
            officer=ME if text("officer") in {ME, _("me")} else text("officer"),
            unit=text("unit"),
            recorder=text("recorder"),
            kind=one_of("kind", *KINDS),
            state=one_of("state", *STATES),
            stage=one_of("stage", *STAGES),
            activity=one_of("activity", *ACTIVITIES),
            mark=text("mark"),
            case=text("case"),
            near=near,
            within=str(_metres(args.get("within", ""))) if near else "",
            box=text("box") if _box(text("box")) else "",
            unattached=one_of("unattached", "1"),
            sort=one_of("sort", "duration", "size"),
            up=one_of("up", "1"),
            show=one_of("show", "table"),
        )

    def parts(self, **changes: str) -> dict[str, str]:
        """Answer what is said, by its name in the address, with changes; what is not said is left out."""
        named = {_ADDRESS.get(f.name, f.name): getattr(self, f.name) for f in fields(self)} | changes
        if not named["near"]:
            named["within"] = ""
        return {name: value for name, value in named.items() if value}

    def address(self, **changes: str) -> str:
        """Answer the shortest address that asks the same, with changes."""
        return url_for("pages.clips", **self.parts(**changes))  # type: ignore[arg-type]

    def query(self) -> str:
        """Answer the part after the question mark."""
        return urlencode(self.parts())


_ADDRESS = {"start": "from", "end": "to"}


@dataclass(frozen=True, slots=True)
class Understood:
    """The catalog's filter, and whom and what the names in the address stand for."""

    wanted: ClipFilter
    officer: Officer | None
    recorder: Recorder | None
    unit: Unit | None


def understand(session: Session, asked: Asked, actor: Actor, now: datetime) -> Understood:
    """Look the names up. A name that nobody has finds nothing, rather than everything."""
    officer = recorder = unit = None
    if asked.officer == ME:
        officer = session.get(Officer, actor.officer_id) if actor.officer_id else None
    elif asked.officer:
        officer = officer_called(session, asked.officer)
    if asked.recorder:
        recorder = recorder_called(session, asked.recorder)
    if unit_id := uuid_or_none(asked.unit):
        unit = session.get(Unit, unit_id)
    since, until = _range(asked, now)
    time = cast("Literal['received', 'recorded']", asked.by or "received")
    wanted = ClipFilter(
        order=cast("OrderBy", asked.sort or time),
        rising=bool(asked.up),
        timed_by=time,
        since=since,
        until=until,
        officer=(officer.id if officer else _NOBODY) if asked.officer else None,
        unit=(unit.id if unit else _NOBODY) if asked.unit else None,
        recorder=(recorder.id if recorder else _NOBODY) if asked.recorder else None,
        kind=asked.kind or None,
        state=asked.state or None,
        stage=asked.stage or None,
        activity=asked.activity or None,
        mark=asked.mark or None,
        case=asked.case,
        place=_place(asked),
        unattached=bool(asked.unattached),
        words=asked.words,
    )
    return Understood(wanted, officer, recorder, unit)


def _range(asked: Asked, now: datetime) -> tuple[datetime | None, datetime | None]:
    today = midnight(now)
    tomorrow = midnight(today + timedelta(hours=36))
    if not asked.when:
        since, until = day_range(asked.start, asked.end)
        # Nothing was received later than now; a closed range is found faster.
        return since, tomorrow if since and not until and not asked.by else until
    if asked.when == "yesterday":
        return midnight(today - timedelta(hours=12)), today
    days = {"today": 0, "week": 6, "month": 29}[asked.when]
    return midnight(today + timedelta(hours=12) - timedelta(days=days)), tomorrow


def _place(asked: Asked) -> Circle | Box | None:
    point = read_point(asked.near)
    if point is not None:
        return Circle(*point, _metres(asked.within))
    return _box(asked.box)


def _metres(text: str) -> int:
    return min(max(int(text), 1), MOST_METRES) if text.isascii() and text.isdigit() and len(text) < 9 else 500


def _box(text: str) -> Box | None:
    """Read `south,west,north,east`."""
    try:
        south, west, north, east = (float(part) for part in text.split(","))
    except ValueError:
        return None
    if not (-90 <= south <= north <= 90 and -180 <= west <= east <= 180):
        return None
    return Box(south, west, north, east)


def _day(text: str) -> str:
    return text if day_range(text, "") != (None, None) else ""


def read_key(text: str, wanted: ClipFilter) -> Key | None:
    """Read where a page ends, as `write_key` wrote it; None for anything else."""
    value, _sign, clip = text.rpartition("_")
    clip_id = uuid_or_none(clip)
    if clip_id is None:
        return None
    try:
        if wanted.order in {"received", "recorded"}:
            moment = datetime.fromisoformat(value)
            return Key(moment, clip_id) if moment.tzinfo is not None else None
        number = float(value) if wanted.order == "duration" else int(value)
    except (ValueError, OverflowError):
        return None
    return Key(number, clip_id) if -(2**53) < number < 2**53 else None


def write_key(key: Key) -> str:
    """Answer a key as it stands in an address."""
    value = key.value
    return f"{value.isoformat() if isinstance(value, datetime) else repr(value)}_{key.clip}"


def uuid_or_none(text: str) -> UUID | None:
    """Answer the id a text holds, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None
