"""Whatever the workers say of time stamps is said in Chinese to who reads Chinese."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.web.conftest import Site
from web.words import say_sentence

ROOT = Path(__file__).parents[2]
FILES = [
    *(ROOT / "catalog" / "timestamps").glob("*.py"),
    *(ROOT / "workers" / "timestamps").glob("*.py"),
]
SAYING = {"Away", "TokenRefused", "RootsUnreadable"}


def said_in_code() -> list[str]:
    """Every sentence that is raised, with an example in place of each value."""
    found = []
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SAYING and node.args:
                found.append(_example(node.args[-1]))
            if isinstance(node, ast.FunctionDef) and node.name in {
                "_refusal",
                "_prolonged",
                "_stored",
                "_look",
            }:
                found += [
                    _example(part)
                    for returned in ast.walk(node)
                    if isinstance(returned, ast.Return | ast.Assign) and returned.value is not None
                    for part in (
                        returned.value.elts if isinstance(returned.value, ast.Tuple) else [returned.value]
                    )
                    if isinstance(part, ast.Constant | ast.JoinedStr)
                ]
    return sorted({sentence for sentence in found if " " in sentence})


def _example(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if not isinstance(node, ast.JoinedStr):
        return ""
    parts = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value))
        else:
            code = ast.unparse(part)
            parts.append("256" if "LARGEST" in code else "timestamps/a/b" if "'key'" in code else "307")
    return "".join(parts)


def test_there_are_sentences() -> None:
    assert len(said_in_code()) > 25


def test_each_is_said_in_chinese(site: Site) -> None:
    with site.app.test_request_context(headers={"Accept-Language": "zh-CN"}):
        english = [one for one in said_in_code() if not re.search(r"[\u4e00-\u9fff]", say_sentence(one))]
    assert english == []


def test_a_sentence_within_a_sentence_is_said_too(site: Site) -> None:
    reason = "time-stamping authority x: it answered HTTP 503"
    late = "No time stamp from authority x for longer than 30 minutes; it is asked again by itself."
    with site.app.test_request_context(headers={"Accept-Language": "zh-CN"}):
        assert say_sentence(reason) == "时间戳机构 x：它答复 HTTP 503"
        assert (
            say_sentence(f"{late} {reason}")
            == "时间戳机构 x 超过 30 分钟未给出时间戳；系统会自动再次请求。时间戳机构 x：它答复 HTTP 503"
        )
        assert say_sentence(late) == "时间戳机构 x 超过 30 分钟未给出时间戳；系统会自动再次请求。"
