"""Judges what a storm left behind. Shares no code with the station, the storage or the catalog, on purpose.

It reads plain files: what was recorded (`truth.json`), the office's objects and statements, the station's SQLite file
and spool, and the list of removals that was kept beside the station. It answers objections in words; none is well.

    <world>/truth.json, removals.jsonl
    <world>/office/receipt-key, statements.jsonl, objects/
    <world>/spool/<name>/journal.db, files/, set-aside/
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PREFIX = b"liuhen statement v1\n"
SHEET_PREFIX = b"liuhen docking sheet v1\n"
HELD = {"received", "verified", "clearable", "cleared", "held already"}
VOUCHED = {"verified", "clearable", "cleared"}
READ_AGAIN = {"clearable", "cleared"}
WAITING = {"copied", "checked", "uploaded", "received"}

Objections = list[str]


def canonical(value: object) -> bytes:
    """RFC 8785 for what statements hold: text, whole numbers, lists, objects with ASCII names."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Promise:
    """A statement whose signature checked out, and when it was signed (monotonic seconds)."""

    kind: str
    sha256: str
    size: int
    time: datetime
    at: float


@dataclass
class World:
    """What is on the disk of one world. Objects may be given where no folder has them: (name, size, SHA-256)."""

    folder: Path
    objects: list[tuple[str, int, str]] | None = None
    known: dict[tuple[str, int, int], str] = field(default_factory=dict)
    """Digests of files by path, size and time, for whoever looks often."""

    @cached_property
    def truth(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "truth.json").read_text()))

    @cached_property
    def key(self) -> Ed25519PublicKey:
        raw = base64.b64decode((self.folder / "office" / "receipt-key").read_text())
        return Ed25519PublicKey.from_public_bytes(raw)

    def digest(self, path: Path) -> str:
        facts = path.stat()
        mark = (str(path), facts.st_size, facts.st_mtime_ns)
        if mark not in self.known:
            self.known[mark] = sha256(path)
        return self.known[mark]

    def stored(self) -> list[tuple[str, int, str]]:
        if self.objects is not None:
            return self.objects
        folder = self.folder / "office" / "objects"
        files = [path for path in folder.iterdir() if not path.name.startswith(".")]
        return [(path.name, path.stat().st_size, self.digest(path)) for path in files]

    def spooled(self) -> dict[str, list[Path]]:
        """Files of all spools by digest, those set aside among them; unfinished ones count for nothing."""
        found: dict[str, list[Path]] = {}
        for kind in ("files", "set-aside"):
            for path in sorted(self.folder.glob(f"spool/*/{kind}/*")):
                if not path.name.endswith(".part"):
                    found.setdefault(self.digest(path), []).append(path)
        return found

    def journals(self) -> Iterator[tuple[Path, list[dict[str, Any]], list[dict[str, Any]]]]:
        """Each spool with the rows of its files and dockings, read from a copy."""
        for path in sorted(self.folder.glob("spool/*/journal.db")):
            with tempfile.TemporaryDirectory() as aside:
                for part in path.parent.glob("journal.db*"):
                    shutil.copy(part, aside)
                with closing(sqlite3.connect(Path(aside) / "journal.db")) as db:
                    db.row_factory = sqlite3.Row
                    files = [dict(row) for row in db.execute("SELECT * FROM file ORDER BY id")]
                    dockings = [dict(row) for row in db.execute("SELECT * FROM docking")]
            yield path.parent, files, dockings

    def promises(self) -> list[Promise]:
        """What the office signed, as far as the signatures are good."""
        file = self.folder / "office" / "statements.jsonl"
        lines = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        return [
            Promise(
                stated["kind"],
                stated["sha256"],
                stated["size"],
                datetime.fromisoformat(stated["time"]),
                line["at"],
            )
            for line in lines
            if (stated := self.stated(line["signed"])) is not None
        ]

    def stated(self, signed: dict[str, Any]) -> dict[str, Any] | None:
        """The statement, when its signature is good."""
        try:
            self.key.verify(base64.b64decode(signed["signature"]), PREFIX + canonical(signed["statement"]))
        except (InvalidSignature, ValueError):
            return None
        return dict(signed["statement"])

    def removals(self) -> list[dict[str, Any]]:
        file = self.folder / "removals.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def kept(world: World) -> Objections:
    """Whatever a person was told to be safe lies in the store or in the spool, whole, at this moment."""
    there = {digest for _, _, digest in world.stored()} | world.spooled().keys()
    return [
        f"{card['serial']} was called safe, and {_name(file)} ({file['size']} bytes) is nowhere but on the card"
        for card in world.truth["cards"]
        if card["safe"]
        for file in card["files"]
        if file["expected"] not in there
    ]


