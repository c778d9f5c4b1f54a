"""What `make demo` does besides starting the system: a card, people and cases, links, and one docking to watch."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.database import Database
from catalog.demo import DemoFacts, seed
from catalog.models import Docking, Sighting
from catalog.people import issue_signin_token
from liuhen.samplecard import make_card
from liuhen.settings import Settings, load

SLOT = "slot-1"
POLL_SECONDS = 0.3
PATIENCE_SECONDS = 120.0
"""Without any progress for this long, the demonstration says so and ends with status 1."""

UNDER_WAY = ("found", "copied", "checked", "uploaded")
"""Ends of a file that are none yet (`ingest.protocol.FileEnd`)."""
GOOD = ("received", "verified", "held already")


def slots_folder(data: Path) -> Path:
    """Answer the folder in which the demonstration's recorder appears."""
    return data / "slots"


def _card_folder(data: Path) -> Path:
    return data / "demo" / "card"


def _facts_file(data: Path) -> Path:
    return data / "demo" / "card.json"


def make(data: Path, scale: float) -> None:
    """Make the card, and note whose it is for the step that docks it. Raises SampleCardError."""
    folder = _card_folder(data)
    folder.parent.mkdir(parents=True, exist_ok=True)
    facts = make_card(folder, scale=scale)
    (number, name), (second_number, second_name) = facts.officers[:2]
    whose = {
        "serial": facts.serial,
        "label": facts.files[0].path.rsplit("/", 1)[-1].split("_")[0],
        "officer_number": number,
        "officer_name": name,
        "second_number": second_number,
        "second_name": second_name,
        "day": facts.files[0].start.date().isoformat(),
    }
    _facts_file(data).write_text(json.dumps(whose, ensure_ascii=False), encoding="utf-8")


def plug(data: Path) -> None:
    """Let the card appear in the slot: all of it, at one instant, as a mount does."""
    aside = data / "demo" / "plugging"
    shutil.rmtree(aside, ignore_errors=True)
    # Hard links: the station only reads, and a card of hundreds of megabytes need not be copied.
    shutil.copytree(_card_folder(data), aside, symlinks=True, copy_function=_link)
    aside.rename(slots_folder(data) / SLOT)


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
    return target


def unplug(data: Path) -> None:
    """Take the card out of the slot, at one instant."""
    plugged = slots_folder(data) / SLOT
    if plugged.exists():
        aside = data / "demo" / "unplugged"
        shutil.rmtree(aside, ignore_errors=True)
        aside.parent.mkdir(parents=True, exist_ok=True)
        plugged.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)


def dock(data: Path, *, pause_seconds: float, say: Callable[[str], None]) -> int:
    """Seed, print links, plug in, follow; answer 0 when every file has its receipt, else 1."""
    settings = load(data)
    database = Database.open(settings.catalog.database_url)
    try:
        whose = json.loads(_facts_file(data).read_text(encoding="utf-8"))
        whose["day"] = date.fromisoformat(whose["day"])
        with database.write() as session:
            facts = seed(session, datetime.now(UTC), **whose)
        _print_links(settings, database, facts, say)
        time.sleep(pause_seconds)
        plugged_at = datetime.now(UTC)
        plug(data)
        say(f"The recorder {facts.serial} is plugged into {SLOT}.")
        return _follow(database, plugged_at, say)
    finally:
        database.close()


def _print_links(
    settings: Settings, database: Database, facts: DemoFacts, say: Callable[[str], None]
) -> None:
    base = settings.web.public_url.rstrip("/")
    say("")
    say(f"  Liuhen is ready: {base}")
    say("  Sign in with one of these links; each works once, for 30 minutes:")
    for account in facts.accounts:
        with database.write() as session:
            token = issue_signin_token(session, account.username, datetime.now(UTC))
        say(f"    {account.role:<22} {base}/signin/{token}   {account.person}".rstrip())
    say("  More of them: liuhen signin-link " + " | ".join(account.username for account in facts.accounts))
    say("")


def _follow(database: Database, since: datetime, say: Callable[[str], None]) -> int:
    shown, changed = (-1, -1), time.monotonic()
    began = time.monotonic()
    while True:
        with database.read() as session:
            ends = _ends(session, since)
        total = sum(ends.values())
        settled = sum(count for end, count in ends.items() if end not in UNDER_WAY)
        if (total, settled) != shown:
            shown, changed = (total, settled), time.monotonic()
            if total:
                say(f"  docking: {settled} of {total} files settled after {changed - began:.1f} s")
        if total and settled == total and _is_listed(database, since, total):
            break
        if time.monotonic() - changed > PATIENCE_SECONDS:
            say(
                f"The docking stands still at {settled} of {total} files. What was copied is safe in the station's "
                "spool. See the logs in the data folder, station.log first."
            )
            return 1
        time.sleep(POLL_SECONDS)
    words = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
    say(
        f"  All {total} files are settled after {time.monotonic() - began:.1f} s: {words}. Ctrl-C stops the system."
    )
    return 0 if sum(ends.get(end, 0) for end in GOOD) else 1


def _ends(session: Session, since: datetime) -> dict[str, int]:
    rows = session.execute(
        select(Sighting.end, func.count())
        .join(Docking, Docking.id == Sighting.docking_id)
        .where(Docking.opened_at >= since, Docking.slot == SLOT)
        .group_by(Sighting.end)
    )
    return {end: count for end, count in rows}  # noqa: C416  (a Row is no tuple of two for the type checker)


def _is_listed(database: Database, since: datetime, total: int) -> bool:
    """Whether the station has listed the whole card, so that `total` is no number in passing."""
    with database.read() as session:
        progress = session.scalar(
            select(Docking.progress)
            .where(Docking.opened_at >= since, Docking.slot == SLOT)
            .order_by(Docking.opened_at.desc())
            .limit(1)
        )
    return progress is not None and int(progress.get("files_total", total + 1)) <= total
