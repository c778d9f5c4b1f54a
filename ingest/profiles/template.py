"""Templates of names: text, fields in braces, parts of the time as in strftime, and `[what may be absent]`.

    DCIM/{card:3}{maker}/{recorder}_{officer}_%Y%m%d%H%M%S_{sequence:4}[_{part:2}]{mark}.{ending}

`{sequence:4}` is four digits, `{sequence:4+}` at least four. There are no expressions: a profile is data, and what a
name means must not depend on how somebody's expression backtracks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingest.profiles.charsets import Charset, digits

NUMBERS = ("sequence", "part")
TIMES = {
    "Y": ("year", digits(4, 4), 4),
    "y": ("year", digits(2, 2), 2),
    "m": ("month", digits(2, 2), 2),
    "d": ("day", digits(2, 2), 2),
    "H": ("hour", digits(2, 2), 2),
    "M": ("minute", digits(2, 2), 2),
    "S": ("second", digits(2, 2), 2),
}
_TOKEN = re.compile(
    r"%(?P<time>.)|\{(?P<field>[a-z_]+)(?::(?P<width>\d{1,2}\+?))?\}|(?P<mark>[\[\]])|(?P<odd>[{}%])"
)
_DIGITS_AT_MOST = 9


class TemplateError(ValueError):
    """A text that is no template; the message says why."""


@dataclass(frozen=True, slots=True)
class Text:
    """Characters that stand there as they are."""

    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """Something that varies."""

    name: str
    charset: Charset
    width: int = 0
    """Digits a number is filled up to; 0 for what is no number."""


@dataclass(frozen=True, slots=True)
class Maybe:
    """What may be absent as a whole."""

    items: tuple[Text | Field, ...]


Item = Text | Field | Maybe
Charsets = Mapping[str, Charset]


def read_template(text: str, charsets: Charsets) -> tuple[Item, ...]:
    """Take a template apart. `charsets` are those of the fields that are no numbers. Raises TemplateError."""
    items: list[Item] = []
    inside: list[Text | Field] | None = None
    at = 0
    for token in [*_TOKEN.finditer(text), None]:
        end = token.start() if token else len(text)
        if end > at:
            (items if inside is None else inside).append(Text(text[at:end]))
        if token is None:
            break
        at = token.end()
        if token["odd"]:
            raise TemplateError(
                f"{text[token.start() : token.start() + 12]!r} is neither a field nor a part of the time"
            )
        if token["mark"] == "[":
            if inside is not None:
                raise TemplateError("'[' inside '[…]'")
            inside = []
        elif token["mark"] == "]":
            if inside is None or not any(isinstance(item, Field) for item in inside):
                raise TemplateError("']' closes nothing, or no field stands in '[…]'")
            items.append(Maybe(tuple(inside)))
            inside = None
        else:
            (items if inside is None else inside).append(_field(token, charsets))
    if inside is not None:
        raise TemplateError("'[' is never closed")
    _check(items)
    return tuple(items)


def fields_of(items: Sequence[Item]) -> Iterator[Field]:
    """Answer all fields, those that may be absent among them."""
    for item in items:
        if isinstance(item, Field):
            yield item
        elif isinstance(item, Maybe):
            yield from fields_of(item.items)


def pattern_of(items: Sequence[Item]) -> str:
    """Answer the regular expression of a template, a group for each field."""
    return "".join(
        re.escape(item.text)
        if isinstance(item, Text)
        else f"(?:{pattern_of(item.items)})?"
        if isinstance(item, Maybe)
        else f"(?P<{item.name}>{item.charset.pattern}){'?' if item.name == 'mark' else ''}"
        for item in items
    )


def write(items: Sequence[Item], values: Mapping[str, str]) -> str:
    """Write a name. What may be absent stands there when all its fields have a value. Raises KeyError."""
    text = ""
    for item in items:
        if isinstance(item, Text):
            text += item.text
        elif isinstance(item, Field):
            text += values.get("mark", "") if item.name == "mark" else values[item.name]
        elif all(field.name in values for field in fields_of(item.items)):
            text += write(item.items, values)
    return text


def _field(token: re.Match[str], charsets: Charsets) -> Field:
    if token["time"]:
        if token["time"] not in TIMES:
            raise TemplateError(f"'%{token['time']}' is no part of the time; there are %{', %'.join(TIMES)}")
        name, charset, width = TIMES[token["time"]]
        return Field(name, charset, width)
    name, width_text = token["field"], token["width"]
    if name in NUMBERS:
        if not width_text or int(width_text.rstrip("+")) not in range(1, _DIGITS_AT_MOST + 1):
            raise TemplateError(
                f"'{{{name}}}' says no width: '{{{name}:4}}' for four digits, '{{{name}:4+}}' for more"
            )
        width = int(width_text.rstrip("+"))
        most = _DIGITS_AT_MOST if width_text.endswith("+") else width
        return Field(name, digits(width, most), width)
    if width_text:
        if width_text.endswith("+") or int(width_text) < 1:
            raise TemplateError(f"'{{{name}:{width_text}}}': a plain width is wanted")
        return Field(name, digits(int(width_text), int(width_text)))
    if name not in charsets:
        raise TemplateError(f"'{{{name}}}' is not described under [fields]")
    return Field(name, charsets[name])


def _check(items: Sequence[Item]) -> None:
    """Raise TemplateError where a name could be read in two ways, or a field stands twice."""
    names = [field.name for field in fields_of(items)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise TemplateError(f"{', '.join(twice)}: stands there twice")
    flat: list[tuple[Item, list[Item]]] = []
    for place, item in enumerate(items):
        rest = list(items[place + 1 :])
        if isinstance(item, Maybe):
            flat += [(one, [*item.items[n + 1 :], *rest]) for n, one in enumerate(item.items)]
        else:
            flat.append((item, rest))
    for item, rest in flat:
        if isinstance(item, Field) and not item.charset.fixed:
            for follower in _first(rest):
                if _overlap(item.charset, follower):
                    shown = follower.text if isinstance(follower, Text) else f"{{{follower.name}}}"
                    raise TemplateError(f"where '{{{item.name}}}' ends before {shown!r} cannot be told")


def _first(items: Sequence[Item]) -> Iterator[Text | Field]:
    """Answer everything that may come first."""
    for item in items:
        if isinstance(item, Maybe):
            yield from _first(item.items)
            continue
        yield item
        if not (isinstance(item, Field) and item.name == "mark"):
            return


def _overlap(charset: Charset, follower: Text | Field) -> bool:
    if isinstance(follower, Text):
        return charset.holds(follower.text[0])
    other = follower.charset
    if other.words:
        return any(charset.holds(word[0]) for word in other.words)
    return bool(charset.ascii & other.ascii) or (charset.han and other.han)
