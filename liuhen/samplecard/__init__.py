"""A recorder's card for `make demo`, made with ffmpeg: `make_card`."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from liuhen.samplecard.clips import SampleCardError, Studio, make_film
from liuhen.samplecard.plan import CLOCK_OFFSET, MODEL, RECIPE, VENDOR, Plan, Take, plan_of
from liuhen.samplecard.scenes import save_photo

__all__ = ["MARKER", "CardFacts", "CardFile", "SampleCardError", "make_card"]

MARKER = "LIUHEN-RECORDER.toml"
"""At the card's root: says which recorder it comes from, for cards and folders that have no USB serial."""


@dataclass(frozen=True, slots=True)
class CardFile:
    """One file on the sample card and what it is meant to show."""

    path: str
    """Relative to the card's root, with `/`."""
    what: str
    start: datetime
    """Aware; the recorder's clock when recording began."""
    seconds: float | None
    officer_number: str
    place: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class CardFacts:
    """The card that was made (or found in the cache)."""

    folder: Path
    serial: str
    vendor: str
    model: str
    officers: tuple[tuple[str, str], ...]
    """Officer numbers and names; the first in the morning, the second after noon."""
    files: tuple[CardFile, ...]
    reused: bool
    """True: an earlier card of the same recipe was there already."""


def make_card(folder: Path, *, scale: float = 1.0, seed: int = 1) -> CardFacts:
    """Make the card in `folder`, or answer at once when it already lies there whole.

    `scale` multiplies running times (1.0: clips of ten and of five minutes; 0.02 for tests), `seed` chooses the
    recorder's number and day. The folder appears whole or not at all; what was there before is replaced.
    Raises SampleCardError when ffmpeg fails, OSError when the folder cannot be written.
    """
    plan = plan_of(scale, seed)
    stamp = folder.with_name(f".{folder.name}.made.json")
    recipe = {"recipe": RECIPE, "scale": scale, "seed": seed}
    if _whole(folder, stamp, recipe):
        return _facts(folder, plan, reused=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".card-", dir=folder.parent) as temporary:
        card = Path(temporary) / "card"
        studio_folder = Path(temporary) / "studio"
        studio_folder.mkdir()
        studio = Studio(studio_folder)
        for take in plan.takes:
            _make(studio, take, card / take.path)
        (card / MARKER).write_text(_marker(plan), encoding="utf-8")
        sizes = {str(p.relative_to(card)): p.stat().st_size for p in sorted(card.rglob("*")) if p.is_file()}
        stamp.unlink(missing_ok=True)
        if folder.exists():
            shutil.rmtree(folder)
        card.rename(folder)
    stamp.write_text(json.dumps({**recipe, "sizes": sizes}), encoding="utf-8")
    return _facts(folder, plan, reused=False)


def _make(studio: Studio, take: Take, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if take.form == "photo":
        save_photo(take, target, upright=take.scene == 1)
    elif take.form == "empty":
        target.touch()
    elif take.form == "wav":
        studio.sound(take, target)
    else:
        make_film(studio, take, target)
    closed = (
        take.start.timestamp() + take.seconds
    )  # recorders close, and so stamp, a file when recording ends
    os.utime(target, (closed, closed))


def _marker(plan: Plan) -> str:
    return (
        "# Which recorder this card belongs to. Read by docking stations.\n"
        f'serial = "{plan.serial}"\n'
        f'vendor = "{VENDOR}"\n'
        f'model = "{MODEL}"\n'
        'kind = "recorder"\n'
        f"clock_offset_seconds = {CLOCK_OFFSET}\n"
    )


def _whole(folder: Path, stamp: Path, recipe: dict[str, float]) -> bool:
    try:
        made = json.loads(stamp.read_text(encoding="utf-8"))
        return all(made[key] == value for key, value in recipe.items()) and all(
            (folder / name).stat().st_size == size for name, size in made["sizes"].items()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _facts(folder: Path, plan: Plan, *, reused: bool) -> CardFacts:
    files = tuple(
        CardFile(t.path, t.what, t.start, t.seconds or None, t.officer, t.place) for t in plan.takes
    )
    return CardFacts(folder, plan.serial, VENDOR, MODEL, plan.officers, files, reused)
