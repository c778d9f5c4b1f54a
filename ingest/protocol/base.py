"""What all messages share, and the one error shape of the API."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

BATCH_LIMIT = 200
"""Files in one request, at most."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


def _is_digest(value: str) -> str:
    if _DIGEST.fullmatch(value) is None:
        raise ValueError("a digest is 64 lower-case hexadecimal digits")
    return value


Digest = Annotated[str, AfterValidator(_is_digest)]
"""SHA-256 or SM3, 64 lower-case hexadecimal digits."""


class Message(BaseModel):
    """Base of all messages: unknown fields are errors, instances do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(Message):
    """The one error shape of the API: what happened, what is safe, what to do next; read also from newer servers."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    error: str
    """A stable word for programs, such as `intake-stopped`."""
    what: str
    safe: str
    next: str
    retry: bool = False