def check(world: World) -> Objections:
    """Everything, when the storm is over and the station is quiet."""
    return [
        *stored_once(world),
        *ends(world),
        *statements(world),
        *removed_with_reason(world),
        *spool_is_true(world),
        *sheets(world),
        *kept(world),
    ]


def stored_once(world: World) -> Objections:
    """Every byte of every card is in the store, exactly once per content, and nothing else is there."""
    wanted = {file["expected"]: (card, file) for card in world.truth["cards"] for file in card["files"]}
    allowed = set(wanted) | set(world.truth.get("also_readable", []))
    stored = Counter(digest for _, _, digest in world.stored())
    sizes = {digest: size for _, size, digest in world.stored()}
    said = [
        f"lost: {_name(file)} of {card['serial']} ({file['size']} bytes) is not in the store"
        for digest, (card, file) in wanted.items()
        if not stored[digest]
    ]
    said += [f"twice: {count} objects hold {digest}" for digest, count in stored.items() if count > 1]
    said += [
        f"strange: an object of {sizes[digest]} bytes, {digest}, was on no card"
        for digest in stored
        if digest not in allowed
    ]
    return said


def ends(world: World) -> Objections:
    """Every file of every card has its end in a journal, and no row is left without one."""
    damaged = set(world.truth["damaged"].values())
    reached: set[tuple[str, bytes, str]] = set()
    said = []
    for spool, files, dockings in world.journals():
        running = {docking["id"] for docking in dockings if docking["ended"] is None}
        for row in files:
            what = f"{spool.name}: row {row['id']} ({row['path']!r})"
            if row["state"] in HELD:
                digest = row["sha256"] or _statement(row["received"]).get("sha256", "")
                reached.add((row["serial"], bytes(row["path"]), digest))
            if row["state"] in WAITING and row["sha256"] not in damaged:
                said.append(f"waiting: {what} is still {row['state']}: {row['word']} {row['detail']}")
            if row["state"] == "found" and not row["word"] and row["docking"] not in running:
                said.append(f"forgotten: {what} has no end and no reason")
            if row["docking"] in running:
                said.append(f"running: {what} belongs to a docking that nobody ended")
    if world.truth["journal_lost"]:
        return said
    return said + [
        f"without an end: {_name(file)} of {card['serial']}"
        for card in world.truth["cards"]
        for file in card["files"]
        if file["expected"] not in damaged
        and (card["serial"], base64.b64decode(file["path"]), file["expected"]) not in reached
    ]


def statements(world: World) -> Objections:
    """A row says received, verified or cleared only with the office's signature for exactly its bytes."""
    said = []
    for spool, files, _ in world.journals():
        for row in files:
            wanted = ["received"] * (row["state"] in HELD) + ["reread"] * (row["state"] in READ_AGAIN)
            # What was only recognised and then cleared bears no `verified` itself; the removals are judged by it.
            if row["state"] in VOUCHED and not (row["state"] == "cleared" and row["held_already"]):
                wanted.append("verified")
            for kind in wanted:
                stated = world.stated(json.loads(row[kind])) if row.get(kind) else None
                if stated is None:
                    fault = "has no good signature"
                elif stated["kind"] != kind:
                    fault = f"is a statement `{stated['kind']}`"
                elif row["sha256"] and (stated["sha256"], stated["sm3"]) != (row["sha256"], row["sm3"]):
                    fault = f"is for {stated['sha256']}"
                elif stated["size"] != row["size"]:
                    fault = f"is for {stated['size']} bytes"
                else:
                    continue
                said.append(
                    f"unfounded: {spool.name}: row {row['id']} is {row['state']}; its `{kind}` {fault}"
                )
    return said


def removed_with_reason(world: World) -> Objections:
    """Nothing left a spool or a card before `verified`, the delay, and `reread` for its digest; cards by their policy."""
    promises: dict[str, list[Promise]] = {}
    for promise in world.promises():
        promises.setdefault(promise.sha256, []).append(promise)
    said = []
    for removal in world.removals():
        if not removal["vouched"]:
            continue  # written, but never in the journal: nobody was told that it was safe there
        digest = world.truth["damaged"].get(removal["sha256"], removal["sha256"])
        path = bytes.fromhex(removal["path"]).decode("utf-8", "replace")
        known = [promise for promise in promises.get(digest, []) if promise.at <= removal["at"]]
        card = _card_of(world, path)
        delay = timedelta(hours=world.truth["delay_hours" if card else "spool_delay_hours"])
        fault = _too_early(known, removal["size"], delay)
        if fault:
            said.append(f"removed too early: {path!r} of {removal['size']} bytes went {fault}")
        if card:
            said += _against_the_policy(world, card, digest, path)
    return said


