"""A form works before the scripts of its page have come: on a slow line the key is pressed first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import web

TEMPLATES = Path(web.__file__).parent / "templates"
FORM = re.compile(r"<form\b[^>]*\bhx-post=[^>]*>")
FORMS = [
    pytest.param(form, id=f"{path.name}:{text[: text.index(form)].count(chr(10)) + 1}")
    for path in sorted(TEMPLATES.rglob("*.html"))
    for text in [path.read_text()]
    for form in FORM.findall(text)
]


def test_there_are_some() -> None:
    assert len(FORMS) >= 7


@pytest.mark.parametrize("form", FORMS)
def test_what_htmx_posts_the_browser_posts_to_the_same_place(form: str) -> None:
    """Without a method its fields, notes among them, would stand in an address, in the history and in the log."""
    assert re.search(r'\bmethod="post"', form)
    action, posted = (re.search(rf'\b{name}="\{{\{{ (.+?) \}}\}}"', form) for name in ("action", "hx-post"))
    assert action is not None
    assert posted is not None
    assert re.sub(r", _anchor='[^']*'", "", action[1]) == posted[1]
