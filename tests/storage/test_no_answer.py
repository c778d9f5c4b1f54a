"""A storage that does not answer, in whatever way, is out of reach: that is never put down to an object."""

import inspect
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import botocore.exceptions
import pytest
import urllib3

from storage.edge import Patience, translated
from storage.errors import Forbidden, StorageMisconfigured, StorageUnavailable
from storage.keys import original_key
from storage.reader import SecondReader, _own
from storage.settings import StorageSettings
from storage.store import ObjectStore
from tests.services.silence import silent_address

FAMILY = [
    kind
    for kind in vars(botocore.exceptions).values()
    if inspect.isclass(kind)
    and issubclass(kind, botocore.exceptions.ConnectionError | botocore.exceptions.HTTPClientError)
]


@pytest.fixture
def unhurried(seaweed: StorageSettings) -> StorageSettings:
    return seaweed.model_copy(update={"patience_seconds": 0.0})


def _ask(settings: StorageSettings) -> None:
    store = ObjectStore(settings, settings.evidence_bucket)
    try:
        store.newest(original_key(uuid4()))
    finally:
        store.close()


@pytest.mark.parametrize("kind", FAMILY, ids=lambda kind: kind.__name__)
def test_every_kind_of_no_answer(kind: type[botocore.exceptions.BotoCoreError]) -> None:
    with pytest.raises(StorageUnavailable, match=kind.__name__), translated("looking"):
        raise kind(endpoint_url="https://storage", error="none", proxy_url="http://proxy")


@pytest.fixture
def cut_short() -> Iterator[str]:
    """An address that announces ten bytes and sends five, as of an object whose end is lost."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            with server.accept()[0] as caller:
                caller.recv(4096)
                caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbytes")

        thread = threading.Thread(target=speak)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def test_the_second_reader_puts_an_answer_that_ends_early_down_to_the_object(
    unhurried: StorageSettings, cut_short: str
) -> None:
    reader = SecondReader(unhurried.model_copy(update={"endpoint_url": cut_short}))
    try:
        with pytest.raises(StorageUnavailable) as caught:
            list(reader.read("originals/x", "1"))
    finally:
        reader.close()
    assert not isinstance(caught.value, reader.OutOfReach)


@pytest.mark.parametrize(
    ("reason", "whole"),
    [
        (urllib3.exceptions.ResponseError("too many 500 error responses"), False),
        (urllib3.exceptions.NewConnectionError(None, "refused"), True),  # type: ignore[arg-type]
        (urllib3.exceptions.SSLError("no TLS"), True),
    ],
    ids=["answers 500", "refused", "no TLS"],
)
def test_what_the_second_reader_puts_down_to_the_storage(reason: Exception, whole: bool) -> None:
    error = _own(urllib3.exceptions.MaxRetryError(None, "/", reason), "looking")  # type: ignore[arg-type]
    assert isinstance(error, StorageUnavailable)
    assert isinstance(error, SecondReader.OutOfReach) is whole


def test_packets_that_are_dropped(unhurried: StorageSettings) -> None:
    with silent_address() as url, pytest.raises(StorageUnavailable, match="ConnectTimeoutError"):
        _ask(unhurried.model_copy(update={"endpoint_url": url}))


@pytest.fixture
def plain_text() -> Iterator[str]:
    """An `https` address where something else than TLS speaks."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            with server.accept()[0] as caller:
                caller.recv(4096)
                caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=speak)
        thread.start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def test_something_else_than_tls(unhurried: StorageSettings, plain_text: str) -> None:
    with pytest.raises(StorageUnavailable, match="SSLError"):
        _ask(unhurried.model_copy(update={"endpoint_url": plain_text}))


def test_a_proxy_that_is_away(unhurried: StorageSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(StorageUnavailable, match="ProxyConnectionError"):
        _ask(unhurried.model_copy(update={"endpoint_url": "http://storage.test"}))


def test_a_refusal_of_a_rendition_is_said_as_any_other(unhurried: StorageSettings, tmp_path: Path) -> None:
    """boto3 wraps what `upload_file` was answered."""
    (tmp_path / "x").write_bytes(b"x")
    nobody = tmp_path / "nobody.json"
    nobody.write_text('{"access_key": "NOBODY0000", "secret_key": "none"}')
    store = ObjectStore(unhurried.model_copy(update={"everyday_key_file": nobody}), unhurried.derived_bucket)
    try:
        with pytest.raises((Forbidden, StorageMisconfigured)):
            store.put_file("renditions/x/y", tmp_path / "x")
    finally:
        store.close()


def test_one_that_waited_in_vain_waits_for_all() -> None:
    patience, asked = Patience(0.5, 0), []

    def away() -> None:
        asked.append(1)
        raise botocore.exceptions.EndpointConnectionError(endpoint_url="http://storage")

    for _ in range(20):
        with pytest.raises(StorageUnavailable):
            patience.call("looking", away)
    assert len(asked) < 10  # those of the first wait
    time.sleep(0.6)
    assert patience.call("looking", lambda: "there") == "there"
    with pytest.raises(StorageUnavailable):
        patience.call("looking", away)
