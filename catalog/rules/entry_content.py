"""What of a custody entry is content: what a case file, a mark or a note says. Pure data and one function.

Auditors read the whole log, and no content. Why somebody did something, the purpose and the reason, is no content: it is
what an auditor looks at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.rules.entry_changes import WITHHELD

_CASE = frozenset({"title", "party", "file_note", "decision_facts"})
_STEP = frozenset({"title", "place", "people"})
_MARK = frozenset({"note", "before"})
CONTENT: Mapping[str, frozenset[str]] = {
    "case.changed": _CASE,
    "case.created": _CASE,
    "case.imported": _CASE,
    "case.label-changed": _CASE,
    "case.split": _CASE,
    "clip.attached": frozenset({"proves", "maker"}),
    "clip.mark-changed": _MARK,
    "clip.mark-removed": _MARK,
    "clip.marked": _MARK,
    "clip.reviewed": frozenset({"finding"}),
    "step.added": _STEP,
    "step.changed": _STEP,
    "step.removed": _STEP,
}
"""Action → its private fields, and fields of `before` and `after`, that say what stands in a file or is seen in a recording."""


def without_content(action: str, private: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the private fields of an entry without content; in `before` and `after` `WITHHELD` stands in its place."""
    content = CONTENT.get(action, frozenset())
    left: dict[str, Any] = {}
    for name, value in private.items():
        if name in {"before", "after"} and isinstance(value, Mapping):
            left[name] = {field: WITHHELD if field in content else said for field, said in value.items()}
        elif name not in content:
            left[name] = value
    return left
