"""The forms of a page as a browser sees them, and what stands in a page that came of a hostile string."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote_plus, unquote, urlsplit
from xml.etree.ElementTree import Element

import html5lib
import openpyxl
import pypdf

from tests.hostile.strings import MARK

TEXT = {"text", "search", "textarea", "email", "tel", "url", "password"}
EXACT = {"number", "date", "datetime-local", "time", "month", "range"}
FIRST_CELLS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a cell for a formula, or strip down to one."""


UNSAFE_IN_NAMES = re.compile(r'[/\\\x00-\x1f<>|:*?"\u202a-\u202e\u2066-\u2069]')


@dataclass(frozen=True)
class Input:
    """One field of a form."""

    name: str
    kind: str
    value: str = ""
    options: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True)
class Form:
    """One form of a page."""

    action: str
    method: str
    multipart: bool
    inputs: tuple[Input, ...] = field(hash=False)

    @property
    def shape(self) -> tuple[str, str, tuple[str, ...]]:
        """What makes two forms the same: where they go, ids apart, and their fields."""
        path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "*", urlsplit(self.action).path)
        return self.method, path, tuple(sorted({i.name for i in self.inputs}))

    def texts(self) -> list[str]:
        """Answer the names of fields that take any text."""
        return [i.name for i in self.inputs if i.kind in TEXT]

    def exact(self) -> list[str]:
        """Answer the names of fields that a browser lets only numbers or dates into, and of choices."""
        return [i.name for i in self.inputs if i.kind in EXACT | {"select"}]

    def filled(self, today: str, **change: str) -> list[tuple[str, str]]:
        """Answer pairs as a browser would send them, all boxes ticked, the last choice chosen, with changes."""
        pairs, radios = [], set()
        for one in self.inputs:
            if one.name in change:
                pairs.append((one.name, change[one.name]))
            elif one.kind == "radio":
                if one.name not in radios:
                    pairs.append((one.name, one.value))
                radios.add(one.name)
            elif one.kind == "select":
                pairs.append((one.name, one.options[-1] if one.options else ""))
            elif one.kind in EXACT:
                plausible = {"number": "3", "range": "3", "date": today, "datetime-local": f"{today}T09:30"}
                pairs.append((one.name, one.value or plausible.get(one.kind, "09:30")))
            elif one.kind in TEXT:
                pairs.append((one.name, one.value or ("A1" if one.required else "")))
            elif one.kind != "file":
                pairs.append((one.name, one.value))
        return pairs


def encoded(pairs: Iterable[tuple[str, str]]) -> bytes:
    """Answer pairs as a form's body; lone surrogates go out as the bytes they would be."""
    return "&".join(
        f"{quote_plus(name)}={quote_plus(value.encode('utf-8', 'surrogatepass'))}" for name, value in pairs
    ).encode("ascii")


def parsed(page: str) -> Element:
    """Parse a page as browsers do (the WHATWG algorithm)."""
    tree: Element = html5lib.parse(page, treebuilder="etree", namespaceHTMLElements=False)
    return tree


def forms(page: str, here: str) -> list[Form]:
    """Answer the forms of a page, with fields that belong to them by `form=` as well."""
    tree = parsed(page)
    found = {id(form): (form, list(_fields(form))) for form in tree.iter("form")}
    named = {form.get("id"): id(form) for form in tree.iter("form") if form.get("id")}
    inside = {id(e) for form in tree.iter("form") for e in form.iter()}
    for element in tree.iter():
        if element.get("form") in named and id(element) not in inside:
            found[named[element.get("form")]][1].extend(_field(element))
    return [
        Form(
            form.get("action") or here,
            (form.get("method") or "get").upper(),
            form.get("enctype") == "multipart/form-data",
            tuple(inputs),
        )
        for form, inputs in found.values()
    ]


def _fields(form: Element) -> Iterator[Input]:
    for element in form.iter():
        yield from _field(element)


