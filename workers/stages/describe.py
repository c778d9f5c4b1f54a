"""Stage `describe`: headers and tags, as found; what the catalog concludes from them stands apart."""

from __future__ import annotations

from uuid import UUID

from catalog.describing import Found, keep_description
from catalog.maintenance.checks import check_files
from catalog.rules.recorded_time import StatedTime
from workers.media.describe import describe as read_file
from workers.media.describe import to_json
from workers.media.facts import Description
from workers.media.playable import how_to_show
from workers.runtime import Runtime
from workers.stages.original import fetched


def describe(runtime: Runtime, clip_id: UUID) -> tuple[str, ...]:
    """Describe one clip; answer the stage its way of showing needs besides `render`, if any.

    A damaged file is described too, with warnings.
    """
    with fetched(runtime, clip_id) as original:
        description = read_file(original.path, original.shown, modified=original.modified)
    with runtime.database.write() as session:
        keep_description(session, clip_id, found(description), zone=runtime.zone, now=runtime.now())
    limits = runtime.settings.catalog.recorder_limits()
    with (
        runtime.database.write() as session
    ):  # apart: it locks the recorder, whom describing only holds still
        check_files(session, clip_id=clip_id, limits=limits, now=runtime.now())
    return ("encode",) if how_to_show(description).how == "transcode" else ()


def found(description: Description) -> Found:
    """Reduce a description to what the catalog concludes from, with all of it beside."""
    showing = how_to_show(description)
    place = description.places[0] if description.places else None
    facts = to_json(description)
    facts["showing"] = {
        "how": showing.how,
        "reason": showing.reason,
        "mime": showing.mime,
        "partial": showing.partial,
    }
    return Found(
        facts=facts,
        kind=description.kind,
        shown_as=showing.how,
        duration=description.seconds,
        duration_source=description.seconds_source if description.seconds is not None else None,
        width=description.width,
        height=description.height,
        latitude=place.latitude if place else None,
        longitude=place.longitude if place else None,
        place_source=place.origin if place else None,
        times=[StatedTime(t.origin, t.value) for t in description.start_times],
        warnings=[w.code for w in description.warnings],
    )
