"""One world: a station, its cards, an office. It is struck again and again, then left in peace, then judged."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from ingest.protocol import ClearingPolicy
from tests.faults import checker
from tests.faults.storm.agent import ENDED_BADLY, SPOOL, STEPS, Nursery
from tests.faults.storm.cards import Card, Recorders
from tests.faults.storm.faults import CARD, DISK, HOUR, WAY, Fate, draw_fate
from tests.faults.storm.office import Office
from tests.faults.storm.way import Way
from tests.ingest.reference_server import TOKEN

BUSY_SECONDS = 2.5
"""How long a station that is struck goes on trying before it is stopped."""
QUIET_SECONDS = 25.0
ROUNDS = 5
COUNTED_INSIDE = {*DISK, *CARD, "bad spots"}


@dataclass
class Report:
    """What became of a world."""

    seed: int
    dockings: int = 0
    processes: int = 0
    files: int = 0
    bytes: int = 0
    freed: int = 0
    cleared: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    objections: list[str] = field(default_factory=list)


class World:
    """Run it once; the folder is left for whoever wants to look."""

    patience = 0.8
    """Seconds the station waits for an answer here."""
    quiet_seconds = QUIET_SECONDS
    time_passes = True

    def __init__(self, nursery: Nursery, folder: Path, seed: int, *, large: bool = False) -> None:
        self.folder = folder
        self.report = Report(seed)
        self._nursery = nursery
        self._draw = random.Random(seed)
        folder.mkdir(parents=True)
        self._recorders = Recorders(self._draw, folder / "cards", large=large)
        self._office, self._way = self._built(seed)
        self._checked = checker.World(folder)
        self._damaged: dict[str, str] = {}
        self._dockings: dict[str, dict[str, Any]] = {}
        self._journal_lost = False
        self._older: Path | None = None
        self._views_read = 0
        self._nothing_open = False
        self._struck_read = 0
        self._passed = 0.0
        self._office.clearing = ClearingPolicy(
            mode=self._draw.choice(("never", "confirm", "automatic", "automatic", "automatic")),
            after_days=self._draw.choice((0, 0, 0, 0, 0, 1)),
            delay_hours=self._draw.choice((0, 0, 0, 0, 0, 24)),
        )
        (folder / "token").write_text(TOKEN)
        self._settings = {
            "server": self._way.url,
            "token_file": str(folder / "token"),
            "spool": str(folder / "spool"),
            "disk_reserve": 0,
            "free_after_hours": self._draw.choice((0, 0, 0, 0, 0, 24)),
            "settle_seconds": 0.02,
            "low_space_share": 0.0,
            "low_space_bytes": 0,
            "statement_poll_seconds": 0.1,
            "watch_usb": False,
            "language": "en",
        }

    def _built(self, seed: int) -> tuple[Any, Way]:
        """The office, and the way to it."""
        office = Office(self.folder / "office", seed)
        way = Way(("127.0.0.1", office.server_address[1]), seed)
        office.address = way.url
        return office, way

    def _stored(self) -> list[tuple[str, int, str]]:
        """What the store holds at this moment: name, size, SHA-256."""
        return self._checked.stored()

    def _at_last(self) -> checker.World:
        """What the checker is given when all is over."""
        return checker.World(self.folder)

    def without_delay(self) -> None:
        """Before it runs: recorders are cleared, and the spool freed, as soon as the statements are there."""
        self._office.clearing = ClearingPolicy(mode="automatic", after_days=0, delay_hours=0)
        self._settings["free_after_hours"] = 0

    def run(self, dockings: int, *, only: str = "") -> Report:
        """Strike `dockings` times, then calm down and judge. `only` draws one kind of fault and no other."""
        return self._run(self._episode(only) for _ in range(dockings))

    def run_every_write(self, step: int) -> Report:
        """Die before and after each durable operation of a docking in turn, or at every `step`th; then as `run`."""
        return self._run(self._deaths(step))

    def run_every_state(self) -> Report:
        """Die before and after each step of the journal in turn; then as `run`."""
        return self._run(self._deaths_at_states())

    def _run(self, episodes: Iterable[None]) -> Report:
        with self._office, self._way:
            try:
                for _ in episodes:
                    if self.report.objections:
                        return self.report
                self._calm_down()
            finally:
                self._tell()
        self.report.objections += checker.check(self._at_last())
        removed = self._checked.removals()
        self.report.cleared = sum(b"/cards/" in bytes.fromhex(removal["path"]) for removal in removed)
        self.report.freed = len(removed) - self.report.cleared
        return self.report

    def _deaths(self, step: int) -> Iterator[None]:
        number, struck = 1 + self._draw.randrange(step), True
        while struck:
            struck = False
            for before in (True, False):
                struck |= self._die("killed between writes", {"die_at": number, "die_before": before})
                yield
            number += step

    def _deaths_at_states(self) -> Iterator[None]:
        for name in STEPS:
            for before in (True, False):
                self._die("killed at a state", {"step": {"name": name, "before": before, "nth": 1}})
                yield

    def _die(self, kind: str, inside: dict[str, Any]) -> bool:
        """Dock a new card with a station that dies; when it lived, again, for what happens at a second docking."""
        card = self._recorders.new(files=4)
        for _ in range(2):
            died = self.report.faults[kind]
            self._dock(card, Fate(kinds=[kind], inside=inside))
            self._after()
            if struck := self.report.faults[kind] > died:
                break
        if card.safe and struck:  # so it was said before the death: the card is not needed any more
            shutil.rmtree(card.root)
            card.gone = True
        self._station(None, Fate(), seconds=BUSY_SECONDS)
        if not card.gone:
            self._dock(card, Fate(), seconds=BUSY_SECONDS)
        return struck

    # One docking and what follows it

    def _episode(self, only: str) -> None:
        if self._draw.random() < 0.3 and self.time_passes:
            self._passed += 13 * HOUR  # by all clocks; never more than a day between two looks of the station
            self._office.clock_ahead = timedelta(seconds=self._passed)
            self._station(None, Fate(), seconds=BUSY_SECONDS)
        fate = draw_fate(self._draw, only=only)
        card = self._some_card()
        self._dock(card, fate)
        if fate.between:
            self._between(fate.between)
        elif self._draw.random() < 0.1:
            self._remember_journal()
        if self._draw.random() < 0.4:
            self._station(None, Fate(), seconds=BUSY_SECONDS)
        if card.safe and self._draw.random() < 0.35:
            shutil.rmtree(card.root)
            card.gone = True
        self._after()

    def _after(self) -> None:
        """Whatever was called safe must be so right now."""
        self._tell()
        now = checker.World(self.folder, self._stored(), known=self._checked.known)
        self.report.objections += checker.kept(now)

    def _some_card(self) -> Card:
        here = [card for card in self._recorders.cards if not card.gone]
        if not here or (len(here) < 4 and self._draw.random() < 0.4):
            return self._recorders.new()
        card = self._draw.choice(here)
        if self._draw.random() < 0.3:
            self._recorders.record(card)
        return card

    def _dock(self, card: Card, fate: Fate, seconds: float = BUSY_SECONDS) -> None:
        self.report.dockings += 1
        self._tell()
        confirm = self._office.clearing.mode == "confirm" and self._draw.random() < 0.5
        card.confirmed |= confirm
        there = [file.told()["path"] for file in card.files if file.lies_on(card.root)]
        self._tell()
        self._station(card, fate, seconds, confirm=confirm, stays=self._draw.random() < 0.3)
        with contextlib.suppress(FileNotFoundError):
            lines = (self.folder / "views.jsonl").read_text().splitlines()
            said = [json.loads(line) for line in lines[self._views_read :]]
            self._dockings.update({view["docking"]: {"serial": card.serial, "paths": there} for view in said})
            card.safe |= any(view.get("state") == "safe" for view in said)
            self._nothing_open = bool(said) and said[-1].get("reason") == "done" and said[-1]["open"] == 0
            self._views_read = len(lines)

    def _station(self, card: Card | None, fate: Fate, seconds: float, **besides: bool) -> None:
        """One process of the station, through what is drawn for it."""
        self.report.processes += 1
        inside = json.loads(json.dumps(fate.inside))
        if card:
            bad = {file.path.hex(): file.bad for file in card.files if file.bad}
            inside.setdefault("card", {})["bad"] = bad
        inside["passed"] = self._passed
        job = {
            **besides,
            "patience": self.patience,
            "settings": self._settings,
            "card": str(card.root) if card else None,
            "serial": card.serial if card else "",
            "fate": inside,
            "kill_after": fate.kill_after,
            "seconds": seconds,
            "watched": [str(self.folder / "spool" / SPOOL / "files"), str(self.folder / "cards")],
            **{name: str(self.folder / f"{name}.jsonl") for name in ("removals", "views", "struck")},
            "log": str(self.folder / "station.log"),
        }
        with self._around(fate):
            ended = self._nursery.run(job)
        self._count(fate, ended)

    @contextlib.contextmanager
    def _around(self, fate: Fate) -> Any:
        """Office and way as they are during one run."""
        office, way = self._office, self._way
        before = Counter(way.happened)
        way.weather = fate.weather
        office.forging, office.lazy = fate.forging, fate.lazy
        timers = []
        for name, away in (("storage_down", fate.storage_away), ("down", fate.office_away)):
            if away:
                start, length = away
                timers.append(threading.Timer(start, setattr, (office, name, True)))
                timers.append(threading.Timer(start + length, setattr, (office, name, False)))
        for timer in timers:
            timer.start()
        try:
            yield
        finally:
            for timer in timers:
                timer.cancel()
                timer.join()
            office.storage_down = office.down = False
            office.forging = office.lazy = 0.0
            way.calm()
            self.report.faults.update(
                {
                    f"way: {kind}": count - before[kind]
                    for kind, count in way.happened.items()
                    if count > before[kind]
                }
            )

    def _count(self, fate: Fate, ended: dict[str, Any]) -> None:
        faults, status = self.report.faults, int(ended["status"])
        if ended["hung"]:
            self.report.objections.append("hung: the station did not end; station.log says where it stood")
        elif status == ENDED_BADLY or status > 4:
            self.report.objections.append("traceback: the station ended with one; station.log has it")
        for kind in fate.kinds:
            if kind.startswith("killed"):
                faults[kind] += status == -9
            elif kind not in COUNTED_INSIDE and kind not in WAY and kind != fate.between:
                faults[kind] += 1
        with contextlib.suppress(FileNotFoundError):
            lines = (self.folder / "struck.jsonl").read_text().splitlines()
            faults.update(json.loads(line)["kind"] for line in lines[self._struck_read :])
            self._struck_read = len(lines)

    # Damage while nobody works

    def _between(self, kind: str) -> None:
        spool = self.folder / "spool" / SPOOL
        match kind:
            case "spool bytes damaged" | "spool file gone":
                self._damage(spool, gone=kind == "spool file gone")
            case "journal lost" | "journal older":
                self._lose_journal(spool, older=kind == "journal older")

    def _damage(self, spool: Path, *, gone: bool) -> None:
        """Damage a finished spool file whose bytes lie on a card that is still here, or in the store."""
        again = {digest for card in self._recorders.cards if not card.gone for digest in card.holds()}
        again |= {digest for _, _, digest in self._stored()}
        files = [path for path in sorted(spool.glob("files/*")) if not path.name.endswith(".part")]
        self._draw.shuffle(files)
        for path in files:
            body = bytearray(path.read_bytes())
            digest = checker.sha256(path)
            if digest not in again or not body:
                continue
            if gone:
                path.unlink()
                self._damaged[digest] = digest
            else:
                body[self._draw.randrange(len(body))] ^= 0x40
                path.write_bytes(body)
                self._damaged[checker.sha256(path)] = digest
            for card in self._recorders.cards:
                if not card.gone and any(file.expected == digest for file in card.files):
                    card.safe = False
            self.report.faults["spool file gone" if gone else "spool bytes damaged"] += 1
            return

    def _remember_journal(self) -> None:
        """Keep the journal as it is now; a later fault brings it back."""
        spool = self.folder / "spool" / SPOOL
        aside = self.folder / "older"
        if spool.exists() and not aside.exists():
            aside.mkdir()
            for path in spool.glob("journal.db*"):
                shutil.copy(path, aside)
            self._older = aside

    def _lose_journal(self, spool: Path, *, older: bool) -> None:
        """Only while all that is taken away for good is in the store: else people would have to look into set-aside."""
        stored = {digest for _, _, digest in self._stored()}
        gone = {file.expected for card in self._recorders.cards for file in card.files}
        gone -= {digest for card in self._recorders.cards if not card.gone for digest in card.holds()}
        if gone - stored or not spool.exists() or (older and self._older is None):
            return
        for path in spool.glob("journal.db*"):
            path.unlink()
        if older and self._older is not None:
            for path in self._older.iterdir():
                shutil.copy(path, spool)
        self._journal_lost = True
        for card in self._recorders.cards:
            card.safe = card.gone
        self.report.faults["journal older" if older else "journal lost"] += 1

    # The end

    def _calm_down(self) -> None:
        """Everything works again: every card that is still here docks until nothing of it is open."""
        for card in self._recorders.cards:
            for _ in range(ROUNDS):
                if card.gone or card.safe:
                    break
                self._dock(card, Fate(), self.quiet_seconds)
                if self._nothing_open:
                    break  # cards with bad spots are never called safe; what is left of them is taken in all the same
        self._station(None, Fate(), self.quiet_seconds)
        self._tell()

    def _tell(self) -> None:
        cards = self._recorders.cards
        self.report.files = sum(len(card.files) for card in cards)
        self.report.bytes = sum(file.size for card in cards for file in card.files)
        truth = {
            "cards": [card.told() for card in cards],
            "dockings": self._dockings,
            "damaged": self._damaged,
            "journal_lost": self._journal_lost,
            "clearing": self._office.clearing.mode,
            "delay_hours": self._office.clearing.delay_hours,
            "spool_delay_hours": max(self._office.clearing.delay_hours, self._settings["free_after_hours"]),
        }
        (self.folder / "truth.json").write_text(json.dumps(truth))
