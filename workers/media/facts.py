"""What is known of a file by reading it: plain frozen dataclasses, JSON-able, no imports that cost start-up time.

Everything stands here *as found*. Two clocks that differ stand side by side; nothing is corrected or preferred.
`to_json` and `from_json` live in `describe`, where pydantic checks what the sandboxed child answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["video", "audio", "photo", "document", "unknown"]
"""What a file is by its content: 视频, 录音, 照片, 文书, 未识别."""

DurationSource = Literal["header", "counted", "none"]
"""`header`: the file says so and nothing contradicts it. `counted`: from the packets that are really there."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Kind of a file by its first bytes, whatever its name says."""

    kind: Kind
    mime: str
    """Such as `video/mp4`; `application/octet-stream` when nothing is recognised."""
    container: str
    """Short name: mp4, mov, 3gp, mkv, webm, avi, mpegts, mpegps, flv, asf, wav, mp3, aac, amr, flac, ogg, jpeg, png, heic, tiff, pdf, …; "" when unknown."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One track. What does not apply is None."""

    index: int
    kind: Literal["video", "audio", "subtitle", "data", "attachment"]
    codec: str
    """FFmpeg's name of the coding, not of a decoder (h264, hevc, aac, amr_nb, pcm_s16le, …); "" when unknown."""
    tag: str = ""
    """The container's own name for it, printable characters only."""
    profile: str = ""
    language: str = ""
    title: str = ""
    seconds: float | None = None
    bit_rate: int | None = None
    """Bits per second, as stated by the header."""
    width: int | None = None
    """Pixels as coded, before rotation."""
    height: int | None = None
    rotation: int = 0
    """Degrees clockwise the picture must be turned to stand upright: 0, 90, 180 or 270."""
    frame_rate: float | None = None
    """Frames per second, average."""
    pixel_format: str = ""
    bit_depth: int | None = None
    interlaced: bool | None = None
    """True when the first frames or the header say fields; None when not looked at."""
    pixel_aspect: str = ""
    """Such as `4:3`; "" when square or unstated."""
    sample_rate: int | None = None
    """Hertz."""
    channels: int | None = None
    cover: bool = False
    """A still picture attached to a sound file, not a film."""


@dataclass(frozen=True, slots=True)
class StartTime:
    """One statement about when recording began, as found."""

    origin: str
    """container-utc, container-date, stream-utc, quicktime-creationdate, riff-date, exif-original, exif-digitized, exif-modified, exif-gps, gpmf, nmea, file-name, file-modified."""
    value: str
    """ISO 8601: with `Z` or an offset when the statement carries one, without when it is the device's local time. `datetime.fromisoformat` reads it."""
    zone: Literal["utc", "offset", "local"]
    raw: str
    """The words as they stand in the file, sanitised."""


@dataclass(frozen=True, slots=True)
class Place:
    """One statement about where it was recorded, WGS 84 degrees."""

    origin: str
    """iso6709, exif-gps, gpmf, nmea."""
    latitude: float
    longitude: float
    altitude: float | None = None
    """Metres above sea level."""
    accuracy: float | None = None
    """Horizontal error in metres, when stated."""
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """What the file says made it; "" where it says nothing."""

    make: str = ""
    model: str = ""
    firmware: str = ""
    serial: str = ""
    software: str = ""
    """Programme that wrote or last changed the file: an edited file often says so here."""
    make_source: str = ""
    """What `make` is concluded from, where no field states it: track-name, software. "": stated."""


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What the file's name says, by the naming schemes of body cameras; "" where it says nothing."""

    device_number: str = ""
    officer_number: str = ""
    officer_name: str = ""
    time: str = ""
    """ISO 8601 local time, no zone."""
    sequence: str = ""
    important: bool = False
    """The officer pressed the mark button (重点文件 IMP)."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a reader should know. `code` is stable and for programs, `text` is English for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Description:
    """Everything `describe` found. A damaged file has one too: with what could be read, and warnings."""

    kind: Kind
    mime: str
    container: str
    size: int
    """Bytes."""
    streams: tuple[Stream, ...] = ()
    seconds: float | None = None
    seconds_source: DurationSource = "none"
    header_seconds: float | None = None
    """What the header claims, kept when it was contradicted."""
    width: int | None = None
    """Pixels as shown: upright, for photo and video."""
    height: int | None = None
    orientation: int = 0
    """Photo: degrees clockwise to turn it upright (EXIF Orientation, mirroring left out)."""
    start_times: tuple[StartTime, ...] = ()
    places: tuple[Place, ...] = ()
    device: Device = Device()
    name: NameFacts = NameFacts()
    index_at_end: bool = False
    """MP4/MOV: the index (moov) stands after the media; plays by range requests all the same."""
    tags: dict[str, str] = field(default_factory=dict)
    """All tags as found: at most 200 of at most 500 characters, control characters replaced."""
    warnings: tuple[Remark, ...] = ()
    tool: str = ""
    """What read it, such as `PyAV 18.1.0 (libavformat 62.12.102)`."""

    @property
    def video(self) -> Stream | None:
        """The main moving picture, if there is one."""
        films = [s for s in self.streams if s.kind == "video" and not s.cover]
        return max(films, key=lambda s: (s.width or 0) * (s.height or 0), default=None)

    @property
    def audio(self) -> Stream | None:
        """The first sound track, if there is one."""
        return next((s for s in self.streams if s.kind == "audio"), None)

    @property
    def damaged(self) -> bool:
        """Whether something is wrong with the file itself (not merely absent or unusual)."""
        return any(w.code in DAMAGE for w in self.warnings)


WARNINGS: dict[str, str] = {
    "empty": "the file has no bytes",
    "unknown-kind": "the content is of no kind known here",
    "unreadable": "nothing could be read beyond the file's signature",
    "no-index": "the index (moov) is missing, as after a flat battery: the media is there but not described",
    "truncated": "the file ends early; what comes before the cut can be read",
    "duration-differs": "the header states another duration than the packets that are there",
    "duration-unchecked": "the file is too large to count its packets in the time given; duration is the header's",
    "no-key-frame": "no complete picture was found to start from",
    "undecodable": "a stream is listed but its first picture could not be decoded",
    "corrupt-exif": "the photo's EXIF data is broken; what could be read is shown",
    "corrupt-tags": "some tags could not be read",
    "extension-differs": "the name's ending says another kind than the content",
    "parser-ended": "the reader went beyond its limits of time or memory and was ended",
    "parser-crashed": "the reader crashed on this file",
    "encrypted": "the content is encrypted",
    "damaged-inside": "a stretch inside the file cannot be read",
}
"""Every warning code and what it says; codes never change meaning."""

DAMAGE = frozenset(
    {
        "empty",
        "unreadable",
        "no-index",
        "truncated",
        "no-key-frame",
        "undecodable",
        "damaged-inside",
        "corrupt-exif",
        "parser-ended",
        "parser-crashed",
    }
)


def warning(code: str, detail: str = "") -> Remark:
    """The warning of that code; `detail` is added to the sentence."""
    text = WARNINGS[code]
    return Remark(code, f"{text} ({detail})" if detail else text)
