"""Sending bytes to presigned addresses from the server itself, for what comes in by no station."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol

import urllib3

from storage.errors import StorageError, StorageUnavailable
from storage.settings import StorageSettings

TRIES = 5
_TIMEOUT = urllib3.Timeout(connect=10, read=120)


class Sendable(Protocol):
    """An address as `storage.facts.Address` is one, whoever made it."""

    @property
    def method(self) -> str:
        """PUT."""

    @property
    def url(self) -> str:
        """Where."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Sent as they stand."""


class SendRefused(StorageError):
    """The storage does not take these bytes at this address, and would not at another try."""


class PartPutter:
    """Answers `catalog.ports.PartSender`. Keep one: it holds the connections."""

    Refused: ClassVar[type[Exception]] = SendRefused
    Away: ClassVar[type[Exception]] = StorageUnavailable

    def __init__(self, settings: StorageSettings) -> None:
        ca = str(settings.ca_bundle) if settings.ca_bundle else None
        self._pool = urllib3.PoolManager(ca_certs=ca, timeout=_TIMEOUT)

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def put(self, address: Sendable, body: bytes) -> None:
        """PUT one part. Raises SendRefused, StorageUnavailable."""
        said = ""
        for _ in range(TRIES):
            try:
                answer = self._pool.request(
                    address.method, address.url, headers=dict(address.headers), body=body, retries=False
                )
            except urllib3.exceptions.HTTPError as error:
                said = type(error).__name__
                continue
            if answer.status < 300 or answer.status == 412:  # 412: an earlier try has arrived after all
                return
            said = f"status {answer.status}"
            if answer.status < 500:
                raise SendRefused(said)
        raise StorageUnavailable(f"sending to the storage failed {TRIES} times ({said})")
