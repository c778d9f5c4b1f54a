"""Brings the Chinese catalog up to date with code and templates, and compiles it: `python -m web.translations.update`.

For maintainers. Sentences that lack a translation are left empty and named; a test keeps the catalog whole and the
compiled file as new as its source.
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

WEB = Path(__file__).parent.parent
FILE = Path(__file__).parent / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
HEADER = """msgid ""
msgstr ""
"Project-Id-Version: liuhen\\n"
"Language: zh_Hans_CN\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""Dates in the compiled file would change it although no sentence changed."""
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "_l": None, "N_": None, "gettext": None, "ngettext": (1, 2)}


def sentences() -> Catalog:
    """Answer every sentence of code and templates, untranslated."""
    found = Catalog(locale="zh_Hans_CN", fuzzy=False)
    for _file, _line, message, _comments, _context in extract_from_dir(
        str(WEB), method_map=METHODS, keywords=KEYWORDS
    ):
        found.add(message)
    return found


def kept() -> Catalog:
    """Answer the catalog as it lies in the repository."""
    with FILE.open("rb") as file:
        return read_po(file, locale="zh_Hans_CN")


def merged(old: Catalog, fresh: Catalog) -> Catalog:
    """Answer the fresh sentences with the old translations; what is no longer said is dropped."""
    answer = Catalog(locale="zh_Hans_CN", fuzzy=False)
    for message in fresh:
        if message.id:
            known = old.get(message.id)
            answer.add(message.id, string=known.string if known else None)
    return answer


def as_text(catalog: Catalog) -> str:
    """Answer the catalog as a .po without dates, so that the same sentences give the same file."""
    body = io.BytesIO()
    write_po(body, catalog, omit_header=True, sort_output=True, width=110)
    return HEADER + body.getvalue().decode()


def compiled(text: str) -> bytes:
    """Answer the .mo of a .po."""
    catalog = read_po(io.BytesIO(text.encode()), locale="zh_Hans_CN")
    catalog.creation_date = catalog.revision_date = EPOCH
    body = io.BytesIO()
    write_mo(body, catalog)
    return body.getvalue()


def missing(catalog: Catalog) -> list[str]:
    """Answer the sentences without a translation."""
    return [
        str(m.id)
        for m in catalog
        if m.id and not (all(m.string) if isinstance(m.string, tuple) else m.string)
    ]


def main() -> int:
    """Write both files; answer 1 when sentences lack their translation."""
    catalog = merged(kept(), sentences())
    text = as_text(catalog)
    FILE.write_text(text, encoding="utf-8")
    FILE.with_suffix(".mo").write_bytes(compiled(text))
    for sentence in missing(catalog):
        print(f"no Chinese for: {sentence}")  # noqa: T201 - a command speaks
    return 1 if missing(catalog) else 0


if __name__ == "__main__":
    sys.exit(main())
