"""Messages keep to the grammar of RFC 5424 whatever stands in them; hypothesis looks for what does not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from catalog.custody.record import canonical
from catalog.rules.syslog import SMALLEST_LIMIT, Told, framed, header_word, message, visible
from catalog.settings import CatalogSettings
from tests.catalog.forwarding.desk import origin
from tests.services.syslog import parse

TOLD = Told(7, "ab" * 32, "0192", "clip.played", "person", "2026-11-23T10:00:00.000001Z", warning=False)
ANY = st.text(st.characters(exclude_categories=["Cs"]))


@given(ANY, ANY)
def test_any_text_is_one_message_that_means_the_same(text: str, bureau: str) -> None:
    made = message(origin(1 << 20, bureau), TOLD, canonical({"record": text}))
    found = parse(made)
    assert json.loads(found.text) == {"record": text}
    assert found.text.isprintable()
    assert made.decode().replace("\ufeff", "", 1).isprintable()  # the mark of UTF-8 aside
    assert found.custody["seq"] == "7"
    if bureau.isprintable():
        assert found.custody["bureau"] == bureau[:48]


@given(st.text('长\\"]é\x85🎥', min_size=400), st.integers(SMALLEST_LIMIT, 2000))
def test_what_is_cut_keeps_place_and_leaf(text: str, limit: int) -> None:
    whole = canonical({"record": text})
    told = replace(TOLD, place=10**15, action="a" * 48, entry="e" * 36)
    made = message(replace(origin(limit, '"' * 100), host="h" * 300), told, whole)
    assert len(made) <= limit
    found = parse(made)
    assert (found.custody["seq"], found.custody["leaf"]) == (str(10**15), TOLD.leaf)
    if "cut" in found.custody:
        assert visible(whole).startswith(found.text)
        assert int(found.custody["cut"]) == len(visible(whole).encode())
    else:
        assert json.loads(found.text) == {"record": text}


def test_frames_count_bytes() -> None:
    assert framed("é".encode()) == b"2 \xc3\xa9"


@pytest.mark.parametrize(
    ("text", "word"), [("a b\n", "ab"), ("主机", "-"), ("", "-"), ("x" * 300, "x" * 255)]
)
def test_header_words(text: str, word: str) -> None:
    assert header_word(text, 255) == word


def settings(**changes: object) -> CatalogSettings:
    return CatalogSettings.model_validate(
        {"database_url": "sqlite://", "receipt_key_file": "r", "metadata_key_file": "m", **changes}
    )


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("10.0.0.5", "tls://10.0.0.5:6514"),
        ("log.bureau.example:1514", "tls://log.bureau.example:1514"),
        ("[fd00::5]", "tls://[fd00::5]:6514"),
        ("[fd00::5]:99", "tls://[fd00::5]:99"),
        (" 10.0.0.5 ", "tls://10.0.0.5:6514"),
    ],
)
def test_addresses(address: str, name: str) -> None:
    target = settings(syslog_address=address).syslog_target()
    assert target is not None
    assert target.name == name


@pytest.mark.parametrize(
    "address", ["host:0", "host:99999", "host:x", "tls://host", "a/b", "user@host", ":514", "fd00::5:x"]
)
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(ValidationError, match="log collector"):
        settings(syslog_address=address)


def test_off_unless_an_address_is_given() -> None:
    assert settings().syslog_target() is None
    assert settings(syslog_address="  ").syslog_target() is None
    udp = settings(syslog_address="h", syslog_protocol="udp", syslog_message_bytes=1 << 20).syslog_target()
    assert udp is not None
    assert (udp.port, udp.limit) == (514, 65_507)
