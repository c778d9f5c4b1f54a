"""Renditions against bare FFmpeg with the same settings, in the same run.

    python bench/render.py [--seconds 60] [--rounds 5]

Every round makes each thing both ways, in alternating order, on recordings made for the purpose. Printed are the
medians with their range and the ratio of the medians; processor seconds stand beside wall seconds.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from workers.media import ffmpeg, render, run
from workers.media.boxes import movie_seconds
from workers.media.describe import describe
from workers.media.facts import Description
from workers.media.ffmpeg import Encoding
from workers.media.guard import NICENESS
from workers.media.playable import how_to_show

GOAL = 1.05


@dataclass
class Row:
    """One thing made both ways."""

    name: str
    ours: Callable[[Path], None]
    bare: Callable[[Path], None]
    goal: float | None = None
    wall: dict[str, list[float]] = field(default_factory=lambda: {"ours": [], "bare": []})
    cpu: dict[str, list[float]] = field(default_factory=lambda: {"ours": [], "bare": []})
    memory: dict[str, list[float]] = field(default_factory=lambda: {"ours": [], "bare": []})
    """KiB, of the largest process that was started."""


def measured(row: Row, which: str, scratch: Path) -> None:
    """Once, in a process of its own, whose children have no history: the largest of them is this run's."""
    folder = scratch / f"{which}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    there, here = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            before, began = _cpu(), time.perf_counter()
            (row.ours if which == "ours" else row.bare)(folder)
            wall, cpu = time.perf_counter() - began, _cpu() - before
            memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            os.write(here, f"{wall} {cpu} {memory}".encode())
            status = 0
        except BaseException:  # noqa: BLE001 - told, then the fork ends without running anybody's end
            traceback.print_exc()
        os._exit(status)
    os.close(here)
    _, ended = os.waitpid(child, 0)
    told = os.read(there, 200).decode()
    os.close(there)
    if ended:
        raise SystemExit(f"{row.name}: {which} failed")
    for values, text in zip((row.wall, row.cpu, row.memory), told.split(), strict=True):
        values[which].append(float(text))


def _cpu() -> float:
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        used = resource.getrusage(who)
        total += used.ru_utime + used.ru_stime
    return total


def bare(*arguments: str) -> None:
    # At the same niceness as ours: on a busy machine politeness alone would decide the comparison.
    polite = ["nice", "-n", str(NICENESS), ffmpeg.binary()]
    subprocess.run([*polite, "-hide_banner", "-nostdin", "-y", "-v", "error", *arguments], check=True)


def recordings(folder: Path, seconds: int) -> dict[str, Path]:
    """Noisy moving pictures: harder on the encoder than a quiet street."""
    film = ["-f", "lavfi", "-i", f"testsrc2=size=1920x1080:rate=25:duration={seconds},noise=alls=8:allf=t"]
    sound = ["-f", "lavfi", "-i", f"sine=frequency=300:beep_factor=3:sample_rate=48000:duration={seconds}"]
    h264 = ["-c:v", "libx264", "-preset", "ultrafast", "-b:v", "8M", "-g", "25", "-pix_fmt", "yuv420p"]
    made = {
        "h264.mp4": [*film, *sound, *h264, "-c:a", "aac"],
        "hevc.mp4": [
            *film, *sound, "-c:v", "libx265", "-preset", "ultrafast", "-b:v", "6M", "-x265-params", "log-level=error",
            "-c:a", "aac",
        ],
        "mpeg4.avi": [*film, *sound, "-c:v", "mpeg4", "-b:v", "10M", "-c:a", "pcm_s16le"],
    }  # fmt: skip
    for name, arguments in made.items():
        bare(*arguments, str(folder / name))
    bare("-i", str(folder / "h264.mp4"), "-c", "copy", str(folder / "h264.mkv"))
    return {path.name: path for path in folder.iterdir()}


def player_rows(files: dict[str, Path], encoding: Encoding) -> list[Row]:
    rows = []
    for name in ("h264.mkv", "mpeg4.avi", "hevc.mp4"):
        path, found = files[name], describe(files[name], name)
        showing = how_to_show(found)

        def ours(folder: Path, path: Path = path, found: Description = found, mapped: bool = False) -> None:
            if not mapped:
                render._map = lambda *_: True  # noqa: SLF001 - in this fork alone: bare FFmpeg makes no map
            work = render._Work(path, found, folder, encoding, None)  # noqa: SLF001 - the player's copy alone
            way = ffmpeg.remux if how_to_show(found).how == "remux" else ffmpeg.transcode
            assert render._player(work, how_to_show(found), [way(found, encoding)])  # noqa: SLF001
            assert work.done[0].complete
            assert len(work.done) == 1 + mapped

        size = ffmpeg.fit(found.width or 0, found.height or 0, encoding.long_side, encoding.short_side)
        if showing.how == "remux":
            options = ["-c", "copy", "-movflags", "+faststart"]
        else:
            options = [
                "-threads", str(encoding.threads), "-c:v", "libx264", "-profile:v", "high", "-preset", encoding.preset,
                "-crf", str(encoding.crf), "-g", str(round((found.video.frame_rate or 25) * 2)) if found.video else "50",
                "-vf", f"scale={size[0]}:{size[1]},setsar=1,format=yuv420p", "-c:a", "aac", "-b:a", "64k",
                "-movflags", "+faststart",
            ]  # fmt: skip

        def plain(folder: Path, path: Path = path, options: list[str] = options) -> None:
            threads = ["-threads", str(encoding.threads)]
            bare(*threads, "-i", str(path), *options, str(folder / "player.mp4"))
            assert movie_seconds(folder / "player.mp4")

        def proven(folder: Path, plain: Callable[[Path], None] = plain) -> None:
            plain(folder)
            with (folder / "player.mp4").open("rb") as file:
                assert hashlib.file_digest(file, "sha256").digest()

        if showing.how == "remux":
            # Copying streams takes a tenth of a second, so the digest that every rendition gets is seen.
            rows.append(Row(f"{showing.how} {name}", ours, plain))
            rows.append(Row("  same | and the digest of what it made", ours, proven, GOAL))
            rows.append(
                Row(
                    "  same, and the map of frames | and the digest",
                    lambda f, ours=ours: ours(f, mapped=True),
                    proven,
                )
            )
        else:
            rows.append(Row(f"{showing.how} {name}", ours, plain, GOAL))
    return rows


