"""Make what the browser needs from one original: `render`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from workers.media import ffmpeg, run, sandbox, waveform
from workers.media.boxes import movie_seconds
from workers.media.facts import Description
from workers.media.ffmpeg import Encoding
from workers.media.playable import Showing, how_to_show
from workers.media.renditions import Failure, Recipe, Rendered, Rendition, RenditionKind
from workers.media.sandbox import Limits, SandboxError

PICTURES = Limits(memory=3 << 30, cpu=600, wall=600.0)
MIB = 1 << 20


@dataclass(slots=True)
class _Work:
    """One original's rendering as it goes on."""

    path: Path
    description: Description
    scratch: Path
    encoding: Encoding
    progress: Callable[[str, float], None] | None
    done: list[Rendition] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)

    def add(self, kind: RenditionKind, path: Path, content_type: str, recipe: Recipe, **facts: Any) -> None:
        """Note a finished file; its digest is taken from what lies on disk."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self.done.append(Rendition(kind, path, content_type, recipe, digest, path.stat().st_size, **facts))

    def fail(self, kinds: Iterable[RenditionKind], reason: str, detail: str = "") -> None:
        """Note what could not be made."""
        self.failed += [Failure(kind, reason, detail[:1000]) for kind in kinds]

    def tell(self, kind: str, fraction: float) -> None:
        """Tell the caller how far it is."""
        if self.progress is not None:
            self.progress(kind, min(1.0, max(0.0, fraction)))


def render(
    path: Path,
    description: Description,
    scratch: Path,
    *,
    encoding: Encoding | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Rendered:
    """Make all renditions of `path` into the folder `scratch` (must exist; the caller removes it).

    Small pictures come first, the player's copy last. `progress` is called with the rendition's kind and the
    fraction done (0…1), about twice a second; an exception from it stops the work and passes on. Never raises for
    a damaged original: see `Rendered.failures`. Raises OSError when the scratch folder cannot be written.
    """
    work = _Work(path, description, scratch, encoding or Encoding(), progress)
    showing = how_to_show(description)
    if showing.how == "none":
        return Rendered((), ())
    if description.kind == "photo":
        _photo(work, showing)
    else:
        if description.video is not None and description.video.codec:
            _frames(work, showing)
        if description.audio is not None and description.audio.codec:
            _waveform(work, showing)
        if showing.how in ("remux", "transcode", "audio"):
            _player(work, showing)
    return Rendered(tuple(work.done), tuple(work.failed))


def _photo(work: _Work, showing: Showing) -> None:
    work.tell("preview", 0.0)
    source, container, orientation = work.path, work.description.container, work.description.orientation
    decoder = ""
    if container == "heic":
        source, container, orientation = work.scratch / "decoded.jpg", "jpeg", 0
        arguments = ffmpeg.still(work.description, 4096)
        outcome = run.make(arguments, work.path, source)
        if not outcome.ok:
            work.fail(("preview", "thumb"), outcome.reason, outcome.errors)
            return
        decoder = f"ffmpeg {ffmpeg.version()}, "
    job = {"path": str(source.absolute()), "container": container, "orientation": orientation}
    try:
        facts = _child("workers.media.photo_job:make_previews", job, work.scratch)
    except SandboxError as error:
        work.fail(("preview", "thumb"), _why(error), str(error))
        return
    recipe = Recipe(
        f"{decoder}Pillow", version("pillow"), ("upright", "at most 1600/400 px", "quality 85/82")
    )
    note = showing.reason if showing.partial else ""
    sizes: tuple[RenditionKind, ...] = ("preview", "thumb")
    for kind in sizes:
        width, height = facts[kind]
        work.add(
            kind, work.scratch / f"{kind}.jpg", "image/jpeg", recipe,
            width=width, height=height, complete=not showing.partial, note=note,
        )  # fmt: skip
    work.tell("preview", 1.0)


def _frames(work: _Work, showing: Showing) -> None:
    work.tell("poster", 0.0)
    film = work.description.video
    assert film is not None  # noqa: S101 - asked by the caller
    width = work.description.width or film.width or 0
    height = work.description.height or film.height or 0
    job = {
        "path": str(work.path.absolute()),
        "container": work.description.container,
        "stream": film.index,
        "rotation": film.rotation,
        "size": [width, height],
        "seconds": work.description.seconds or 0.0,
        "fields": film.interlaced is True,
        "budget": PICTURES.wall * 0.8,
    }
    kinds: tuple[RenditionKind, ...] = ("poster", "thumb", "sprite", "thumbnails")
    if not width or not height:
        work.fail(kinds, "the picture's size is unknown")
        return
    try:
        facts = _child("workers.media.frames_job:make_frames", job, work.scratch)
    except SandboxError as error:
        work.fail(kinds, _why(error), str(error))
        return
    if not facts:
        work.fail(kinds, "no picture could be decoded")
        return
    recipe = Recipe(
        "PyAV",
        version("av"),
        ("key frames", f"{facts['tiles']} tiles", f"poster at {facts['at']} s", "upright"),
    )
    note = showing.reason if showing.partial else ""
    for kind in kinds:
        if kind != "thumbnails" and kind in facts:
            work.add(
                kind, work.scratch / f"{kind}.jpg", "image/jpeg", recipe,
                width=facts[kind][0], height=facts[kind][1], complete=not showing.partial, note=note,
            )  # fmt: skip
    if "sprite" in facts:
        covered = work.description.seconds
        work.add(
            "thumbnails", work.scratch / "thumbnails.vtt", "text/vtt", recipe,
            seconds=covered, complete=not showing.partial, note=note,
        )  # fmt: skip
    work.tell("poster", 1.0)


def _waveform(work: _Work, showing: Showing) -> None:
    work.tell("waveform", 0.0)
    arguments = ffmpeg.samples(work.description, waveform.RATE)
    per_second = waveform.points_per_second(work.description.seconds)
    try:
        answer = waveform.peaks(run.read_output(arguments, work.path), per_second)
    except run.BrokenRunError as error:
        work.fail(("waveform",), error.outcome.reason, error.outcome.errors)
        return
    if not answer["peaks"]:
        work.fail(("waveform",), "no sound could be decoded")
        return
    target = work.scratch / "waveform.json"
    target.write_text(waveform.as_json(answer), encoding="ascii")
    recipe = Recipe(
        "ffmpeg", ffmpeg.version(), (*arguments, f"# lowest and highest of every 1/{per_second} s")
    )
    note = showing.reason if showing.partial else ""
    work.add(
        "waveform", target, "application/json", recipe,
        seconds=answer["seconds"], complete=not showing.partial, note=note,
    )  # fmt: skip
    work.tell("waveform", 1.0)


def _player(work: _Work, showing: Showing) -> None:
    """The player's copy; when the first way fails, once more in a safer one, which encodes instead of copying."""
    work.tell("player", 0.0)
    described, encoding = work.description, work.encoding
    ways: list[tuple[list[str], str]]
    if showing.how == "audio":
        ways = [(ffmpeg.audio_copy(described, encoding, safer=s), ".m4a") for s in (False, True)]
    elif showing.how == "remux":
        ways = [
            (ffmpeg.remux(described, encoding, whole=not showing.partial), ".mp4"),
            (ffmpeg.transcode(described, encoding, safer=True), ".mp4"),
        ]
    else:
        ways = [(ffmpeg.transcode(described, encoding, safer=s), ".mp4") for s in (False, True)]
    expected = described.seconds or 0.0

    def told(seconds: float) -> None:
        work.tell("player", seconds / expected if expected else 0.0)

    outcome = None
    for arguments, ending in ways:
        target = work.scratch / f"player{ending}"
        room = 2048 * MIB + 4 * described.size
        outcome = run.make(arguments, work.path, target, progress=told, file_size=room)
        if outcome.ok and (movie_seconds(target) or 0.0) > 0.0:
            _add_player(work, showing, target, arguments)
            work.tell("player", 1.0)
            return
        target.unlink(missing_ok=True)
    assert outcome is not None  # noqa: S101 - there is always a way tried
    work.fail(
        ("player",), outcome.reason if not outcome.ok else "nothing in it could be played", outcome.errors
    )


