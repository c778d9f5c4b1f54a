"""From plugging in to playing: a 60 s clip is docked; how long until a browser can play it?

The clock runs from the start of `liuhen dock` until the catalog says how the clip is shown and the first 64 KiB come
from the address the player would be given. H.264 plays as it is; H.265 waits for its playable copy.

    python -m bench.playable [--rounds 5]
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import imageio_ffmpeg
import urllib3

from bench.dock import System
from storage.store import ObjectStore

SOURCES = {"H.264/AAC 720p": "libx264", "H.265/AAC 720p": "libx265"}


def make_clip(path: Path, codec: str) -> None:
    """60 s of moving picture with sound, as a recorder writes it."""
    subprocess.run(
        [
            imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y",
            "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25:d=60", "-f", "lavfi", "-i", "sine=d=60",
            "-c:v", codec, "-preset", "ultrafast", "-b:v", "4M", "-pix_fmt", "yuv420p", "-c:a", "aac", str(path),
        ],
        check=True,
    )  # fmt: skip


def fresh_copy(source: Path, target: Path) -> None:
    """The same recording with other bytes, so that it is not held already."""
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [
            imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(source),
            "-c", "copy", "-metadata", f"comment={uuid.uuid4()}", str(target),
        ],
        check=True,
    )  # fmt: skip


def seconds_to_playable(system: System, card: Path, *, rendition: bool) -> float:
    """Dock one clip and wait until its bytes come as the player would get them."""
    settings = system.settings
    path = settings.catalog.database_url.removeprefix("sqlite:///")
    name = next(p for p in card.rglob("*") if p.is_file()).name
    started = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "liuhen", "dock", str(card), "--json", "--data", str(system.data)],
        stdout=subprocess.DEVNULL,
    ):
        while True:
            with closing(sqlite3.connect(path, timeout=30)) as connection:
                statement = (
                    "SELECT r.bucket, r.key, NULL FROM renditions r JOIN clips c ON c.id = r.clip_id"
                    " WHERE c.name = ? AND r.kind = 'player'"
                    if rendition
                    else "SELECT p.bucket, p.key, p.version FROM copies p JOIN clips c ON c.id = p.clip_id"
                    " WHERE c.name = ? AND c.shown_as = 'original'"
                )
                row = connection.execute(statement, (name,)).fetchone()
            if row is not None:
                break
            time.sleep(0.02)
        store = ObjectStore(settings.storage, row[0])
        address = store.get_address(
            row[1], version=row[2], valid=timedelta(minutes=5), disposition="inline", content_type="video/mp4"
        )
        answer = urllib3.request("GET", address.url, headers={"Range": "bytes=0-65535"})
        assert answer.status == 206
        done = time.monotonic() - started
        store.close()
    return done


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="liuhen-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        system = System(folder)
        try:
            for what, codec in SOURCES.items():
                source = folder / f"{codec}.mp4"
                make_clip(source, codec)
                times = []
                for n in range(rounds):
                    card = folder / f"card-{codec}-{n}"
                    fresh_copy(source, card / "DCIM" / f"{codec}_{n}.MP4")
                    system.settle()
                    times.append(seconds_to_playable(system, card, rendition=codec == "libx265"))
                print(
                    f"60 s of {what}, {source.stat().st_size / 1e6:.0f} MB: playable after {statistics.median(times):.1f} s "
                    f"({min(times):.1f}-{max(times):.1f}), n={rounds}, counted from the start of `liuhen dock`"
                )
        finally:
            system.stop()


if __name__ == "__main__":
    main()