def small_rows(files: dict[str, Path], seconds: int) -> list[Row]:
    path = files["h264.mp4"]
    found = describe(path, path.name)
    tiles = max(1, min(100, seconds // 2))
    grid = f"fps=1/{seconds / tiles:g},scale=160:-2,tile=10x{-(-tiles // 10)}"

    def pictures(folder: Path) -> None:
        work = render._Work(path, found, folder, Encoding(), None)  # noqa: SLF001
        render._frames(work, how_to_show(found))  # noqa: SLF001
        assert len(work.done) == 4

    def bare_pictures(folder: Path, *first: str) -> None:
        bare(*first, "-i", str(path), "-vf", grid, "-frames:v", "1", str(folder / "sprite.jpg"))
        bare("-ss", "5", "-i", str(path), "-frames:v", "1", str(folder / "poster.jpg"))

    def sound(folder: Path) -> None:
        work = render._Work(path, found, folder, Encoding(), None)  # noqa: SLF001
        render._waveform(work, how_to_show(found))  # noqa: SLF001
        assert len(work.done) == 1

    def bare_sound(folder: Path) -> None:
        bare(
            "-i",
            str(path),
            "-filter_complex",
            "showwavespic=s=1200x120",
            "-frames:v",
            "1",
            str(folder / "wave.png"),
        )

    def bare_samples(folder: Path) -> None:
        resampled = ["-vn", "-af", "aresample=8000", "-ac", "1", "-f", "s16le", "pipe:1"]
        polite = ["nice", "-n", str(NICENESS), ffmpeg.binary(), "-v", "error", "-nostdin"]
        with (folder / "samples.raw").open("wb") as out:
            subprocess.run([*polite, "-i", str(path), *resampled], stdout=out, check=True)

    return [
        Row("poster, thumb, sprite, vtt | fps,scale,tile", pictures, bare_pictures),
        Row("  same | -skip_frame nokey", pictures, lambda f: bare_pictures(f, "-skip_frame", "nokey")),
        Row("waveform peaks | showwavespic", sound, bare_sound),
        Row("  same | aresample to a pipe, no peaks", sound, bare_samples),
    ]


def describe_row(files: dict[str, Path]) -> Row:
    path = files["h264.mp4"]

    def told(_: Path) -> None:
        arguments = [
            "nice",
            "-n",
            str(NICENESS),
            ffmpeg.binary(),
            "-hide_banner",
            "-nostdin",
            "-i",
            str(path),
        ]
        subprocess.run(arguments, capture_output=True, check=False)

    return Row("describe, sandboxed | ffmpeg -i", lambda _: describe(path, path.name) and None, told)


def table(rows: list[Row], rounds: int) -> bool:
    met = True
    print(
        f"\n{'ours | bare FFmpeg':50} {'ours s (min-max)':>22} {'bare s (min-max)':>22} {'ratio':>6}  cpu s         peak MB"
    )
    for row in rows:
        cells, medians = [], {}
        for which in ("ours", "bare"):
            medians[which] = statistics.median(row.wall[which])
            cells.append(f"{medians[which]:.2f} ({min(row.wall[which]):.2f}-{max(row.wall[which]):.2f})")
        ratio = medians["ours"] / medians["bare"]
        cpu = " / ".join(f"{statistics.median(row.cpu[w]):.2f}" for w in ("ours", "bare"))
        peak = " / ".join(f"{max(row.memory[w]) / 1024:.0f}" for w in ("ours", "bare"))
        verdict = "" if row.goal is None else ("  met" if ratio <= row.goal else f"  above {row.goal}")
        met = met and (row.goal is None or ratio <= row.goal)
        print(f"{row.name:50} {cells[0]:>22} {cells[1]:>22} {ratio:6.2f}  {cpu:12} {peak}{verdict}")
    print(
        f"n = {rounds} rounds, order alternating; load at the end {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    )
    return met


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--seconds", type=int, default=60, help="running time of the recordings (default 60)"
    )
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    print(
        f"ffmpeg {ffmpeg.version()}; recordings of {chosen.seconds} s, 1920x1080, 25 frames/s; limits {run.STALL_SECONDS:g} s"
    )
    with tempfile.TemporaryDirectory(prefix="liuhen-bench-") as temporary:
        source, scratch = Path(temporary) / "source", Path(temporary) / "scratch"
        source.mkdir()
        scratch.mkdir()
        files = recordings(source, chosen.seconds)
        rows = [*player_rows(files, Encoding()), *small_rows(files, chosen.seconds), describe_row(files)]
        for number in range(chosen.rounds):
            for row in rows:
                for which in ("ours", "bare") if number % 2 == 0 else ("bare", "ours"):
                    measured(row, which, scratch)
            print(f"round {number + 1} of {chosen.rounds} done", flush=True)
        return 0 if table(rows, chosen.rounds) else 1


if __name__ == "__main__":
    raise SystemExit(main())
