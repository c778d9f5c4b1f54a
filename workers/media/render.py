"""Make what the browser needs from one original: `render_quick`, and what takes long: `encode_film`."""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

from workers.media import ffmpeg, run, sandbox, waveform
from workers.media.boxes import movie_seconds
from workers.media.facts import Description
from workers.media.ffmpeg import Encoding
from workers.media.frame_mapping import as_text, make_map
from workers.media.playable import Showing, how_to_show
from workers.media.renditions import Failure, Recipe, Rendered, Rendition, RenditionKind
from workers.media.sandbox import Limits, SandboxError

PICTURES = Limits(memory=3 << 30, cpu=600, wall=600.0)
MIB = 1 << 20
SPOKEN = frozenset({"mov_text", "subrip", "text", "ass", "webvtt"})
"""Subtitles made of text; recorders write their satellite receiver's sentences into them."""
DISK_FULL = "No space left on device"
"""As FFmpeg and Python say it. It is the machine's trouble and not the recording's: it is tried again."""
QUICK: frozenset[RenditionKind] = frozenset(get_args(RenditionKind))
"""Kinds that `render_quick` answers for; for `player` only where it did not leave it to `encode_film`."""


def most_bytes(size: int) -> int:
    """Bytes that the copy for playing of an original of `size` bytes may have; more is no copy but a fault."""
    return 2048 * MIB + 4 * size


@dataclass(slots=True)
class _Work:
    """One original's rendering as it goes on."""

    path: Path
    description: Description
    scratch: Path
    encoding: Encoding
    progress: Callable[[str, float], None] | None
    room: int | None = None
    """Bytes that may be written."""
    outcome_reason: str = ""
    outcome_detail: str = ""
    """Why the last way of making a copy for playing failed."""
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
    """Make all renditions of `path`: what `render_quick` makes, and what it left to `encode_film`."""
    quick = render_quick(path, description, scratch, encoding=encoding, progress=progress)
    if not quick.to_encode:
        return quick
    film = encode_film(path, description, scratch, encoding=encoding, progress=progress)
    return Rendered((*quick.renditions, *film.renditions), (*quick.failures, *film.failures))


