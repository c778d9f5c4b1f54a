"""Pages of recordings that answered "nothing here": when there is one that the asker has no business with, it is kept."""

from __future__ import annotations

from uuid import UUID

from flask import Flask, Response, request

from catalog.custody.out_of_reach import note_out_of_reach
from web.actor import current_actor
from web.components import components


def keep_out_of_reach(app: Flask) -> None:
    """After each page that was not found: one entry where it named a recording out of scope. Tokens have entries of their own."""

    @app.after_request
    def _keep(response: Response) -> Response:
        clip_id = (request.view_args or {}).get("clip_id")
        if response.status_code == 404 and request.blueprint == "pages" and isinstance(clip_id, UUID):
            actor = current_actor()
            if actor is not None and actor.kind == "person":
                here = components()
                act = (request.endpoint or "").rpartition(".")[2]
                note_out_of_reach(here.database, actor, clip_id, act=act, now=here.clock())
        return response
