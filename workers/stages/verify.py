"""Stage `verify`: read the locked object back, compare both digests, sign `verified`."""

from __future__ import annotations

from uuid import UUID

from catalog.verification import verify_clip
from workers.runtime import Runtime


def verify(runtime: Runtime, clip_id: UUID) -> None:
    """Verify one clip. Raises what `catalog.verification.verify_clip` raises."""
    verify_clip(runtime.database, runtime.evidence, runtime.signer, clip_id=clip_id, clock=runtime.now)
