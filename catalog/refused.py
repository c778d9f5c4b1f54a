"""What all refusals have in common, so that pages can say each in words."""

from __future__ import annotations


class Refused(Exception):
    """Somebody's wish was refused; `why` is a stable word, and nothing was changed."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
