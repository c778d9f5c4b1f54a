"""Papers and files leave only with a reason: one declaration for all routes that give something out, and a guard.

A route that answers a print page, a PDF or any other file is declared with `gives_out`. What is needed for it is asked
before the view is entered; the view gets the reason and keeps it in its entry. What no declaration covers does not leave:
the guard answers trouble in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, Response, request
from werkzeug.wrappers import Response as AnyResponse

from catalog.rules.giving_out import NoReason, reason_given
from web.errors import Trouble, show
from web.speech import _
from web.words import say

View = TypeVar("View", bound=Callable[..., Any])

PAGES = "pages"
"""The blueprint for people. Machines carry a token of their own, and what they may read is four tables of figures."""
PAGE_TYPES = frozenset({"text/html", "application/json"})
"""What pages and their parts are made of; everything else is a file."""
LOOKS = frozenset({"pages.sealed_look"})
"""Looks whose own purpose is asked and kept, and which a browser may have to save since it cannot show them."""


class FileWithoutReason(RuntimeError):
    """A page would have answered a file without having asked what it is needed for."""


def gives_out(view: View) -> View:
    """Declare that a view gives out a paper or a file: it is called with `reason`, or not at all.

    Stands below `requires`, so that who may not have it is not asked what it is for.
    """

    @wraps(view)
    def asked(*args: Any, **kwargs: Any) -> Any:
        try:
            reason = reason_given(request.form.get("needed_for", ""), request.form.get("needed_note", ""))
        except NoReason as refusal:
            return show(
                Trouble(
                    400,
                    say("giving refusal", refusal.why),
                    _(
                        "Nothing was printed or saved, and nothing was changed. All recordings are as safe as before."
                    ),
                    _(
                        "Go back to the page before (or close this window), choose the reason there and ask again."
                    ),
                )
            )
        return view(*args, reason=reason, **kwargs)

    asked.liuhen_gives_out = True  # type: ignore[attr-defined]
    return cast("View", asked)


def is_giving(app: Flask, endpoint: str) -> bool:
    """Whether a route is declared to give something out."""
    return bool(getattr(app.view_functions.get(endpoint), "liuhen_gives_out", False))


def is_file(answer: AnyResponse) -> bool:
    """Whether an answer leaves as a file: by its type, by how it is to be saved, or by the address it leads to."""
    if 300 <= answer.status_code < 400:
        return "response-content-disposition=attachment" in (answer.location or "").lower()
    if answer.status_code >= 400 or answer.status_code == 204:
        return False
    disposition = answer.headers.get("Content-Disposition", "")
    return disposition.lower().startswith("attachment") or answer.mimetype not in PAGE_TYPES


def let_no_file_out_unasked(app: Flask) -> None:
    """Answer trouble in the place of a file that a page gives out without the declaration."""

    @app.after_request
    def _guard(answer: Response) -> Response:
        endpoint = request.endpoint or ""
        if (
            request.blueprint == PAGES
            and endpoint not in LOOKS
            and not is_giving(app, endpoint)
            and is_file(answer)
        ):
            answer.close()
            raise FileWithoutReason(endpoint)
        return answer
