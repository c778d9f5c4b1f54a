"""What the names of body cameras' files say. The schemes differ by maker; what they share is taken apart here.

Seen in the field: `DSJ0412_012345_20261123143012_0001.MP4`, `0000000_00000020171019130427_0001.MP4`,
`2026_1123_143012_0007.MP4`, `VID_20261123_143012.mp4`, `IMP` or `_重点` for marked recordings, the officer's
name in between.
"""

from __future__ import annotations

import re
from datetime import datetime

from workers.media.facts import NameFacts

_TIME = re.compile(
    r"(?<!\d)(?P<lead>\d{6})??"
    r"(?P<y>20\d\d)[-_.]?(?P<mo>0[1-9]|1[0-2])[-_.]?(?P<d>0[1-9]|[12]\d|3[01])[-_ T.]?"
    r"(?P<h>[01]\d|2[0-3])[-_.:]?(?P<mi>[0-5]\d)[-_.:]?(?P<s>[0-5]\d)(?!\d)"
)
_DEVICE = re.compile(r"\A(?:(?=.*\d)[A-Za-z][A-Za-z0-9-]{2,17}|\d{5,8}|[A-Za-z]{3,6})\Z")
_OFFICER = re.compile(r"\A\d{6,8}\Z")
_PERSON = re.compile(r"\A[\u4e00-\u9fff·]{2,10}\Z")
_SEQUENCE = re.compile(r"\A\d{3,6}\Z")
_MARK = re.compile(r"(?:\A|[_\-])(?:IMP|SOS|重点|重要)(?=\Z|[_\-.])", re.IGNORECASE)
_GENERIC = frozenset(
    {"VID", "IMG", "REC", "MOV", "PIC", "AUD", "SND", "DSC", "DSCN", "VIDEO", "AUDIO", "PHOTO"}
)


def facts_of_name(file_name: str) -> NameFacts:
    """Take a file's name (folders before it are ignored) apart; empty facts where no scheme fits."""
    stem = re.split(r"[/\\]", file_name)[-1][:255]
    stem = stem.rsplit(".", 1)[0] if "." in stem else stem
    found = _TIME.search(stem)
    if found is None:
        return NameFacts()
    try:
        year, month, day, hour, minute, second = (int(found[g]) for g in ("y", "mo", "d", "h", "mi", "s"))
        moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the recorder's local time
    except ValueError:
        return NameFacts()
    before = [part for part in re.split(r"[_@ ]", stem[: found.start()].rstrip("-")) if part]
    if found["lead"]:
        before.append(found["lead"])
    after = [part for part in re.split(r"[_@\- ]", stem[found.end() :]) if part]
    device, officer, person = _who(before)
    return NameFacts(
        device_number=device,
        officer_number=officer,
        officer_name=person or next((p for p in after if _PERSON.match(p) and p not in ("重点", "重要")), ""),
        time=moment.isoformat(),
        sequence=next((part for part in after if _SEQUENCE.match(part)), ""),
        important=bool(_MARK.search(stem)),
    )


def _who(parts: list[str]) -> tuple[str, str, str]:
    """Device number, officer number and name among the parts before the time, in that order of place."""
    device = officer = person = ""
    for place, part in enumerate(parts[:4]):
        if _PERSON.match(part):
            person = person or part
        elif place == 0 and _DEVICE.match(part) and part.upper() not in _GENERIC:
            device = part
        elif _OFFICER.match(part) and not officer:
            officer = part
    return device, officer, person