def render_quick(
    path: Path,
    description: Description,
    scratch: Path,
    *,
    encoding: Encoding | None = None,
    room: int | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Rendered:
    """Make what is made quickly into the folder `scratch` (must exist; the caller removes it).

    Pictures and waveform, the preview of a photo, and a copy for playing where streams are copied or only sound is
    encoded. `Rendered.to_encode` says that a copy for playing is needed that must be encoded anew; so it is where
    copying the streams failed. `room` is the bytes that may be written. `progress` is called with the rendition's kind
    and the fraction done (0…1), about twice a second; an exception from it stops the work and passes on. Never raises
    for a damaged original: see `Rendered.failures`. Raises OSError when the scratch folder cannot be written.
    """
    work = _Work(path, description, scratch, encoding or Encoding(), progress, room)
    showing = how_to_show(description)
    if showing.how == "none":
        return Rendered((), ())
    to_encode = showing.how == "transcode"
    if description.kind == "photo":
        _photo(work, showing)
    else:
        if description.video is not None and description.video.codec:
            _frames(work, showing)
        if description.audio is not None and description.audio.codec:
            _waveform(work, showing)
        _track(work)
        if showing.how == "remux":
            to_encode = not _player(work, showing, [_remux(work, showing)])
        elif showing.how == "audio":
            _sound(work, showing)
    return Rendered(tuple(work.done), tuple(work.failed), to_encode)


def encode_film(
    path: Path,
    description: Description,
    scratch: Path,
    *,
    encoding: Encoding | None = None,
    room: int | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Rendered:
    """Encode a film anew for playing; parameters and errors as of `render_quick`.

    When the first way fails or stands still it is done once more in a safer one.
    """
    work = _Work(path, description, scratch, encoding or Encoding(), progress, room)
    showing = how_to_show(description)
    # Where copying the streams has failed already, the quick way is not worth another try.
    ways = [
        ffmpeg.transcode(description, work.encoding, safer=safer)
        for safer in ((True,) if showing.how == "remux" else (False, True))
    ]
    if showing.how in ("remux", "transcode") and not _player(work, showing, ways):
        work.fail(("player",), work.outcome_reason, work.outcome_detail)
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
    """The waveform; when reading stands still or breaks off before its first byte, once more in a safer way."""
    work.tell("waveform", 0.0)
    per_second = waveform.points_per_second(work.description.seconds)
    outcome = None
    for safer in (False, True):
        arguments = ffmpeg.samples(work.description, waveform.RATE, safer=safer)
        try:
            answer = waveform.peaks(run.read_output(arguments, work.path), per_second)
        except run.BrokenRunError as error:
            outcome = error.outcome
            continue
        break
    else:
        assert outcome is not None  # noqa: S101 - both ways broke
        work.fail(("waveform",), outcome.reason, outcome.errors)
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


def _track(work: _Work) -> None:
    """The way by satellite, where a track states positions; most recordings have none, which is no failure."""
    telemetry = [s.index for s in work.description.streams if s.kind == "data" and "GoPro MET" in s.title]
    subtitles = [s.index for s in work.description.streams if s.kind == "subtitle" and s.codec in SPOKEN]
    if not telemetry and not subtitles:
        return
    job = {
        "path": str(work.path.absolute()),
        "container": work.description.container,
        "telemetry": telemetry[:4],
        "subtitles": subtitles[:4],
    }
    try:
        facts = _child("workers.media.track_job:make_track", job, work.scratch)
    except SandboxError as error:
        work.fail(("track",), _why(error), str(error))
        return
    if facts:
        recipe = Recipe("PyAV", version("av"), (str(facts["origin"]), f"{facts['points']} points"))
        work.add("track", work.scratch / "track.json", "application/json", recipe, seconds=facts["seconds"])


def _remux(work: _Work, showing: Showing) -> list[str]:
    return ffmpeg.remux(work.description, work.encoding, whole=not showing.partial)


def _sound(work: _Work, showing: Showing) -> None:
    ways = [ffmpeg.audio_copy(work.description, work.encoding, safer=safer) for safer in (False, True)]
    if not _player(work, showing, ways):
        work.fail(("player",), work.outcome_reason, work.outcome_detail)


def _player(work: _Work, showing: Showing, ways: list[list[str]]) -> bool:
    """Make the copy for playing in the first of `ways` that works; answer whether one did."""
    work.tell("player", 0.0)
    described = work.description
    expected = described.seconds or 0.0

    def told(seconds: float) -> None:
        work.tell("player", seconds / expected if expected else 0.0)

    target = work.scratch / ("player.m4a" if showing.how == "audio" else "player.mp4")
    most = most_bytes(described.size)
    room = most if work.room is None else min(most, work.room)
    for arguments in ways:
        outcome = run.make(arguments, work.path, target, progress=told, file_size=room)
        if outcome.ok and (movie_seconds(target) or 0.0) > 0.0:
            _add_player(work, showing, target, arguments, unmapped=not _map(work, target))
            work.tell("player", 1.0)
            return True
        target.unlink(missing_ok=True)
        if DISK_FULL in outcome.errors or (outcome.outgrown and room < most):
            raise OSError(errno.ENOSPC, DISK_FULL)
        work.outcome_reason = outcome.reason if not outcome.ok else "nothing in it could be played"
        work.outcome_detail = outcome.errors
    return False


def _add_player(work: _Work, showing: Showing, target: Path, arguments: list[str], *, unmapped: bool) -> None:
    """A copy that covers less than the original is told as incomplete, whatever FFmpeg's exit status was."""
    seconds, expected = movie_seconds(target) or 0.0, work.description.seconds or 0.0
    short = expected - seconds > max(1.0, expected * 0.02)
    notes = [showing.reason] if showing.partial else []
    if short:
        notes.append(f"covers {seconds:.1f} of {expected:.1f} seconds; the rest could not be read")
    if unmapped:
        notes.append("the frames of copy and original could not be matched")
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


def _map(work: _Work, copy: Path) -> bool:
    """Make the map of the copy's times to the original's frames; without one the copy plays all the same, and says so."""
    if work.description.video is None or copy.suffix != ".mp4":
        return True
    frames = make_map(work.path, work.description, copy)
    if frames is None:
        return False
    target = work.scratch / "frames.json"
    target.write_text(as_text(frames), encoding="ascii")
    recipe = Recipe("PyAV", version("av"), ("presentation stamps of both", f"{len(frames.stamps)} frames"))
    work.add("frames", target, "application/json", recipe)
    return True


def _child(target: str, job: dict[str, Any], scratch: Path) -> dict[str, Any]:
    """Answer what the child answers; one that stood still is ended and tried once more."""
    work: dict[str, object] = {**job, "folder": str(scratch.absolute())}
    try:
        try:
            answer = sandbox.run(target, work, PICTURES)
        except SandboxError as error:
            if error.why != "still":
                raise
            answer = sandbox.run(target, work, PICTURES)
    except SandboxError as error:
        if DISK_FULL in str(error):
            raise OSError(errno.ENOSPC, DISK_FULL) from error
        raise
    if not isinstance(answer, dict):
        raise SandboxError("error", f"unexpected answer {json.dumps(answer)[:100]}")
    return answer


def _why(error: SandboxError) -> str:
    return {
        "still": "the reader stood still and was ended",
        "time": "the reader took too long and was ended",
        "memory": "it needs more memory than a reader may use",
        "output": "the reader's answer was too large",
        "crash": "the reader crashed on this file",
        "error": "the picture could not be decoded",
    }[error.why]
