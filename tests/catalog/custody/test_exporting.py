"""The export recomputes the tree with nothing of ours kept back but what is private; whatever is changed in it is found."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta

import pytest

from catalog.actors import Actor
from catalog.auditing.exporting import CannotExport, begin_export, export_lines
from catalog.custody.listing import list_entries
from catalog.custody.log import add_entry, private_of
from catalog.custody.sequencer import place_entries
from catalog.database import Database
from catalog.ids import new_id
from catalog.rules.export_check import Checked, check_export
from catalog.rules.giving_out import Reason
from catalog.rules.merkle import leaf_hash, root_of

ZHAO = Actor("person", new_id(), "zhao", frozenset({"auditor"}), address="10.0.0.3")
ENTRIES = 23


@pytest.fixture
def filled(database: Database, now: datetime) -> Database:
    for n in range(ENTRIES):
        with database.write() as session:
            add_entry(
                session,
                actor=Actor("person", new_id(), "wang", address="10.0.0.9"),
                action="clip.downloaded",
                subjects={"clip": new_id()},
                private={"reason": f"移送 {n} \u2028 \"'<"},
                now=now + timedelta(seconds=n),
            )
    with database.write() as session:
        place_entries(session)
    return database


def exported(database: Database, now: datetime, first: int = 0, last: int | None = None) -> list[bytes]:
    extent = begin_export(
        database, actor=ZHAO, reason=Reason("inspection", "上级检查"), first=first, last=last, now=now
    )
    return list(export_lines(database, extent))


@pytest.mark.parametrize(("first", "last"), [(0, None), (0, 0), (5, 17), (16, 22), (22, 22), (0, 15)])
def test_an_outsider_recomputes_the_tree(
    filled: Database, now: datetime, first: int, last: int | None
) -> None:
    lines = exported(filled, now, first, last)
    found = check_export(lines)
    assert (found.trouble, found.first, found.entries) == ([], first, len(lines) - 2)
    whole = exported(filled, now, 0, last)
    leaves = [leaf_hash(json.loads(line)["record"].encode()) for line in whole[1:-1]]
    assert found.root == root_of(leaves).hex() == json.loads(lines[0])["root"]
    assert check_export(lines, root=found.root).trouble == []


def test_neither_values_nor_salts_leave(filled: Database, now: datetime) -> None:
    text = b"".join(exported(filled, now)).decode()
    with filled.read() as session:
        lines, _ = list_entries(session, limit=200)
        private = private_of(session, [line.entry.id for line in lines])
        salts = [f.salt for f in _salts(filled)]
    for fields in private.values():
        for name, value in fields.items():
            assert value not in text, name
    for word in ("wang", "10.0.0.9", "移送", *salts):
        assert word not in text
    assert salts


def _salts(database: Database) -> list[object]:
    from sqlalchemy import select  # noqa: PLC0415

    from catalog.models import CustodyPrivate  # noqa: PLC0415

    with database.read() as session:
        return list(session.scalars(select(CustodyPrivate)))


def test_the_export_is_an_entry_with_its_reason(filled: Database, now: datetime) -> None:
    lines = exported(filled, now, 3, 9)
    with filled.read() as session:
        ((entry,), _) = list_entries(session, action="custody.exported", actor=ZHAO)
    head = json.loads(lines[0])
    assert entry.record["facts"] == {"from": 3, "count": 7, "size": 10, "root": head["root"]}
    assert (entry.private["needed_for"], entry.private["reason"]) == ("inspection", "上级检查")


@pytest.mark.parametrize(
    ("first", "last"),
    [(5, 4), (0, ENTRIES), (-1, None)],
)
def test_what_is_refused(filled: Database, now: datetime, first: int, last: int | None) -> None:
    with pytest.raises(CannotExport) as refusal:
        begin_export(filled, actor=ZHAO, reason=Reason("case"), first=first, last=last, now=now)
    assert refusal.value.why == "no-such-range"


def said(lines: list[bytes]) -> str:
    found: Checked = check_export(lines)
    return " / ".join(found.trouble)


def sealed_anew(lines: list[bytes]) -> list[bytes]:
    """As a forger would: with a fitting digest in the last line."""
    end = json.loads(lines[-1]) | {"sha256": hashlib.sha256(b"".join(lines[:-1])).hexdigest()}
    return [*lines[:-1], json.dumps(end, separators=(",", ":")).encode() + b"\n"]


@pytest.mark.parametrize("forged", [False, True])
def test_what_was_done_to_it_is_said(filled: Database, now: datetime, forged: bool) -> None:
    lines = exported(filled, now, 3, 20)
    finish = sealed_anew if forged else list
    changed = lines[5].replace(b"clip.downloaded", b"clip.downloadee")
    assert changed != lines[5]
    text = said(finish([*lines[:5], changed, *lines[6:]]))
    assert "line 6, place 7: the record is not the one its leaf digest was made of" in text
    text = said(finish([*lines[:5], *lines[6:]]))
    assert "missing is 7" in text
    assert "promises 18 entries, the file has 17" in text
    assert "do not lead to the root" in text
    text = said(finish([*lines[:5], *lines[7:]]))
    assert "missing is 7 to 8" in text
    text = said(finish([*lines[:5], lines[6], lines[5], *lines[7:]]))
    assert "stands out of order" in text
    assert "do not lead to the root" in text
    assert ("its last line has the digest of" in text) is not forged


def test_cut_off_at_any_line_or_byte(filled: Database, now: datetime) -> None:
    lines = exported(filled, now, 3, 9)
    for n in range(len(lines)):
        assert said(lines[:n]), n
    assert "the end is missing" in said(lines[:-1])
    whole = b"".join(lines)
    for cut in range(1, len(whole), 37):
        assert said(whole[:-cut].splitlines(keepends=True)), cut
    assert "something follows the last line" in said([*lines, lines[3]])


def test_any_single_byte_changed_is_found(filled: Database, now: datetime) -> None:
    whole = b"".join(exported(filled, now, 3, 5))
    for at in range(len(whole)):
        changed = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        assert said(changed.splitlines(keepends=True)), at


def test_the_last_line_has_one_form_only(filled: Database, now: datetime) -> None:
    *lines, last = exported(filled, now, 3, 5)
    assert not said([*lines, last])
    for changed in (
        last[:-1] + b" \n",
        last.replace(b",", b", "),
        last[:-2] + b',"end":true}\n',
        last[:-2] + b',"note":1}\n',
        last.replace(b'"entries":3', b'"entries":3.0'),
        last.replace(b'"entries":3', b'"entries":true'),
    ):
        assert changed != last
        assert "something in it was changed" in said([*lines, changed]), changed
    forged = last.replace(b'"entries":3', b'"entries":4')
    assert said([*lines, forged]) == "the last line names another number of entries than there are"


def test_a_whole_log_made_anew_is_found_by_a_root_from_elsewhere(filled: Database, now: datetime) -> None:
    lines = exported(filled, now)
    assert "not the one given" in " ".join(check_export(lines, root="00" * 32).trouble)


@pytest.mark.parametrize(
    "text",
    [b"", b"\x00\xff\n", b"[]\n", b"{}\n", b'{"what":"liuhen custody log export"}\n', b"[" * 100_000 + b"\n",
     b'{"what":"liuhen custody log export","version":1,"from":true,"before":[{"height":99,"root":"zz"}]}\n',
     b'{"what":"liuhen custody log export","version":1,"from":0,"before":[{"height":Infinity,"root":"00"}]}\n',
     b'{"what":"liuhen custody log export","version":2}\n'],
)  # fmt: skip
def test_something_else_is_said_to_be_something_else(text: bytes) -> None:
    assert said(text.splitlines(keepends=True))