def _field(element: Element) -> Iterator[Input]:
    name, required = element.get("name"), element.get("required") is not None
    if not name or not isinstance(element.tag, str):
        return
    if element.tag == "textarea":
        yield Input(name, "textarea", element.text or "", required=required)
    elif element.tag == "select":
        yield Input(name, "select", "", tuple(o.get("value", o.text or "") for o in element.iter("option")))
    elif element.tag == "input":
        kind = (element.get("type") or "text").lower()
        if kind not in {"submit", "button", "image", "reset"}:
            default = "on" if kind in {"checkbox", "radio"} else ""
            yield Input(name, kind, element.get("value", default), required=required)
    elif element.tag == "button" and element.get("value"):
        yield Input(name, "button", element.get("value", ""))


def came_of_it(page: str) -> list[str]:
    """Answer what in a page is made of a hostile string: elements, attributes, addresses, worked-out templates."""
    wrong = []
    for element in parsed(page).iter():
        if not isinstance(element.tag, str):
            if MARK in (element.text or ""):
                wrong.append(f"in a comment: {element.text!r}")
            continue
        if MARK in element.tag:
            wrong.append(f"an element <{element.tag}>")
        if element.tag in {"script", "style"} and MARK in "".join(element.itertext()):
            wrong.append(f"inside <{element.tag}>")
        for name, value in element.attrib.items():
            bare = re.sub(r"[\s\x00-\x20]", "", value).lower()
            if MARK in name or (name.startswith("on") and MARK in value):
                wrong.append(f'an attribute {name}="{value[:60]}"')
            if name in {"href", "src", "action", "formaction", "data", "poster"} and bare.startswith(
                ("javascript:", "data:text", "vbscript:")
            ):
                wrong.append(f'an address {name}="{value[:60]}"')
            if name in {"style", "srcdoc"} and MARK in value:
                wrong.append(f'an attribute {name}="{value[:60]}"')
    if "49zx9" in page or "zx949" in page:
        wrong.append("a template that was worked out")
    return wrong


def wrong_headers(headers: Iterable[tuple[str, str]]) -> list[str]:
    """Answer headers that came of a hostile string, and names for downloads that are no plain names."""
    wrong = []
    for name, value in headers:
        if MARK in name.lower() or (name.lower() == "set-cookie" and value.startswith(MARK)):
            wrong.append(f"{name}: {value}")
        if "\r" in value or "\n" in value:
            wrong.append(f"{name}: {value!r}")
        if name.lower() == "content-disposition":
            names = re.findall(r'filename\*?=(?:UTF-8\'\')?"?([^";]*)', value)
            wrong += [f"{name}: {value!r}" for one in names if UNSAFE_IN_NAMES.search(unquote(one))]
    return wrong


def wrong_file(body: bytes, mimetype: str) -> list[str]:
    """Answer what in a table, a document or an answer in JSON came of a hostile string, or cannot be read."""
    if mimetype == "text/csv":
        text = body.decode("utf-8-sig")
        cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
        return [
            f"a formula: {cell[:60]!r}" for cell in cells if MARK in cell and cell.startswith(FIRST_CELLS)
        ]
    if mimetype.endswith("spreadsheetml.sheet"):
        book = openpyxl.load_workbook(io.BytesIO(body))
        cells = [c for sheet in book for row in sheet.iter_rows() for c in row]
        return [
            f"a formula: {c.value!r}"
            for c in cells
            if c.data_type == "f" or (MARK in str(c.value) and str(c.value).startswith(FIRST_CELLS))
        ]
    if mimetype == "application/pdf":
        pypdf.PdfReader(io.BytesIO(body)).pages[0].extract_text()
        return [w for w in ("/JavaScript", "/JS ", "/Launch", "/URI (javascript") if w.encode() in body]
    if mimetype == "application/json":
        json.loads(body)
    return []
