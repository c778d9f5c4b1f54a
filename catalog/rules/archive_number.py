"""档号: proposing the next one by the bureau's pattern. Pure text; who has which number is asked elsewhere."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FIELDS = ("fonds", "year", "period", "unit", "type", "serial")
"""What a pattern may name: 全宗号, 年度, 保管期限, 机构, 门类, 件号."""
PERIODS = ("Y", "D30", "D10")
"""永久, 定期 30 年, 定期 10 年, as DA/T 22 codes them. A proposal asks for one; the lock is not made by it."""
LONGEST = 128


class BadPattern(ValueError):
    """A pattern names something that does not exist, or has no serial; the text says which."""


@dataclass(frozen=True, slots=True)
class Around:
    """The text before and after the serial, and how many digits the serial has at least."""

    before: str
    after: str
    digits: int

    def number(self, serial: int) -> str:
        """Answer the archive number with this serial."""
        return f"{self.before}{serial:0{self.digits}}{self.after}"

    def serial_of(self, number: str) -> int | None:
        """Answer the serial in `number`, or None when it is not made by this pattern with these fields."""
        if len(number) > LONGEST:
            return None
        found = re.fullmatch(f"{re.escape(self.before)}([0-9]+){re.escape(self.after)}", number)
        return int(found[1]) if found else None


def check_pattern(pattern: str) -> str:
    """Answer `pattern`, or raise BadPattern: each name one of FIELDS, `serial` exactly once, such as `{serial:04}`."""
    try:
        parts = list(string.Formatter().parse(pattern))
    except ValueError as error:
        raise BadPattern(f"the pattern cannot be read: {error}") from None
    names = [name for _, name, _, _ in parts if name is not None]
    unknown = [name for name in names if name not in FIELDS]
    if unknown:
        raise BadPattern(f"the pattern names {unknown[0]!r}; known are {', '.join(FIELDS)}")
    if names.count("serial") != 1:
        raise BadPattern("the pattern must name {serial} once")
    for _, name, form, conversion in parts:
        if conversion or (form and (name != "serial" or not re.fullmatch(r"0?[1-9]", form))):
            raise BadPattern("only {serial} has a form, its number of digits: {serial:04}")
    return pattern


def around(pattern: str, fields: Mapping[str, str]) -> Around:
    """Answer what stands around the serial for these fields; one that is missing is left empty. Raises BadPattern."""
    check_pattern(pattern)
    before, after, digits, passed = "", "", 1, False
    for text, name, form, _ in string.Formatter().parse(pattern):
        if passed:
            after += text
        else:
            before += text
        if name == "serial":
            passed, digits = True, int(form or "1")
        elif name is not None:
            if passed:
                after += fields.get(name, "")
            else:
                before += fields.get(name, "")
    return Around(before, after, digits)


def missing(pattern: str, fields: Mapping[str, str]) -> tuple[str, ...]:
    """Answer which fields the pattern needs and `fields` has not, in the pattern's order."""
    names = [name for _, name, _, _ in string.Formatter().parse(pattern) if name]
    return tuple(dict.fromkeys(n for n in names if n != "serial" and not fields.get(n, "").strip()))


def next_number(around: Around, taken: Iterable[str]) -> str:
    """Answer the number after the highest that is taken; gaps are not filled, since a number once given stays given."""
    serials = [serial for number in taken if (serial := around.serial_of(number)) is not None]
    return around.number(max(serials, default=0) + 1)
