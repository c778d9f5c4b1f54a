"""A profile: how the recorders of one sort name their files. Read from TOML, checked, ready to use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ingest.profiles import charsets
from ingest.profiles.charsets import Charset
from ingest.profiles.template import NUMBERS, Item, TemplateError, fields_of, pattern_of, read_template
from ingest.profiles.template import Field as TemplateField

FOLDER, DATE = "folder", "date"
"""What a row or a chain may go by besides fields: the folder the file lies in, the day it was recorded."""
MOST_FIELDS = 16
_OWN = {
    "recorder": charsets.letters_digits(3, 20, "-"),
    "officer": charsets.letters_digits(4, 12),
    "ending": charsets.letters_digits(2, 5),
}
_RESERVED = {
    "sequence",
    "part",
    "attribute",
    FOLDER,
    DATE,
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
}
_PLAIN = r"^[^\x00-\x1f\x7f]*$"
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,31}$")]
Span = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(le=charsets.MOST)]]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldTable(_Table):
    """Of what a field consists: exactly one of these."""

    digits: Span | None = None
    letters: Span | None = None
    letters_digits: Span | None = None
    han: Span | None = None
    words: list[Annotated[str, Field(min_length=1, max_length=charsets.MOST, pattern=_PLAIN)]] | None = Field(
        None, min_length=1
    )
    also: str = Field("", max_length=8, pattern=_PLAIN)
    """Further characters, such as `-`."""

    @model_validator(mode="after")
    def _one(self) -> FieldTable:
        given = [self.digits, self.letters, self.letters_digits, self.han, self.words]
        if sum(one is not None for one in given) != 1:
            raise ValueError("one of digits, letters, letters_digits, han and words is wanted")
        if any(one is not None and one[0] > one[1] for one in given[:4] if not isinstance(one, list)):
            raise ValueError("the smaller number comes first")
        if "/" in self.also or any("/" in word for word in self.words or []):
            raise ValueError("'/' parts folders; it stands in no field")
        return self

    def charset(self) -> Charset:
        """Answer it as characters."""
        also = frozenset(self.also)
        if self.words:
            return Charset(frozenset(), han=False, least=1, most=1, words=tuple(self.words))
        for span, ascii_characters, han in (
            (self.digits, charsets.DIGITS, False),
            (self.letters, charsets.LETTERS, False),
            (self.letters_digits, charsets.LETTERS | charsets.DIGITS, False),
            (self.han, frozenset[str](), True),
        ):
            if span is not None:
                return Charset(ascii_characters | also, han=han, least=span[0], most=span[1])
        raise AssertionError("one of them is given")


class FormTable(_Table):
    """One way of naming."""

    name: Word
    path: str = Field(min_length=1, max_length=255, pattern=_PLAIN)
    important: bool = False
    """Whether everything named so was marked as important, as by its folder."""
    part: int | None = Field(None, ge=0, le=999)
    """The part of a recording that a name of this form is, where the name does not say it."""
    row: list[Word] | None = None
    chain: list[Word] | None = None


class ProfileTable(_Table):
    """A profile as it stands in its file."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
    title: str = Field(min_length=1, max_length=128)
    title_zh: str = Field(min_length=1, max_length=128)
    models: list[str] = []
    """Vendor and model as the recorder reports them, `*` for anything; a hint."""
    usb: list[str] = []
    """Vendor and product number such as `1d6b:0104`, `*` for anything; a hint."""
    folders: list[str] = Field(min_length=1)
    """Folders that hold recordings, from the root; an empty one is the root itself."""
    row: list[Word] | None = None
    """What the names of one row of numbers have in common; without it `sequence` makes no row."""
    wraps_after: int | None = Field(None, ge=9, le=999_999_999)
    first_part: int = Field(1, ge=0, le=999)
    bare_part: int | None = Field(None, ge=0)
    """The part that a name without its number is; None where such a recording is not cut."""
    read_only_is_important: bool = False
    """Whether the file attribute read-only is this recorder's mark of importance, as DCF cameras have it."""
    fields: dict[Word, FieldTable] = {}
    forms: list[FormTable] = Field(min_length=1)
    examples: list[str] = Field(min_length=1)
    """Names that fit; they are tried when the profile is read."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way of naming, ready to use."""

    name: str
    items: tuple[Item, ...]
    pattern: re.Pattern[str]
    important: bool
    part: int | None
    row: tuple[str, ...] | None
    chain: tuple[str, ...] | None
    numbers: tuple[TemplateField, ...]
    """Its fields that are numbers."""
    numbered: bool
    """Whether a part's number stands in the name."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile, ready to use."""

    table: ProfileTable
    forms: tuple[Form, ...]
    folders: tuple[bytes, ...]
    """How the paths of recordings begin."""

    @property
    def name(self) -> str:
        """What `NameFacts.profile` and `RecorderIdentity.profile` call it."""
        return self.table.name


class ProfileInvalid(ValueError):
    """A profile cannot be used: `where` in the file, and why."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = what


def make_profile(table: ProfileTable) -> Profile:
    """Make a profile ready to use. Raises ProfileInvalid."""
    if clash := sorted(set(table.fields) & _RESERVED):
        raise ProfileInvalid(f"fields.{clash[0]}", "this word has a meaning of its own")
    known = {**_OWN, **{name: field.charset() for name, field in table.fields.items()}}
    names = [form.name for form in table.forms]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ProfileInvalid("forms", f"{twice[0]!r} stands there twice")
    forms = tuple(_form(table, form, f"forms[{n}]", known) for n, form in enumerate(table.forms))
    return Profile(table, forms, tuple(f"{f.strip('/')}/".encode() if f else b"" for f in table.folders))


def _form(table: ProfileTable, form: FormTable, where: str, known: Mapping[str, Charset]) -> Form:
    try:
        items = read_template(form.path, known)
    except TemplateError as error:
        raise ProfileInvalid(f"{where}.path", str(error)) from error
    fields = {field.name for field in fields_of(items)}
    if len(fields) > MOST_FIELDS:
        raise ProfileInvalid(f"{where}.path", f"more than {MOST_FIELDS} fields")
    if wrong := _wrong_time(fields):
        raise ProfileInvalid(f"{where}.path", wrong)
    if form.part is not None and "part" in fields:
        raise ProfileInvalid(f"{where}.part", "the name says its part already")
    row = form.row if form.row is not None else table.row
    for what, given in (("row", row), ("chain", form.chain)):
        allowed = fields | {FOLDER} | ({DATE} if "year" in fields else set())
        if unknown := [name for name in given or () if name not in allowed]:
            raise ProfileInvalid(f"{where}.{what}", f"{unknown[0]!r} does not stand in the name")
    if form.part is not None and not form.chain:
        raise ProfileInvalid(f"{where}.chain", "what the parts of one recording have in common must be said")
    return Form(
        name=form.name,
        items=items,
        pattern=re.compile(pattern_of(items)),
        important=form.important,
        part=form.part,
        row=tuple(row) if row is not None and "sequence" in fields else None,
        chain=tuple(form.chain) if form.chain else None,
        numbers=tuple(field for field in fields_of(items) if field.name in NUMBERS),
        numbered="part" in fields,
    )


def _wrong_time(fields: set[str]) -> str:
    """Answer why the time in a name cannot be used; empty when it can, or there is none."""
    given = [name for name in ("year", "month", "day", "hour", "minute", "second") if name in fields]
    if (
        len(given) not in {0, 3, 5, 6}
        or given != ["year", "month", "day", "hour", "minute", "second"][: len(given)]
    ):
        return "a time is a whole date, a date with hour and minute, or with seconds too"
    return ""
