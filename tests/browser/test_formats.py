"""The table of formats: each pairing of container and coding is written, read, made playable and looked at in Chromium.

Time must go on, the picture must be the original's (SSIM of a frame drawn from the element), sound must be decoded.
The whole table is printed as Markdown; `docs/maintainers/formats.md` holds it.
"""

from __future__ import annotations

import base64
import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser import matrix
from tests.browser.matrix import CannotBeWritten, Pairing
from tests.browser.serving import Shelf, shelf
from tests.browser.test_shared_media import RECORDINGS
from workers.media.analyse import analyse
from workers.media.describe import describe
from workers.media.facts import Description
from workers.media.ffmpeg import binary
from workers.media.playable import how_to_show
from workers.media.render import render

ALIKE = 0.9
"""SSIM that a picture must reach; a copy encoded anew at our settings reaches 0.95 and more."""
ALIKE_BY = "[0]format=yuv420p[a];[1]format=yuv420p[b];[a][b]ssim"
"""Compared as recordings hold it, with a quarter of the colour: browsers and decoders bring colour back differently."""
AT = 1.02
"""Seconds at which the picture is compared: in the middle of a frame."""
NOT_READ: dict[str, str] = {
    r"m?ts-mjpeg.*|m?ts-.*-(pcm_.*|amr_nb)": "FFmpeg writes this coding into a transport stream as private data without a name",
    r"avi-.*-amr_nb": "FFmpeg writes AMR into AVI without usable times",
    r"wav-aac": "FFmpeg writes AAC into WAV without the lengths of its frames",
}
"""Pairings that can be written and not read again whole, and why: no recorder's files are like that."""
SHOW = """
async ([kind, url, at]) => {
  const place = document.querySelector("#place");
  place.replaceChildren();
  const thing = document.createElement(kind);
  place.append(thing);
  const until = (name) => new Promise((done, fail) => {
    thing.addEventListener(name, done, { once: true });
    thing.addEventListener("error", () => fail(new Error(thing.error?.message ?? "does not load")), { once: true });
  });
  // On a busy machine "seeked" comes while the picture of before still stands: wait until the one that was asked for is
  // put on the screen. Where it already stands no further one comes: two seconds after "seeked" it is drawn as it is.
  const show = (film, second) => new Promise((done) => {
    const look = (_now, { mediaTime }) => {
      if (Math.abs(mediaTime - second) < 0.1) done();
      else film.requestVideoFrameCallback(look);
    };
    film.requestVideoFrameCallback(look);
    film.addEventListener("seeked", () => setTimeout(done, 2000), { once: true });
    film.currentTime = second;
  });
  thing.src = url;
  if (kind === "img") {
    await thing.decode();
  } else {
    await until("loadeddata");
    thing.muted = true;
    const begun = thing.currentTime;
    const pause = () => new Promise((go) => setTimeout(go, 20));
    thing.play().catch(() => {});
    for (let n = 0; n < 1500 && thing.currentTime < begun + 0.3 && !thing.ended; n += 1) await pause();
    thing.pause();
  }
  const answer = {
    time: thing.currentTime ?? 0, duration: thing.duration ?? 0, sound: thing.webkitAudioDecodedByteCount ?? 0,
    width: thing.videoWidth ?? thing.naturalWidth ?? 0, height: thing.videoHeight ?? thing.naturalHeight ?? 0,
    picture: "",
  };
  if (answer.width) {
    if (kind === "video") await show(thing, at);
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [answer.width, answer.height];
    canvas.getContext("2d").drawImage(thing, 0, 0);
    answer.picture = canvas.toDataURL("image/png");
  }
  return answer;
}
"""


