"""Seals 封存: grounds, states, and the work they stop. Pure data."""

from __future__ import annotations

GROUNDS = ("unlawful", "personal-data", "secret")
"""非法取得, 无依据的个人信息, 涉密: what may be neither used nor destroyed."""
LIVE = ("proposed", "standing")
"""A clip is kept while a seal on it is in one of these; closed while it stands."""
SEALED_STAGES = ("render", "encode", "analyse")
"""Work on a clip's content that is not done while it is sealed; reading it back to prove it goes on."""
