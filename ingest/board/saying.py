"""The board's facts in one language, as plain values: what the page draws and `liuhen station --json` prints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ingest.board.facts import BoardFacts, Past, SlotShown, recorder_of
from ingest.board.reading import FileLine
from ingest.board.standing import Bytes, Said, Tally, Tone
from ingest.journal.rows import DockingRow
from ingest.office.officers import picked_name
from ingest.protocol import OfficerName
from ingest.words.board import BOARD
from ingest.words.words import Language, Words

LANGUAGES: tuple[Language, Language] = ("zh", "en")


class Speaker:
    """Says facts in one language."""

    def __init__(self, language: Language) -> None:
        self.words = Words(language)

    def say(self, said: Said) -> str:
        """Answer a sentence."""
        one = f"{said.word}-1"
        word = one if said.facts.get("count") == 1 and one in BOARD else said.word
        return self.words.say(word, **{name: self._fact(fact) for name, fact in said.facts.items()})

    def word(self, word: str, **facts: object) -> str:
        """Answer the sentence for a key."""
        return self.say(Said(word, facts))

    def _fact(self, fact: object) -> object:
        if isinstance(fact, Said):
            return self.say(fact)
        if isinstance(fact, Bytes):
            return size(fact.count)
        if isinstance(fact, datetime):
            return clock(fact)
        return fact

    # The whole board

    def board(self, facts: BoardFacts) -> dict[str, Any]:
        """Answer everything the page draws."""
        return {
            "language": self.words.language,
            "running": facts.running,
            "title": self.word("board-title", station=facts.station).strip(),
            "time": clock(facts.at),
            "at": facts.at.isoformat(timespec="seconds"),
            "chips": self._chips(facts),
            "banners": self._banners(facts),
            "slots": [self.slot(slot, facts.call) for slot in facts.slots],
            "history": [self.past(past) for past in facts.history],
            "foot": self._foot(facts),
        }

    def _chips(self, facts: BoardFacts) -> list[dict[str, str]]:
        chips = []
        if facts.running:
            away = (
                "storage"
                if facts.trouble == "storage"
                else "server"
                if facts.trouble not in {"", "station"}
                else ""
            )
            word = f"board-{away}-away" if away else "board-server-well"
            chips.append(_line("wait" if away else "safe", self.word(word)))
        if facts.clock is not None:
            word = "board-clock-well" if facts.clock else "board-clock-bad"
            chips.append(_line("safe" if facts.clock else "wait", self.word(word)))
        return chips

    def _banners(self, facts: BoardFacts) -> list[dict[str, str]]:
        """What concerns everybody; the gravest first."""
        said: list[dict[str, str]] = []
        call = self._call(facts.call)
        if facts.full:
            said.append(_line("stop", f"{self.word('board-b-full')} {call}"))
        if facts.trouble and facts.trouble_since is not None:
            what = self.word(f"board-b-{facts.trouble}")
            word = "board-b-safe-waiting" if facts.queue.files else "board-b-safe"
            sentence = self.word(word, what=what, since=facts.trouble_since, count=facts.queue.files)
            said.append(_line("wait", sentence, self.words.say(facts.trouble_text)))
        for one in facts.damaged:
            when = one.at.astimezone().strftime("%Y-%m-%d %H:%M")
            sentence = self.word("board-b-damaged", when=when, count=one.copies)
            said.append(_line("stop", f"{sentence} {call}", str(one.folder)))
        if facts.aside:
            said.append(_line("wait", self.word("board-b-aside", count=facts.aside)))
        return said

    def _foot(self, facts: BoardFacts) -> list[str]:
        foot = [self.word("board-legend")]
        if facts.free is not None:
            foot.append(self.word("board-free", size=Bytes(facts.free)))
        foot.append(self.word("board-today", count=facts.today))
        if facts.queue.files:
            foot.append(self.word("board-waiting", count=facts.queue.files))
        return foot

    def _call(self, call: str) -> str:
        return self.word("board-call", call=call) if call else self.word("board-call-nobody")

    # A slot

    def slot(self, shown: SlotShown, call: str) -> dict[str, Any]:
        """Answer one tile."""
        said, row = shown.standing, shown.facts.docking
        there = row if said.kind not in {"empty", "unreadable"} else None
        release = None
        if said.release is not None:
            confirmed = bool(there and there.confirmed_by)
            files, count = said.release
            release = {
                "confirmed": confirmed,
                "button": self.word("board-released" if confirmed else "board-release", count=files),
                "title": self.word("board-release-title", count=files),
                "text": self.word("board-release-text", count=files, size=Bytes(count)),
                "by": _someone(there, shown.facts.officers),
            }
        return {
            "slot": shown.slot,
            "label": self.word("board-slot", slot=shown.label),
            "kind": said.kind,
            "tone": said.tone,
            "headline": self.say(said.headline),
            "lines": [self.say(line) for line in said.lines]
            or ([self.word("board-empty")] if said.kind == "empty" else []),
            "bar": said.bar,
            "trace": [
                {"text": self.word(node.word), "state": node.state, "count": f"{node.count}/{node.of}"}
                for node in said.trace
            ],
            "notes": [self.say(note) for note in said.notes],
            "call": self._call(call) if said.call else "",
            "docking": str(there.id) if there else None,
            "recorder": recorder_of(there) if there else "",
            "who": self._who(there, shown.facts.officers) if there else "",
            "pick": self._pick(shown) if said.pick else None,
            "release": release,
        }

    def _who(self, row: DockingRow, known: Sequence[OfficerName]) -> str:
        if row.picked is not None:
            return self.word("board-picked", name=picked_name(row, known))
        return self.word("board-who", name=row.answer.holder) if row.answer and row.answer.holder else ""

    def _pick(self, shown: SlotShown) -> dict[str, str]:
        row = shown.facts.docking
        picked = row is not None and row.picked is not None
        return {
            "button": self.word("board-pick-change" if picked else "board-pick"),
            "title": self.word("board-pick-title", slot=shown.label),
            "picked": row.picked.number if row is not None and row.picked is not None else "",
        }

    # Dockings that are over, and files

    def past(self, past: Past) -> dict[str, Any]:
        """Answer one line of the history."""
        tone, word = result_of(past.row, past.tally)
        return {
            "docking": str(past.row.id),
            "time": clock(past.row.started),
            "at": past.row.started.isoformat(timespec="seconds"),
            "day": past.row.started.astimezone().strftime("%m-%d"),
            "slot": past.slot,
            "recorder": past.label,
            "files": past.tally.files,
            "said_files": self.word("board-files", count=past.tally.files),
            "size": size(past.tally.bytes),
            "tone": tone,
            "result": self.word(word),
        }

    def files(self, past: Past, files: list[FileLine]) -> dict[str, Any]:
        """Answer the detail view of a docking."""
        more = past.tally.files - len(files)
        return {
            **self.past(past),
            "who": self._who(past.row, past.officers),
            "lines": [self._file(file) for file in files],
            "more": self.word("board-more-files", count=more) if more > 0 else "",
        }

    def _file(self, file: FileLine) -> dict[str, Any]:
        reason = self.words.say(file.word) if file.word else ""
        on_its_way = file.state in {"found", "copied"}
        state = "partial" if file.attention and file.word == "partial" else file.state
        return {
            "name": file.name,
            "size": size(file.size),
            "tone": "stop" if file.attention else "idle" if on_its_way or file.state == "refused" else "safe",
            "state": self.word(f"file-{state}"),
            "reason": reason,
        }


def result_of(row: DockingRow, tally: Tally) -> tuple[Tone, str]:
    """Answer how a docking came out: tone, and a key of `ingest.words.words`."""
    if row.ended is None and tally.copied < tally.files:
        return "run", "board-r-running"
    if row.reason == "unplugged" and (tally.open or not tally.files):
        return "stop", "board-r-early"
    if tally.attention or tally.open or row.reason == "failed":
        return "stop", "board-r-failed"
    if not tally.files:
        return ("run", "board-r-running") if row.ended is None else ("idle", "board-r-nothing")
    if tally.verified == tally.files:
        return "safe", "board-r-verified"
    return "safe", "board-r-received" if tally.received == tally.files else "board-r-safe"


def size(count: int) -> str:
    """Write a number of bytes as people do: decimal, three figures."""
    value = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if value < 999.5:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 99.5 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def clock(at: datetime) -> str:
    """Write a time of day on this machine's wall."""
    return at.astimezone().strftime("%H:%M")


def _line(tone: Tone, text: str, detail: str = "") -> dict[str, str]:
    return {"tone": tone, "text": text, "detail": detail}


def _someone(row: DockingRow | None, known: Sequence[OfficerName]) -> str:
    if row is None:
        return ""
    return picked_name(row, known) or ((row.answer.holder or "") if row.answer else "")