@dataclass(slots=True)
class Table:
    """The rows, printed at the end."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    unwritten: dict[str, list[str]] = field(default_factory=dict)
    real: list[tuple[str, ...]] = field(default_factory=list)
    """Recordings of real cameras, where a folder of them lies beside the repository."""

    def __str__(self) -> str:
        head = ("container", "picture", "sound", "what was read", "how it is shown", "in Chromium")
        lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        lines += ["| " + " | ".join(row) + " |" for row in self.rows]
        lines += [
            f"\nCannot be written here ({why}): {', '.join(names)}" for why, names in self.unwritten.items()
        ]
        if self.real:
            lines += ["\n| file of a camera | " + " | ".join(head[1:]) + " |", "|" + "---|" * len(head)]
            lines += ["| " + " | ".join(row) + " |" for row in self.real]
        return "\n".join(lines)


@pytest.fixture(scope="module")
def table(pytestconfig: pytest.Config) -> Iterator[Table]:
    found = Table()
    yield found
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\n\n{found}\n")


@pytest.fixture(scope="module")
def served() -> Iterator[Shelf]:
    with shelf() as opened:
        yield opened


@pytest.fixture
def page(chromium: Browser, served: Shelf) -> Iterator[Page]:
    opened = chromium.new_page()
    opened.set_default_timeout(60_000)
    opened.goto(served.url)
    opened.locator("h1").click()  # a gesture, so that sound may play
    yield opened
    opened.close()


@pytest.mark.parametrize("pairing", matrix.REPRESENTATIVE, ids=lambda pairing: pairing.name)
def test_representative_pairings(
    pairing: Pairing, table: Table, served: Shelf, page: Page, tmp_path: Path
) -> None:
    table.rows.append(look(pairing, matrix.write(pairing, tmp_path), served, page))


@pytest.mark.slow
@pytest.mark.parametrize("container", [*matrix.FILMS, "sound", "photos"])
def test_every_pairing(container: str, table: Table, served: Shelf, page: Page, tmp_path: Path) -> None:
    if container in matrix.FILMS:
        pairings = matrix.all_films(container)
    else:
        pairings = (
            matrix.all_sounds() if container == "sound" else [Pairing(p, "", "") for p in matrix.PHOTOS]
        )
    wrong = []
    for pairing in pairings:
        try:
            path = matrix.write(pairing, tmp_path)
        except CannotBeWritten as error:
            table.unwritten.setdefault(str(error), []).append(pairing.name)
            continue
        try:
            table.rows.append(look(pairing, path, served, page))
        except AssertionError as error:
            wrong.append(f"{pairing.name}: {str(error).splitlines()[0]}")
    assert wrong == []


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.name)
def test_recordings_of_real_cameras(
    recording: Path, table: Table, served: Shelf, page: Page, tmp_path: Path
) -> None:
    path = tmp_path / recording.name
    shutil.copyfile(recording, path)
    found = describe(path, path.name)
    shown, mime, how = showing(path, found)
    served.path, served.mime = shown, mime
    kind = "img" if found.kind == "photo" else "video" if found.video else "audio"
    at = min(AT, (found.seconds or 0) / 2)
    answer = page.evaluate(SHOW, [kind, f"{served.url}/file/{path.name}", at])
    told, read = [], found.container
    if found.seconds is not None:
        measured = analyse(path, found)
        assert measured is not None
        read += f", {found.seconds:.2f} s, decoded {measured.seconds:.2f} s"
    if kind != "img":
        assert answer["time"] > 0, "time stands still"
        told.append("plays")
    if kind != "audio":
        read += f", {found.width}×{found.height}"
        ssim = likeness_of_real(path, found, answer, at)
        assert ssim >= ALIKE, f"the picture is not the original's: SSIM {ssim:.3f}"
        told.append(f"SSIM {ssim:.3f}")
    if found.audio is not None:
        assert answer["sound"] > 0, "no sound is decoded"
        told.append("sound")
    codings = (found.video.codec if found.video else "—", found.audio.codec if found.audio else "—")
    table.real.append((recording.name, *codings, read, how, ", ".join(told)))


def look(pairing: Pairing, path: Path, served: Shelf, page: Page) -> tuple[str, ...]:
    """Read it, make it playable, play it; answer its row. Fails where anything is not right."""
    found = describe(path, path.name)
    why = unread(pairing)
    if why:
        return (*columns(pairing), f"{found.container}, not all of it", "—", f"left out: {why}")
    assert [w.code for w in found.warnings] == []
    film, sound = found.video, found.audio
    assert ((film.codec if film else ""), (sound.codec if sound else "")) == (pairing.video, pairing.audio)
    read = found.container
    if found.seconds is not None:
        assert found.seconds == pytest.approx(matrix.SECONDS, abs=0.3)
        measured = analyse(path, found)
        assert measured is not None
        assert measured.fault_count == 0
        assert measured.seconds == pytest.approx(matrix.SECONDS, abs=0.3)
        read += f", {found.seconds:.2f} s, decoded {measured.seconds:.2f} s"
    if found.width:
        read += f", {found.width}×{found.height}"
        assert (found.width, found.height) == matrix.SIZE
    shown, mime, how = showing(path, found)
    served.path, served.mime = shown, mime
    kind = "img" if found.kind == "photo" else "video" if film else "audio"
    answer = page.evaluate(SHOW, [kind, f"{served.url}/file/{path.name}", AT])
    told = []
    if kind != "img":
        assert answer["time"] > 0, "time stands still"
        assert answer["duration"] == pytest.approx(matrix.SECONDS, abs=0.3)
        told.append("plays")
    if kind != "audio":
        assert (answer["width"], answer["height"]) == matrix.SIZE
        ssim = likeness(path, found, answer["picture"])
        assert ssim >= ALIKE, f"the picture is not the original's: SSIM {ssim:.3f}"
        told.append(f"SSIM {ssim:.3f}")
    if sound is not None:
        assert answer["sound"] > 0, "no sound is decoded"
        told.append("sound")
    return (*columns(pairing), read, how, ", ".join(told))


def columns(pairing: Pairing) -> tuple[str, str, str]:
    return pairing.container, pairing.video or "—", pairing.audio or "—"


def unread(pairing: Pairing) -> str:
    """Why a pairing cannot be read again; "" where it can."""
    return next((why for form, why in NOT_READ.items() if re.fullmatch(form, pairing.name)), "")


def showing(path: Path, found: Description) -> tuple[Path, str, str]:
    """What the browser is given, as which type, and by what way."""
    way = how_to_show(found)
    assert way.how != "none", way.reason
    assert not way.partial
    if way.how == "original":
        return path, way.mime, way.how
    scratch = path.with_suffix(".scratch")
    scratch.mkdir()
    made = render(path, found, scratch)
    assert made.failures == ()
    wanted = "preview" if found.kind == "photo" else "player"
    (one,) = (r for r in made.renditions if r.kind == wanted)
    assert one.complete
    return one.path, one.content_type, way.how


def likeness(path: Path, found: Description, drawn: str) -> float:
    """SSIM of what the browser drew and the original's picture there; the first frame at hand that is alike.

    Copying into another container may move the first frame by one.
    """
    picture = path.with_suffix(".drawn.png")
    with Image.open(io.BytesIO(base64.b64decode(drawn.partition(",")[2]))) as image:
        image.convert("RGB").save(picture)
    best = 0.0
    for number, image in enumerate(_around(path, found)):
        other = path.with_suffix(f".{number}.png")
        image.save(other)
        best = max(best, _ssim(picture, other))
        if best >= ALIKE:
            break
    return best


def likeness_of_real(path: Path, found: Description, answer: dict[str, Any], at: float) -> float:
    """SSIM of what the browser drew and FFmpeg's picture of the original: upright, whole, in the size drawn."""
    drawn = path.with_suffix(".drawn.png")
    drawn.write_bytes(base64.b64decode(answer["picture"].partition(",")[2]))
    if found.kind == "photo":
        places = [0.0]
    else:
        assert found.video is not None
        frame = 1 / (found.video.frame_rate or 25)
        places = [max(0.0, at + number * frame) for number in (0, -1, 1, -2, 2)]
    best = 0.0
    for number, place in enumerate(places):
        other = path.with_suffix(f".{number}.png")
        deinterlaced = "bwdif=mode=send_frame," if found.video and found.video.interlaced else ""
        size = f"scale={answer['width']}:{answer['height']}"
        command = [binary(), "-nostdin", "-y", "-v", "error", "-i", str(path), "-ss", f"{place:.3f}"]
        subprocess.run(
            [*command, "-frames:v", "1", "-vf", f"{deinterlaced}{size}", "-update", "1", str(other)],
            check=True,
            timeout=60,
        )
        if other.exists():
            best = max(best, _ssim(drawn, other))
        if best >= ALIKE:
            break
    return best


def _around(path: Path, found: Description) -> list[Image.Image]:
    """The original's pictures at `AT` and beside it, decoded by PyAV; a photo's source."""
    if found.kind == "photo":
        with Image.open(path.with_name("picture.png")) as image:
            return [image.convert("RGB")]
    with av.open(str(path)) as source:
        frames = [frame.to_image() for frame in source.decode(video=0)]
    place = int(AT * 25)
    return [frames[place], frames[place - 1], frames[place + 1]]


def _ssim(one: Path, other: Path) -> float:
    done = subprocess.run(
        [
            binary(),
            "-nostdin",
            "-hide_banner",
            "-i",
            str(one),
            "-i",
            str(other),
            "-lavfi",
            ALIKE_BY,
            "-f",
            "null",
            "-",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found = re.search(r"SSIM .*All:([\d.]+)", done.stderr)
    assert found is not None, done.stderr[-500:]
    return float(found[1])
