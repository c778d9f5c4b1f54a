"""我的案件: the cases of whoever looks, and what each still lacks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import render_template

from catalog.case_files.mine import my_cases
from catalog.coverage.listing import Asked, Line, list_gaps
from catalog.permissions import Permission
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.permission import requires


@pages.get("/my-cases")
@requires(Permission.CLIP_ATTACH)
def mine() -> Any:
    """Show the cases somebody handles."""
    actor, here = the_person(), components()
    with here.database.read() as session:
        lines = my_cases(session, actor.officer_id, actor, here.clock()) if actor.officer_id else []
        gaps: dict[UUID, list[Line]] = {}
        if actor.officer_id:
            asked = Asked(handler=actor.officer_id)
            days = here.settings.catalog.coverage_days
            for gap in list_gaps(session, asked, days=days, now=here.clock()).lines:
                gaps.setdefault(gap.case.id, []).append(gap)
        return render_template("my_cases.html", lines=lines, gaps=gaps, officer=actor.officer_id)
