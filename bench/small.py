"""Many small files: photos through verify, describe and render, against the obvious loop without any of our care.

The loop reads each photo from the same storage, takes both digests, its EXIF and two small pictures with Pillow, and puts
those into storage: one process, no sandbox, no lock read back, no signature, no custody entry, no catalog. Ours runs the stages
as a worker does, in one process as well. Alternating, in one run.

    python -m bench.small [--photos 500] [--rounds 3]
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import resource
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import urllib3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from PIL import Image, ImageOps
from pydantic import SecretStr

from catalog.database import migrate
from catalog.intake.sealed import Sealer
from catalog.models import Clip
from catalog.settings import CatalogSettings
from catalog.stages import Due
from tests.catalog.intake_desk import Intake
from tests.services.seaweedfs import running_seaweed
from workers.runtime import Runtime
from workers.settings import WorkerSettings
from workers.stages.run import run_stage


def photo(number: int) -> bytes:
    """Twelve megapixels as a phone takes them, each different."""
    picture = Image.effect_noise((400, 300), 60).resize((4000, 3000), Image.Resampling.BICUBIC).convert("RGB")
    exif = Image.Exif()
    exif[0x0110], exif[0x0132] = f"phone {number}", "2026:11:16 09:41:00"
    body = io.BytesIO()
    picture.save(body, "JPEG", quality=80, exif=exif)
    return body.getvalue()


def runtime_in(folder: Path, storage: object) -> Runtime:
    key, secret = folder / "key.pem", folder / "metadata-key"
    key.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    secret.write_text("07" * 32)
    url = f"sqlite:///{folder / 'catalog.sqlite3'}"
    migrate(url)
    catalog = CatalogSettings(database_url=url, receipt_key_file=key, metadata_key_file=secret)
    return Runtime(
        WorkerSettings(
            broker_url=SecretStr("redis://unused"),
            catalog=catalog,
            storage=storage,  # type: ignore[arg-type]
            scratch_folder=folder / "scratch",
        )
    )


def ours(runtime: Runtime, clips: list[UUID]) -> int:
    done = 0
    for clip in clips:
        due = [Due(clip, "verify"), Due(clip, "describe")]
        while due:
            one = due.pop(0)
            due += run_stage(runtime, one.clip, one.stage)
            done += 1
    return done


def theirs(runtime: Runtime, clips: list[UUID]) -> None:
    for clip in clips:
        with runtime.database.read() as session:
            copy = session.get_one(Clip, clip).copies[0]
        body = b"".join(runtime.evidence.read(copy.key, copy.version))
        for name in ("sha256", "sm3"):
            hashlib.new(name, body).hexdigest()
        with Image.open(io.BytesIO(body)) as picture:
            picture.getexif()
            picture.draft("RGB", (1600, 1600))
            upright = ImageOps.exif_transpose(picture)
            for side in (1600, 400):
                upright.thumbnail((side, side))
                out = io.BytesIO()
                upright.save(out, "JPEG", quality=85)
                runtime.derived.put(f"bench/{clip}/{side}", out.getvalue(), content_type="image/jpeg")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="liuhen-bench-") as name, running_seaweed() as server:
        runtime = runtime_in(Path(name), server.settings)
        http = urllib3.PoolManager()
        sealer = Sealer.load(runtime.settings.catalog.metadata_key_file)
        intake = Intake(runtime.database, runtime.evidence, http, (sealer, runtime.signer), datetime.now(UTC))
        each = max(1, chosen.photos // chosen.rounds)
        times: dict[str, list[float]] = {"ours": [], "loop": []}
        stages = 0
        for number in range(chosen.rounds):
            clips = [
                intake.take(photo(number * each + n), path=b"DCIM/%d.JPG" % (number * each + n)).clip
                for n in range(each)
            ]
            for which in ("ours", "loop") if number % 2 == 0 else ("loop", "ours"):
                began = time.perf_counter()
                if which == "ours":
                    stages = ours(runtime, clips)
                else:
                    theirs(runtime, clips)
                times[which].append(time.perf_counter() - began)
            print(f"round {number + 1} of {chosen.rounds} done", flush=True)
        http.clear()
        runtime.database.close()
    mine, loop = (statistics.median(times[w]) / each for w in ("ours", "loop"))
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"{each} photos a round, n={chosen.rounds}; one process; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n"
        f"ours: {mine * 1000:.0f} ms a photo, {stages / each / mine:.1f} stages/s; bare loop: {loop * 1000:.0f} ms a photo; "
        f"ratio {mine / loop:.1f}\npeak of the worker {own:.0f} MB, of the largest child {child:.0f} MB (the storage among them)"
    )


if __name__ == "__main__":
    main()
