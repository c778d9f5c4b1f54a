"""What a list of clips is narrowed by, said in words; each with the address that is without it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from catalog.finding.wanted import ANY_MARK
from web.formats import day
from web.pages.asked import ME, Asked, Understood
from web.speech import _
from web.words import say


def say_mark(kind: str) -> str:
    """Answer what a kind of mark is called; one of the bureau's own is its own name."""
    return _("any") if kind == ANY_MARK else say("preset", kind)


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition."""

    name: str
    """What kind of condition: "officer"."""
    value: str
    without: str
    """The address without it."""


Said = list[tuple[str, str, dict[str, str]]]
"""What kind of condition, its value in words, and what to change in the address to be without it."""


def chips_of(asked: Asked, understood: Understood) -> list[Chip]:
    """Answer the conditions in the order of the form."""
    found: Said = [(_("words"), asked.words, {"words": ""})] if asked.words else []
    found += [
        *_time(asked, understood),
        *_origin(asked, understood),
        *_states(asked),
        *_case(asked),
        *_place(asked),
    ]
    return [Chip(name, value, asked.address(**gone)) for name, value, gone in found]


def _time(asked: Asked, understood: Understood) -> Said:
    by = _("recorded") if asked.by else _("received")
    if asked.when:
        return [(by, say("when", asked.when), {"when": ""})]
    if asked.start or asked.end:
        return [(by, _days(understood), {"from": "", "to": ""})]
    return []


def _origin(asked: Asked, understood: Understood) -> Said:
    found: Said = []
    if asked.officer:
        who = understood.officer
        name = f"{who.name} {who.number}" if who else _("%(name)s: nobody", name=asked.officer)
        if asked.officer == ME and who:
            name = _("me (%(name)s)", name=who.name)
        found.append((_("officer"), name, {"officer": ""}))
    if asked.unit:
        unit = understood.unit
        found.append((_("unit"), unit.name if unit else "?", {"unit": ""}))
    if asked.recorder:
        device = understood.recorder
        label = device.label if device else _("%(name)s: none", name=asked.recorder)
        found.append((_("recorder"), label, {"recorder": ""}))
    return found


def _states(asked: Asked) -> Said:
    found: Said = []
    if asked.kind:
        found.append((_("kind"), say("kind", asked.kind), {"kind": ""}))
    if asked.state:
        found.append((_("state"), say("clip state", asked.state), {"state": ""}))
    if asked.mark:
        found.append((_("marks"), say_mark(asked.mark), {"mark": ""}))
    if asked.unattached:
        found.append((_("attached"), _("to no step"), {"unattached": ""}))
    return found


def _case(asked: Asked) -> Said:
    found: Said = []
    if asked.case:
        found.append((_("case number"), asked.case, {"case": ""}))
    if asked.stage:
        found.append((_("stage"), say("case stage", asked.stage), {"stage": ""}))
    if asked.activity:
        found.append((_("activity"), say("activity", asked.activity), {"activity": ""}))
    return found


def _place(asked: Asked) -> Said:
    if asked.near:
        metres = int(asked.within)
        far = f"{metres} m" if metres < 1000 else f"{metres / 1000:g} km"
        return [(_("place"), _("within %(far)s of %(point)s", far=far, point=asked.near), {"near": ""})]
    if asked.box:
        return [(_("place"), _("box %(corners)s", corners=asked.box), {"box": ""})]
    return []


def _days(understood: Understood) -> str:
    since, until = understood.wanted.since, understood.wanted.until
    last = until - timedelta(hours=1) if until else None
    if since and last:
        return day(since) if day(since) == day(last) else f"{day(since)} – {day(last)}"
    return _("from %(day)s", day=day(since)) if since else _("until %(day)s", day=day(last))
