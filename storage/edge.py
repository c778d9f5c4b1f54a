"""The edge to boto3: two clients, how long to wait for the storage, and its errors in our own words."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
import botocore.exceptions
import urllib3.exceptions
from boto3.exceptions import S3UploadFailedError
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from storage.errors import (
    AlreadyWritten,
    Forbidden,
    LockRefused,
    ObjectMissing,
    StorageError,
    StorageMisconfigured,
    StorageSilent,
    StorageUnavailable,
    UploadGone,
    WrongChecksum,
)
from storage.settings import KeyRole, StorageSettings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

Result = TypeVar("Result")

GIVEN_UP_SECONDS = 2.0

_BY_CODE: dict[str, type[StorageError]] = {
    "NoSuchKey": ObjectMissing,
    "NoSuchVersion": ObjectMissing,
    "404": ObjectMissing,
    "NotFound": ObjectMissing,
    "MethodNotAllowed": ObjectMissing,  # a HEAD or GET by the id of a delete marker
    "NoSuchUpload": UploadGone,
    "NoSuchBucket": StorageMisconfigured,
    "InvalidAccessKeyId": StorageMisconfigured,
    "SignatureDoesNotMatch": StorageMisconfigured,
    "RequestTimeTooSkewed": StorageMisconfigured,
    "BadDigest": WrongChecksum,
    "InvalidDigest": WrongChecksum,
    "XAmzContentChecksumMismatch": WrongChecksum,
    "XAmzContentSHA256Mismatch": WrongChecksum,
    "PreconditionFailed": AlreadyWritten,
    "412": AlreadyWritten,
    "AccessDenied": Forbidden,
    "403": Forbidden,
}

_NO_ANSWER = (
    botocore.exceptions.ConnectionError,  # no connection: refused, timed out, by the proxy, by TLS
    botocore.exceptions.HTTPClientError,  # a connection that broke or fell silent
    botocore.exceptions.ResponseStreamingError,
    botocore.exceptions.IncompleteReadError,
    ResponseParserError,  # a proxy's page instead of S3's answer
    urllib3.exceptions.HTTPError,
    ConnectionError,
)


def connect(settings: StorageSettings, role: KeyRole = "everyday", *, read_timeout: float = 60) -> S3Client:
    """Make the client for calls of our own. It is thread-safe and keeps its connections open.

    `read_timeout` in seconds: how long the storage may be silent within one answer.
    """
    key = settings.access_key(role)
    return boto3.session.Session().client(
        "s3",
        endpoint_url=settings.endpoint_url,
        region_name=settings.region,
        aws_access_key_id=key.access_key,
        aws_secret_access_key=key.secret_key.get_secret_value(),
        verify=str(settings.ca_bundle) if settings.ca_bundle else True,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path", "payload_signing_enabled": False},
            # Digests are ours, stated where they matter; CRCs of the library's own would only cost.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            # Waiting is done in `patient`, which knows how long a restart of the storage may take.
            retries={"total_max_attempts": 1},
            connect_timeout=5,
            read_timeout=read_timeout,
            max_pool_connections=settings.connections,
            tcp_keepalive=True,
        ),
    )


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn errors of boto3 within the block into `StorageError`s; `what` says what was being done."""
    try:
        yield
    except ClientError as error:
        raise _own_error(error, what) from error
    except S3UploadFailedError as error:  # boto3's wrapping of the answer to `upload_file`
        answer = error.__context__
        if not isinstance(answer, ClientError):
            raise StorageError(f"{what}: {error}") from error
        raise _own_error(answer, what) from error
    except _NO_ANSWER as error:
        raise StorageSilent(f"{what}: the storage did not answer ({type(error).__name__})") from error
    except BotoCoreError as error:
        raise StorageError(f"{what}: {error}") from error


def error_code(error: ClientError) -> str:
    """The storage's own word for a refusal, such as `AccessDenied`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _own_error(error: ClientError, what: str) -> StorageError:
    code = error_code(error)
    meta: Any = error.response.get("ResponseMetadata", {})
    status = int(meta.get("HTTPStatusCode", 0) or 0)
    said = f"{what}: the storage answered {status} {code}"
    if status >= 500 or code in {"SlowDown", "RequestTimeout"} or status == 429:
        return StorageUnavailable(said)
    if error.operation_name in {"PutObjectRetention", "PutObjectLegalHold"} and status in {400, 403, 409}:
        return LockRefused(said)
    kind = _BY_CODE.get(code) or _BY_CODE.get(str(status), StorageError)
    return kind(said)


class Patience:
    """Repeats calls while the storage is restarting, and remembers when it last had trouble.

    Seen: after a kill the storage can answer 500 for many seconds though its health page is green. So a fault of
    the storage is waited out, and so is a "not found" for something known to exist.

    One call that waited in vain waits for all: those of the next moment fail at once, unless one succeeds meanwhile.
    Else a batch of hundreds would wait for each of its objects in turn.
    """

    def __init__(self, seconds: float, confirm_missing_seconds: float) -> None:
        self.seconds = seconds
        self.confirm_missing_seconds = confirm_missing_seconds
        self._trouble_at: float | None = None
        self._gave_up_at: float | None = None

    def call(self, what: str, act: Callable[[], Result]) -> Result:
        """Do `act`, repeated for at most `seconds` while the storage is unavailable; it must be repeatable."""
        gave_up = self._gave_up_at
        if gave_up is not None and time.monotonic() - gave_up < min(GIVEN_UP_SECONDS, self.seconds):
            raise StorageSilent(f"{what}: the storage did not answer a moment ago")
        try:
            result = self._repeat(
                what, act, lambda error: isinstance(error, StorageUnavailable), self.seconds
            )
        except StorageSilent:  # a fault answered for one object says nothing of the others
            self._gave_up_at = time.monotonic()
            raise
        self._gave_up_at = None
        return result

    def call_existing(self, what: str, act: Callable[[], Result]) -> Result:
        """As `call`, for something known to exist: "missing" counts only when it lasts."""
        limit = self.confirm_missing_seconds
        if self._trouble_at is not None and time.monotonic() - self._trouble_at < 2 * self.seconds:
            limit = self.seconds
        return self._repeat(
            what,
            lambda: self.call(what, act),
            lambda error: isinstance(error, ObjectMissing),
            limit,
        )

    def _repeat(
        self, what: str, act: Callable[[], Result], again: Callable[[StorageError], bool], seconds: float
    ) -> Result:
        deadline = time.monotonic() + seconds
        pause = 0.1
        while True:
            try:
                with translated(what):
                    return act()
            except StorageError as error:
                if isinstance(error, StorageUnavailable):
                    self._trouble_at = time.monotonic()
                left = deadline - time.monotonic()
                if not again(error) or left <= 0:
                    raise
                time.sleep(min(left, pause * random.uniform(0.8, 1.2)))
                pause = min(pause * 2, 2.0)
