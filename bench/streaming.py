"""Hours-long recordings in a browser, straight from storage: how soon they start, and how soon a jump shows its picture.

A recording of two hours is made by repeating a short one (`-c copy`), with its index in front and at the end, as recorders
write it; Chromium plays it from a presigned address by range requests, muted.

    python -m bench.streaming [--hours 2] [--rounds 7]
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import tempfile
from datetime import timedelta
from pathlib import Path

import imageio_ffmpeg
from playwright.sync_api import sync_playwright

from storage.store import ObjectStore
from tests.services.seaweedfs import running_seaweed

START = """
(url) => new Promise((done, failed) => {
  const film = document.querySelector("video");
  const began = performance.now();
  film.muted = true;
  film.onerror = () => failed(film.error.message);
  film.requestVideoFrameCallback(() => done(performance.now() - began));
  film.src = url;
  film.play().catch(failed);
})
"""
JUMP = """
(to) => new Promise((done, failed) => {
  const film = document.querySelector("video");
  const began = performance.now();
  film.onerror = () => failed(film.error.message);
  film.addEventListener("seeked", () => film.requestVideoFrameCallback(() => done(performance.now() - began)), { once: true });
  film.currentTime = to;
})
"""


def ffmpeg(*arguments: str) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments], check=True)


def make(folder: Path, hours: float) -> dict[str, Path]:
    """720p at 25 frames a second with a key frame every two seconds, AAC, about 1 Mbit/s."""
    minute = folder / "minute.mp4"
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25:d=60", "-f", "lavfi", "-i", "sine=d=60",
        "-c:v", "libx264", "-preset", "veryfast", "-b:v", "900k", "-g", "50", "-pix_fmt", "yuv420p",
        "-c:a", "aac", "-b:a", "64k", str(minute),
    )  # fmt: skip
    made = {"index at the end": folder / "end.mp4", "index in front": folder / "front.mp4"}
    loops = str(round(hours * 60) - 1)
    for name, path in made.items():
        front = ["-movflags", "+faststart"] if "front" in name else []
        ffmpeg("-stream_loop", loops, "-i", str(minute), "-c", "copy", *front, str(path))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args()
    rnd = random.Random(7)
    with (
        tempfile.TemporaryDirectory(prefix="liuhen-bench-") as name,
        running_seaweed() as server,
        sync_playwright() as playwright,
    ):
        store = ObjectStore(server.settings, server.settings.derived_bucket)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for what, path in make(Path(name), chosen.hours).items():
            store.put_file(f"bench/{path.name}", path, content_type="video/mp4")
            starts, jumps = [], []
            for _ in range(chosen.rounds):
                context = browser.new_context()  # nothing is cached from the round before
                page = context.new_page()
                page.set_content("<video width=640></video>")
                address = store.get_address(
                    f"bench/{path.name}", version=None, valid=timedelta(minutes=15), disposition="inline",
                    content_type="video/mp4",
                )  # fmt: skip
                starts.append(page.evaluate(START, address.url))
                jumps += [page.evaluate(JUMP, rnd.uniform(60, chosen.hours * 3600 - 60)) for _ in range(5)]
                context.close()
            print(
                f"{chosen.hours:g} h, {path.stat().st_size / 1e6:.0f} MB, {what}: first picture after "
                f"{statistics.median(starts):.0f} ms ({min(starts):.0f}-{max(starts):.0f}, n={len(starts)}); picture after a jump "
                f"{statistics.median(jumps):.0f} ms ({min(jumps):.0f}-{max(jumps):.0f}, n={len(jumps)}); "
                f"load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
        browser.close()
        store.close()


if __name__ == "__main__":
    main()
