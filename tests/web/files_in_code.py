"""Reads from the code which views give out a paper or a file, however many functions lie between.

A view gives something out when it reaches a function that answers with a type of its own, names how the answer is to be
saved, sends a file, shows a template for the printer, or makes an address for saving an original.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PAGE_TYPES = {"text/html", "application/json"}
SENDERS = {"send_file", "send_from_directory", "download_address"}
"""What gives out by its name alone."""
TEMPLATES = Path("web/templates")

Place = tuple[str, str]
"""Module and function."""


@dataclass
class Function:
    """One function, as far as giving out goes."""

    view: bool = False
    declared: bool = False
    """With `gives_out`."""
    gives: bool = False
    calls: set[Place] = field(default_factory=set)


def sources() -> dict[str, str]:
    """Answer the code of the web room, by module."""
    return {
        ".".join(path.with_suffix("").parts): path.read_text(encoding="utf-8")
        for path in sorted(Path("web").rglob("*.py"))
    }


def printed_templates() -> set[str]:
    """Answer the templates that are made for the printer: those that bring its style or its dialogue along."""
    return {
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.rglob("*.html")
        if any(sign in path.read_text(encoding="utf-8") for sign in ("'print.css'", "'js/print.js'"))
    }


def giving_views(code: Mapping[str, str], printed: set[str]) -> tuple[set[str], set[str]]:
    """Answer the views that give something out, and those that are declared to: names of functions."""
    functions: dict[Place, Function] = {}
    for module, text in code.items():
        functions.update(_functions(module, text, printed))
    return (
        {place[1] for place, one in functions.items() if one.view and _reaches(place, functions)},
        {place[1] for place, one in functions.items() if one.view and one.declared},
    )


def _reaches(start: Place, functions: Mapping[Place, Function]) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        one = functions[waiting.pop()]
        if one.gives:
            return True
        fresh = {place for place in one.calls if place in functions} - seen
        seen |= fresh
        waiting.extend(fresh)
    return False


def _functions(module: str, text: str, printed: set[str]) -> Iterator[tuple[Place, Function]]:
    tree = ast.parse(text)
    brought = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        one = Function()
        for decorator in node.decorator_list:
            said = ast.unparse(decorator)
            one.view |= said.startswith(("pages.get(", "pages.post(", "pages.route("))
            one.declared |= said == "gives_out"
        for inner in ast.walk(node):
            one.gives |= _gives(inner, printed)
            if isinstance(inner, ast.Name):  # called, or handed on to be called
                one.calls.add(brought.get(inner.id, (module, inner.id)))
        yield (module, node.name), one


def _gives(node: ast.AST, printed: set[str]) -> bool:
    if isinstance(node, ast.keyword) and node.arg in {"mimetype", "content_type"}:
        return not (isinstance(node.value, ast.Constant) and node.value.value in PAGE_TYPES)
    if isinstance(node, ast.Constant):
        return node.value in printed or (isinstance(node.value, str) and "attachment;" in node.value)
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in SENDERS