def _too_early(known: list[Promise], size: int, delay: timedelta) -> str:
    verified = [promise for promise in known if promise.kind == "verified" and promise.size == size]
    reread = [promise for promise in known if promise.kind == "reread" and promise.size == size]
    if not verified:
        return "without `verified`"
    if not reread:
        return "without `reread`"
    if max(one.time for one in reread) - min(one.time for one in verified) < delay:
        return "before the delay was over"
    return ""


def _card_of(world: World, path: str) -> dict[str, Any] | None:
    return next((card for card in world.truth["cards"] if path.startswith(f"{card['root']}/")), None)


def _against_the_policy(world: World, card: dict[str, Any], digest: str, path: str) -> Objections:
    said = []
    mode = world.truth["clearing"]
    if mode == "never" or (mode == "confirm" and not card["confirmed"]):
        said.append(f"removed against the policy: {path!r} though it is `{mode}`")
    if any(file.get("important") and file["expected"] == digest for file in card["files"]):
        said.append(f"removed though important: {path!r}")
    return said


def spool_is_true(world: World) -> Objections:
    """What the journal says of a spool file is so, and what lies there is known."""
    said = []
    damaged = world.truth["damaged"]
    for spool, files, _ in world.journals():
        wanted: dict[str, set[str]] = {}
        for row in files:
            if row["spool"]:
                wanted.setdefault(row["spool"], set()).add(row["sha256"])
        there = {path.name: path for path in (spool / "files").iterdir()}
        for name, digests in wanted.items():
            if name not in there:
                said.append(f"missing: {spool.name}/{name}, which the journal vouches for")
            elif damaged.get(found := world.digest(there[name]), found) not in digests:
                said.append(f"differs: {spool.name}/{name} is not what the journal says")
        said += [f"unknown: {spool.name}/{name}" for name in sorted(there.keys() - wanted.keys())]
    return said


def sheets(world: World) -> Objections:
    """Each docking that is over has its sheet, signed by the station, and what the last one says is so."""
    newest: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    said = []
    for path in sorted((world.folder / "office" / "sheets").glob("*.json")):
        message = json.loads(path.read_text())
        sheet = json.loads(message["body"])
        if not _station_signed(message) or canonical(sheet) != message["body"].encode():
            said.append(f"sheet: {path.name} is not signed as it stands")
        newest[sheet["docking"]] = (sheet, message)
    if len({message["public_key"] for _, message in newest.values()}) > 1:
        said.append("sheet: more than one key signed for this station")
    stored = {digest for _, _, digest in world.stored()}
    for sheet, _ in newest.values():
        said += [
            f"sheet of docking {sheet['docking']}: {fault}" for fault in _faults_of(world, sheet, stored)
        ]
    if not world.truth["journal_lost"]:
        over = {row["id"] for _, _, dockings in world.journals() for row in dockings if row["ended"]}
        said += [f"sheet: docking {docking} has none" for docking in sorted(over - newest.keys())]
    return said


def _station_signed(message: dict[str, Any]) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(message["public_key"]))
        key.verify(base64.b64decode(message["signature"]), SHEET_PREFIX + message["body"].encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def _faults_of(world: World, sheet: dict[str, Any], stored: set[str]) -> Iterator[str]:
    serial = sheet["recorder"]["serial"]
    recorded: dict[str, list[dict[str, Any]]] = {}
    for card in world.truth["cards"]:
        if card["serial"] == serial:
            for file in card["files"]:
                recorded.setdefault(file["path"], []).append(file)
    listed = {entry["path"]: entry for entry in sheet["files"]}
    there = world.truth["dockings"].get(sheet["docking"], {"paths": []})["paths"]
    if sheet["end_reason"] == "done" and not world.truth["journal_lost"]:
        yield from (f"{path} was on the recorder and is not listed" for path in there if path not in listed)
    for path, entry in listed.items():
        if path not in recorded:
            yield f"{path} was never recorded"
        elif entry.get("size") not in {file["size"] for file in recorded[path]}:
            yield f"{path} has another size"
        elif entry.get("sha256") and entry["sha256"] not in {file["expected"] for file in recorded[path]}:
            yield f"{path} has another digest"
        elif entry["end"] in HELD and entry.get("sha256") not in stored:
            yield f"{path} is called {entry['end']} and is not in the store"
        elif entry.get("digest_from") == "read" and entry.get("bad_ranges", []) not in [
            file["bad"] for file in recorded[path]
        ]:
            yield f"{path} has other bad ranges"


def _name(file: dict[str, Any]) -> str:
    return repr(base64.b64decode(file["path"]))


def _statement(text: str | None) -> dict[str, Any]:
    return dict(json.loads(text)["statement"]) if text else {}
