"""声像资料: the list of clips, filtered; its address can be passed on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from sqlalchemy import select

from catalog.clips import KINDS, STATES, ClipFilter, Place, list_clips, some_undated
from catalog.custody.record import utc_text
from catalog.models import Officer, Recorder
from catalog.permissions import Permission
from web.components import components
from web.formats import day_range
from web.pages.blueprint import pages
from web.pages.pictures import pictures_for
from web.permission import requires

WORDS_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter as the address says it; what makes no sense there counts as not said."""

    by: str
    start: str
    end: str
    officer: str
    recorder: str
    kind: str
    state: str
    unattached: bool
    words: str

    @classmethod
    def read(cls) -> Asked:
        """Read the request's address."""
        args = request.args
        return cls(
            by="recorded" if args.get("by") == "recorded" else "received",
            start=args.get("from", ""),
            end=args.get("to", ""),
            officer=args.get("officer", ""),
            recorder=args.get("recorder", ""),
            kind=args.get("kind", "") if args.get("kind") in KINDS else "",
            state=args.get("state", "") if args.get("state") in STATES else "",
            unattached=args.get("unattached") == "1",
            words=args.get("words", "")[:WORDS_LIMIT].strip(),
        )

    def wanted(self) -> ClipFilter:
        """Answer the catalog's filter."""
        since, until = day_range(self.start, self.end)
        return ClipFilter(
            order="recorded" if self.by == "recorded" else "received",
            since=since,
            until=until,
            officer=uuid_or_none(self.officer),
            recorder=uuid_or_none(self.recorder),
            kind=self.kind or None,
            state=self.state or None,
            unattached=self.unattached,
            words=self.words,
        )

    def address(self, **changes: str) -> str:
        """Answer the shortest address that asks the same, with changes."""
        named = {
            "by": self.by if self.by != "received" else "",
            "from": self.start,
            "to": self.end,
            "officer": self.officer,
            "recorder": self.recorder,
            "kind": self.kind,
            "state": self.state,
            "unattached": "1" if self.unattached else "",
            "words": self.words,
        } | changes
        query: dict[str, Any] = {name: value for name, value in named.items() if value}
        return url_for("pages.clips", **query)


@pages.get("/clips")
@requires(Permission.CLIP_READ)
def clips() -> Any:
    """Show the list, or only its rows where the page asks for them."""
    asked = Asked.read()
    wanted = asked.wanted()
    with components().database.read() as session:
        found = list_clips(session, wanted, _place(request.args.get("after", "")))
        undated = asked.by == "recorded" and some_undated(session, wanted)
        officers = session.scalars(select(Officer).order_by(Officer.name)).all()
        recorders = session.scalars(select(Recorder).order_by(Recorder.label).limit(500)).all()
        pictures = pictures_for(found.clips, "clips")
        following = ""
        if found.next is not None:
            following = asked.address(after=f"{utc_text(found.next.at)}_{found.next.clip}")
        return render_template(
            "parts/clip_list.html" if _only_list() else "clips.html",
            asked=asked,
            clips=found.clips,
            pictures=pictures,
            following=following,
            paged="after" in request.args,
            undated=undated,
            officers=officers,
            recorders=recorders,
            kinds=KINDS,
            states=STATES,
        )


def _only_list() -> bool:
    """Going back in the browser asks for the whole page again, also when htmx does the asking."""
    headers = request.headers
    return "HX-Request" in headers and "HX-History-Restore-Request" not in headers


def _place(text: str) -> Place | None:
    at, _, clip = text.partition("_")
    try:
        return Place(datetime.fromisoformat(at), UUID(clip)) if at.endswith("Z") else None
    except ValueError:
        return None


def uuid_or_none(text: str) -> UUID | None:
    """Answer the id a text holds, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None
