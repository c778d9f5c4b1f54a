"""How something is to be attached, as forms ask for it and as it is read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.case_files.attaching import METHODS, ROLES, VOLUMES, CannotAttach, Wish
from web.formats import read_moment, read_time_code

OTHER = "other"
"""A method in words, typed beside the list."""


def how() -> dict[str, Any]:
    """Answer what the fields of a form choose from."""
    return {"weights": ROLES, "volumes": VOLUMES, "methods": METHODS}


def read_wish(form: Mapping[str, str]) -> Wish:
    """Read how something is to be attached from a form. Raises CannotAttach for a range or a time that is none."""
    try:
        start, end = read_time_code(form.get("start", "")), read_time_code(form.get("end", ""))
    except ValueError as error:
        raise CannotAttach("range-wrong") from error
    try:
        made_at = read_moment(form.get("made_at", ""))
    except ValueError as error:
        raise CannotAttach("made-at-wrong") from error
    method = form.get("method", "")
    if method not in METHODS:
        method = form.get("method_other", "") if method == OTHER else ""
    return Wish(
        form.get("role", ""),
        form.get("volume", ""),
        form.get("proves", ""),
        start,
        end,
        method=method,
        made_at=made_at,
        maker=form.get("maker", ""),
    )
