"""What an attachment counts for: rows are never deleted, so whoever reads them says which are meant (R4.11)."""

from __future__ import annotations

from catalog.models import Attachment

IN_FORCE = Attachment.detached_at.is_(None)
"""Attached, and nobody has detached it: what stands in the file and may be proven with."""
ON_THE_LIST = Attachment.detach_confirmed_at.is_(None)
"""In force, or detached and waiting for the legal section: it keeps its place on the case's list, is found by the case,
and its clip is not unattached."""
WAITING = Attachment.detached_at.is_not(None) & Attachment.detach_confirmed_at.is_(None)
"""Detached, and the legal section has not spoken yet."""
