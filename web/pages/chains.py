"""What is said of the parts before and after a clip, in words."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from catalog.chains import Chain, Neighbour
from catalog.rules.chains import Joint
from web.formats import time_code
from web.speech import _
from web.words import say


@dataclass(frozen=True, slots=True)
class Line:
    """One neighbour or one lack; `wrong` asks for a look."""

    title: str
    clip: UUID | None
    name: str
    words: str
    source: str
    wrong: bool


def lines_of(chain: Chain | None) -> list[Line]:
    """Answer the lines in the order of time; none for a clip that is not one of several parts."""
    if chain is None:
        return []
    lines = []
    if chain.lacking:
        lines.append(Line(_("Before it"), None, "", _lacking(chain.lacking), "", wrong=True))
    if chain.before is not None:
        lines.append(_line(_("Part %(n)s before it", n=chain.before.number), chain.before))
    if chain.after is not None:
        lines.append(_line(_("Part %(n)s after it", n=chain.after.number), chain.after))
    return lines


def _line(title: str, neighbour: Neighbour) -> Line:
    joint = neighbour.joint
    words = [_lacking(joint.missing)] if joint.missing else []
    words.append(_met(joint))
    source = (
        _("by: %(source)s, to within %(n)s s", source=say("source", joint.origin), n=f"{joint.within:.0f}")
        if joint.origin
        else ""
    )
    wrong = bool(joint.missing) or joint.join in ("gap", "overlap")
    return Line(title, neighbour.clip, neighbour.name, " ".join(words), source, wrong)


def _lacking(numbers: tuple[int, ...]) -> str:
    if len(numbers) == 1:
        return _("Part %(n)s is missing.", n=numbers[0])
    return _("Parts %(a)s to %(b)s are missing.", a=numbers[0], b=numbers[-1])


def _met(joint: Joint) -> str:
    if joint.join == "unknown" or joint.seconds is None:
        return _("Their times do not tell whether one follows the other at once.")
    if joint.join == "follows":
        return _("One follows the other without a gap.")
    long = abs(joint.seconds)
    time = _("%(n)s s", n=f"{long:.0f}") if long < 600 else time_code(round(long))
    if joint.join == "gap":
        return _("%(time)s lie between them that no part holds.", time=time)
    return _("They overlap by %(time)s.", time=time)
