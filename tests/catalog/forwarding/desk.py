"""A catalog with entries in its log, and a worker that sends them on."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.custody.projection import newest_place
from catalog.custody.sequencer import place_entries
from catalog.database import Database
from catalog.forwarding.forward import Post, Round, forward
from catalog.forwarding.state import ForwardingState, forwarding_state
from catalog.ids import new_id
from catalog.ports import LogCollector
from catalog.rules.syslog import FACILITIES, Origin
from catalog.settings import CatalogSettings, SyslogTarget
from workers.forwarding.collector import Collector

HOSTILE = (
    "ordinary words",
    "<14>1 2026-01-01T00:00:00Z evil su - - - root signed in",
    'x"] [custody@32473 seq="0" leaf="forged',
    "line\nfeed\r\nand\x00nul\x1b[2Jescape\x7f\x85\u2028\u2029",
    "right to left \u202e gnp.exe \u200b\ufeff",
    "李某 查看 录像 🎥 \U000e0041",
    "\\" * 50 + '"' * 50 + "]" * 50,
    "长" * 3000,
)


def target(port: int, protocol: str = "tcp", **more: object) -> SyslogTarget:
    """The collector on this machine, by the settings a bureau would write."""
    settings = CatalogSettings(
        database_url="sqlite://",
        receipt_key_file=Path("r"),
        metadata_key_file=Path("m"),
        syslog_address=f"127.0.0.1:{port}",
        syslog_protocol=protocol,  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )
    found = settings.syslog_target()
    assert found is not None
    return found


def origin(limit: int = 8192, bureau: str = "某某区市场监督管理局") -> Origin:
    """What the messages of these tests have in common."""
    return Origin("liuhen-1", FACILITIES["audit"], "32473", bureau, limit)


@dataclass
class Desk:
    """A worker with its clock."""

    database: Database
    now: datetime

    def fill(self, many: int) -> int:
        """Add entries, hostile ones among them, and give them places; answer the newest place."""
        wang = Actor("person", new_id(), "wang", frozenset({"officer"}), address="10.0.0.9")
        for n in range(many):
            text = HOSTILE[n % len(HOSTILE)]
            with self.database.write() as session:
                add_entry(
                    session,
                    actor=wang,
                    action="act.refused" if n % 5 == 4 else "clip.downloaded",
                    subjects={"clip": new_id()},
                    facts={"file": text},
                    private={"reason": f"private {text}"},
                    now=self.now + timedelta(seconds=n),
                )
        return self.place()

    def place(self) -> int:
        """Give places; answer the newest."""
        with self.database.write() as session:
            place_entries(session)
        with self.database.read() as session:
            newest = newest_place(session)
        assert newest is not None
        return newest

    def go(self, to: SyslogTarget, *, limit: int = 8192, way: LogCollector | None = None) -> Round:
        """Do one round."""
        post = Post(to.name, way or Collector(to), origin(limit))
        return forward(self.database, post, self.clock(), lambda: secrets.token_hex(16))

    def clock(self) -> Callable[[], datetime]:
        """What tells the time here."""
        return lambda: self.now

    def state(self, to: SyslogTarget) -> ForwardingState:
        """What the operations page is told."""
        with self.database.read() as session:
            return forwarding_state(session, to.name)