def _add_player(work: _Work, showing: Showing, target: Path, arguments: list[str]) -> None:
    """A copy that covers less than the original is told as incomplete, whatever FFmpeg's exit status was."""
    seconds, expected = movie_seconds(target) or 0.0, work.description.seconds or 0.0
    short = expected - seconds > max(1.0, expected * 0.02)
    notes = [showing.reason] if showing.partial else []
    if short:
        notes.append(f"covers {seconds:.1f} of {expected:.1f} seconds; the rest could not be read")
    width = height = None
    if showing.how != "audio" and work.description.width and work.description.height:
        width, height = work.description.width, work.description.height
        if "libx264" in arguments:
            width, height = ffmpeg.fit(width, height, work.encoding.long_side, work.encoding.short_side)
    work.add(
        "player",
        target,
        "audio/mp4" if showing.how == "audio" else "video/mp4",
        Recipe("ffmpeg", ffmpeg.version(), tuple(arguments)),
        width=width,
        height=height,
        seconds=round(seconds, 3),
        complete=not (short or showing.partial),
        note="; ".join(notes),
    )


def _child(target: str, job: dict[str, Any], scratch: Path) -> dict[str, Any]:
    answer = sandbox.run(target, {**job, "folder": str(scratch.absolute())}, PICTURES)
    if not isinstance(answer, dict):
        raise SandboxError("error", f"unexpected answer {json.dumps(answer)[:100]}")
    return answer


def _why(error: SandboxError) -> str:
    return {
        "time": "the reader took too long and was ended",
        "memory": "it needs more memory than a reader may use",
        "output": "the reader's answer was too large",
        "crash": "the reader crashed on this file",
        "error": "the picture could not be decoded",
    }[error.why]
