"""Stage `reread`: read the locked object back a second time, after the bureau's delay; sign `reread`."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from catalog.rereading import reread_clip
from workers.runtime import Runtime


def reread(runtime: Runtime, clip_id: UUID) -> None:
    """Read one clip a second time. Raises what `catalog.rereading.reread_clip` raises."""
    reread_clip(
        runtime.database,
        runtime.evidence,
        runtime.signer,
        clip_id=clip_id,
        delay=timedelta(hours=runtime.settings.catalog.clearing_delay_hours),
        clock=runtime.now,
    )
