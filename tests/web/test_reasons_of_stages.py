"""Whatever reason a stage can give is said in Chinese: the reasons are read off the code that gives them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from web import words
from web.translations import update
from workers.media.run import _REASONS

ROOT = Path(__file__).parents[2]
FILES = [
    *sorted((ROOT / "workers").rglob("*.py")),
    *(
        ROOT / "catalog" / name
        for name in ("reading_back.py", "rereading.py", "verification.py", "stages.py")
    ),
]
SHOWN = {"DigestMismatch", "CopyMissing", "LockMissing", "NoCopy", "FetchedWrong", "TooEarly", "Unsatisfied"}
"""Exceptions whose own text becomes the reason (`workers.stages.run.in_words`)."""
ANSWERING = {"in_words", "_storage_in_words", "_why", "_why_not_copied", "reason"}
"""Functions that answer reasons."""
HAN = re.compile(r"[\u4e00-\u9fff]")


def texts(node: ast.AST) -> Iterator[str]:
    """What a string in the code becomes; a value in it becomes 7."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = (p.value if isinstance(p, ast.Constant) else "7" for p in node.values)
        yield "".join(str(p) for p in parts)
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "rstrip":
        yield from texts(node.func.value)


def given_by(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in SHOWN and node.args:
                yield from texts(node.args[0])
            elif (name in {"fail", "Showing"} and len(node.args) > 1) or (
                name == "Failure" and len(node.args) > 1
            ):
                yield from texts(node.args[1])
        elif isinstance(node, ast.FunctionDef) and node.name in ANSWERING:
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and inner.value is not None:
                    yield from texts(inner.value)
                    for value in (
                        getattr(inner.value, "values", []) if isinstance(inner.value, ast.Dict) else []
                    ):
                        yield from texts(value)
                    if isinstance(inner.value, ast.Subscript) and isinstance(inner.value.value, ast.Dict):
                        for value in inner.value.value.values:
                            yield from texts(value)
        elif isinstance(node, ast.Assign):
            targets = [
                one
                for target in node.targets
                for one in (target.elts if isinstance(target, ast.Tuple) else [target])
            ]
            if any(
                getattr(t, "attr", getattr(t, "id", "")) in {"error", "outcome_reason", "trouble", "reason"}
                for t in targets
            ):
                values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
                for value in values:
                    yield from texts(value)


def every_reason() -> list[str]:
    found = {reason for _, reason in _REASONS}
    for file in FILES:
        found |= set(given_by(ast.parse(file.read_text(encoding="utf-8"))))
    return sorted(text for text in found if " " in text)  # one word is a state or a code


@pytest.fixture(scope="module")
def chinese() -> Iterator[None]:
    app = Flask(__name__)
    Babel(app, default_translation_directories=str(update.FILE.parents[2]))
    with app.test_request_context(), force_locale("zh_Hans_CN"):
        yield


def test_the_reasons_are_found() -> None:
    found = every_reason()
    assert len(found) > 45
    for known in (
        "the worker's disk is full",
        "the tool made no progress for 7 seconds and was ended",
        "the reader crashed on this file",
        "browsers do not play 7",
        "the worker was lost 7 times while working on this",
        "there is no copy of this recording in storage",
        "the worker could not write or read its scratch folder: 7",
    ):
        assert known in found


@pytest.mark.parametrize("reason", every_reason())
@pytest.mark.usefixtures("chinese")
def test_every_reason_is_said_in_chinese(reason: str) -> None:
    for sentence in (reason, f"player: {reason}", f"player: {reason}; waveform: {reason}"):
        said = words.say_sentence(sentence)
        assert HAN.search(said), reason
        assert "{" not in said
    assert not re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", words.say_sentence(reason)), "English is left"
