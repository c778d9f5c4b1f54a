"""Read a file's headers and tags: `describe`. Hostile files are parsed in a sandboxed child process."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from workers.media import sandbox
from workers.media.facts import Description, Remark, Signature, StartTime, warning
from workers.media.file_names import facts_of_name
from workers.media.sandbox import Limits, SandboxError
from workers.media.signature import signature

_ADAPTER = TypeAdapter(Description)
_HEADERS_ONLY = Limits(cpu=20, wall=30.0)
_EXTENSIONS: dict[str, frozenset[str]] = {
    "video": frozenset({"mp4", "mov", "avi", "mkv", "mts", "m2ts", "ts", "3gp", "m4v", "flv", "wmv", "asf", "mpg", "webm", "insv"}),
    "audio": frozenset({"wav", "mp3", "aac", "amr", "m4a", "flac", "ogg", "wma", "3ga"}),
    "photo": frozenset({"jpg", "jpeg", "png", "heic", "tif", "tiff", "webp", "bmp", "gif", "dng"}),
}  # fmt: skip


def describe(
    path: Path, file_name: str, *, modified: datetime | None = None, limits: Limits | None = None
) -> Description:
    """Say what `path` holds.

    `file_name` is the name it had on the recorder (as shown, with folders), `modified` the file system's time of
    it there (aware), kept as one more statement about time. Never raises for a damaged file: the answer then holds
    what could be read, and warnings. Raises OSError when `path` itself cannot be opened.
    """
    size = path.stat().st_size
    mark = signature(path)
    plain = Description(kind=mark.kind, mime=mark.mime, container=mark.container, size=size)
    if size == 0:
        found = replace(plain, warnings=(warning("empty"),))
    elif mark.kind in ("video", "audio"):
        found = _media(path.absolute(), plain, limits or Limits())
    elif mark.kind == "photo":
        found = _photo(path.absolute(), plain, limits or Limits())
    else:
        found = replace(plain, warnings=(warning("unknown-kind"),) if mark.kind == "unknown" else ())
    return _named(found, file_name, modified, mark)


def to_json(description: Description) -> dict[str, Any]:
    """The description as plain JSON values, for the catalog."""
    answer: dict[str, Any] = _ADAPTER.dump_python(description, mode="json")
    return answer


def from_json(value: object) -> Description:
    """The description back from `to_json`'s answer. Raises pydantic.ValidationError."""
    return _ADAPTER.validate_python(value)


def _media(path: Path, plain: Description, limits: Limits) -> Description:
    """The deep look first; when that ends badly, the headers alone; when even those do, the signature stands."""
    troubles: list[Remark] = []
    for deep in (True, False):
        arguments: dict[str, object] = {
            "path": str(path), "container": plain.container, "deep": deep, "budget": limits.wall / 2
        }  # fmt: skip
        try:
            answer = sandbox.run(
                "workers.media.av_describe:describe_media", arguments, limits if deep else _lower(limits)
            )
            return _by_content(_merged(plain, answer, troubles))
        except (SandboxError, ValidationError) as error:
            troubles.append(_trouble(error))
    return replace(plain, warnings=tuple(dict.fromkeys([*troubles, warning("unreadable")])))


def _photo(path: Path, plain: Description, limits: Limits) -> Description:
    try:
        answer = sandbox.run(
            "workers.media.photo_describe:describe_photo",
            {"path": str(path), "container": plain.container},
            limits,
        )
        return _merged(plain, answer, [])
    except (SandboxError, ValidationError) as error:
        return replace(plain, warnings=(_trouble(error), warning("unreadable")))


def _lower(limits: Limits) -> Limits:
    return replace(limits, cpu=min(limits.cpu, _HEADERS_ONLY.cpu), wall=min(limits.wall, _HEADERS_ONLY.wall))


def _trouble(error: SandboxError | ValidationError) -> Remark:
    if isinstance(error, SandboxError) and error.why in ("time", "still", "memory", "output"):
        return warning("parser-ended", error.why)
    return warning("parser-crashed")


def _merged(plain: Description, answer: object, troubles: list[Remark]) -> Description:
    """The signature's facts and the child's answer as one checked description. Raises ValidationError."""
    found = answer if isinstance(answer, dict) else {"answer": answer}
    whole = from_json(to_json(plain) | found)
    return replace(whole, warnings=(*troubles, *whole.warnings))


def _by_content(found: Description) -> Description:
    """MP4 and its kin may hold sound alone; size as shown follows rotation and pixel shape."""
    film = found.video
    if film is None:
        if found.kind == "video" and found.audio is not None:
            mime = {"mp4": "audio/mp4", "mov": "audio/mp4", "3gp": "audio/3gpp", "mkv": "audio/x-matroska",
                    "webm": "audio/webm", "ogg": "audio/ogg", "asf": "audio/x-ms-wma"}.get(found.container, found.mime)  # fmt: skip
            return replace(found, kind="audio", mime=mime)
        return found
    kind = "video" if found.kind == "audio" else found.kind
    if not film.width or not film.height:
        return replace(found, kind=kind)
    width, height = film.width, film.height
    across, _, down = film.pixel_aspect.partition(":")
    if across.isdigit() and down.isdigit() and int(across) and int(down):
        wider = width * int(across) / int(down)
        width = round(wider) if math.isfinite(wider) and 0 < wider < 100_000 else width
    if film.rotation in (90, 270):
        width, height = height, width
    return replace(found, kind=kind, width=width, height=height)


def _named(found: Description, file_name: str, modified: datetime | None, mark: Signature) -> Description:
    name = facts_of_name(file_name)
    times = list(found.start_times)
    if name.time:
        times.append(StartTime("file-name", name.time, "local", file_name.rsplit("/", 1)[-1][:200]))
    if modified is not None:
        stamp = modified.astimezone(UTC).isoformat().replace("+00:00", "Z")
        times.append(StartTime("file-modified", stamp, "utc", modified.isoformat()))
    remarks = list(found.warnings)
    ending = file_name.rsplit(".", 1)[-1].lower() if "." in file_name else ""
    claimed = next((kind for kind, endings in _EXTENSIONS.items() if ending in endings), None)
    if claimed is not None and claimed not in (found.kind, mark.kind) and found.size:
        remarks.append(warning("extension-differs", f".{ending}, but {mark.mime}"))
    return replace(found, name=name, start_times=tuple(times), warnings=tuple(remarks))
