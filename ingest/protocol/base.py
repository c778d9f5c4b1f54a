"""What all messages share, and the one error shape of the API."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

BATCH_LIMIT = 200
"""Files in one request, at most."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


def _is_digest(value: str) -> str:
    if _DIGEST.fullmatch(value) is None:
        raise ValueError("a digest is 64 lower-case hexadecimal digits")
    return value


Digest = Annotated[str, AfterValidator(_is_digest)]
"""SHA-256 or SM3, 64 lower-case hexadecimal digits."""


Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
"""How many, or how many bytes: what JSON carries exactly (RFC 8785) and every database holds."""

Nanoseconds = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
"""Since 1970, as file systems say it."""


def _in_utc(value: datetime) -> datetime:
    try:
        value.astimezone(UTC)
    except (OverflowError, ValueError) as error:  # the first and last hours of what a datetime can be
        raise ValueError("a time that cannot be said in UTC") from error
    return value


Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""A time; with its offset it lies within the years 1 to 9999 in UTC as well."""


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
