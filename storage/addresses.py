"""Presigned addresses: leave to do one exact thing until a given time, without holding any access key.

The signer is botocore's own (SigV4 in the query string). It is called directly, not through
`generate_presigned_url`, because every header that binds an address (digest, lock, write-once) must be stated
by us and handed to the sender as it was signed. That is quicker too: a long recording has thousands of parts.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote, urlencode

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from storage.facts import Address
from storage.settings import AccessKey

LONGEST = timedelta(days=7)
"""What SigV4 allows."""


class Signer:
    """Signs addresses under the public address of the storage, with one access key."""

    def __init__(self, base_url: str, region: str, key: AccessKey) -> None:
        self.base_url = base_url.rstrip("/")
        self._region = region
        self._credentials = Credentials(key.access_key, key.secret_key.get_secret_value())

    def address(
        self,
        method: Literal["PUT", "GET"],
        bucket: str,
        key: str,
        *,
        valid: timedelta,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Address:
        """Sign `method` on one object for `valid` from now. Raises ValueError beyond seven days or below a second."""
        seconds = int(valid.total_seconds())
        if not 1 <= seconds <= LONGEST.total_seconds():
            raise ValueError(f"an address can be valid for 1 second to 7 days, not for {valid}")
        url = f"{self.base_url}/{quote(bucket)}/{quote(key, safe='/~')}"
        if query:
            url += "?" + urlencode(query, quote_via=quote)
        bound = dict(headers or {})
        request = AWSRequest(method=method, url=url, headers=bound)
        now = datetime.now(UTC)
        S3SigV4QueryAuth(self._credentials, "s3", self._region, expires=seconds).add_auth(request)
        return Address(method, str(request.url), bound, now + timedelta(seconds=seconds))


def checksum_header(sha256: bytes) -> dict[str, str]:
    """Header that makes the storage refuse any other content. Raises ValueError when `sha256` is not 32 bytes."""
    return {"x-amz-checksum-sha256": base64_digest(sha256)}


def lock_headers(until: datetime) -> dict[str, str]:
    """Headers of a COMPLIANCE lock until `until`, as a creating request states them."""
    return {
        "x-amz-object-lock-mode": "COMPLIANCE",
        "x-amz-object-lock-retain-until-date": whole_second(until).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def metadata_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    """Headers that store `metadata` with the object. Raises ValueError beyond 2 KB or outside ASCII."""
    checked_metadata(metadata)
    return {f"x-amz-meta-{name.lower()}": value for name, value in metadata.items()}


def checked_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Answer `metadata` if S3 can hold it: printable ASCII, 2 KB in all. Raises ValueError."""
    total = 0
    for name, value in metadata.items():
        if not (name.isascii() and value.isascii() and value.isprintable()):
            raise ValueError(f"metadata {name!r} is not plain ASCII")
        total += len(name) + len(value)
    if total > 2048:
        raise ValueError(f"metadata of {total} bytes; S3 holds 2048")
    return dict(metadata)


def base64_digest(sha256: bytes) -> str:
    """A SHA-256 as S3 writes it. Raises ValueError when it is not 32 bytes."""
    if len(sha256) != 32:
        raise ValueError(f"a SHA-256 has 32 bytes, this has {len(sha256)}")
    return base64.b64encode(sha256).decode()


def whole_second(moment: datetime) -> datetime:
    """`moment` in UTC, rounded up to a whole second: a lock may end later than asked, never earlier."""
    if moment.tzinfo is None:
        raise ValueError("a lock's end needs a time zone")
    utc = moment.astimezone(UTC)
    return utc if utc.microsecond == 0 else utc.replace(microsecond=0) + timedelta(seconds=1)
