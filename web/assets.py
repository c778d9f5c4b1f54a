"""Addresses of our own style sheets and scripts, each with a digest of the file, so that browsers may keep them."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import url_for

STATIC = Path(__file__).parent / "static"


@lru_cache(maxsize=64)
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """Answer the address of a file under `static/`. Raises FileNotFoundError for one that is not there."""
    return url_for("static", filename=name, v=_digest(name))
