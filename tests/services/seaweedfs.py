"""A real SeaweedFS, hardened as in the product, on free ports and in a temporary folder.

`seaweed` (session): one for all tests that only use the storage, as `StorageSettings`; use keys of your own.
`seaweed_server` (session): the same, with its plan and process, not to be killed.
`own_seaweed` (function): one of your own, to kill, restart and misuse.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from storage.buckets import make_buckets
from storage.errors import StorageError
from storage.health import wait_ready
from storage.seaweedfs.access import keep_access_key
from storage.seaweedfs.command import STOP_SECONDS, guessable_sockets, weed_command, weed_environment
from storage.seaweedfs.plan import WeedPlan, WeedPorts
from storage.seaweedfs.prepare import prepare
from storage.seaweedfs.shell import keep_fsync
from storage.settings import KeyRole, StorageSettings

BUCKETS = ("evidence_bucket", "derived_bucket", "canary_bucket")
ROLES: tuple[KeyRole, ...] = ("everyday", "disposal", "setup")


class SeaweedServer:
    """Starts, kills and restarts one SeaweedFS on the same data."""

    def __init__(self, folder: Path, *, hardened: bool = True) -> None:
        self.folder = folder
        self.plan = WeedPlan(folder / "storage", WeedPorts.free(), hardened=hardened)
        self.key_files = {role: folder / f"{role}.json" for role in ROLES}
        self.settings = StorageSettings(
            endpoint_url=self.plan.endpoint_url,
            everyday_key_file=self.key_files["everyday"],
            disposal_key_file=self.key_files["disposal"],
            setup_key_file=self.key_files["setup"],
        )
        self.log = folder / "weed.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._ready_before = False
        self.bucket_tail = ""
        """`*`: the keys hold for every bucket whose name begins as the usual ones do."""

    def listen(self, address: str, certificate: Path, key: Path) -> None:
        """Before the first start: S3 over TLS on `address` too."""
        self.plan = replace(self.plan, listen=address, tls_certificate=certificate, tls_key=key)
        self.settings = self.settings.model_copy(
            update={
                "endpoint_url": self.plan.endpoint_url,
                "public_url": f"https://{address}:{self.plan.ports.s3}",
                "ca_bundle": certificate,
            }
        )

    def start(self) -> None:
        """Start it and wait until a canary can be written and read back; the first time, make the buckets."""
        if not self._ready_before:
            keys = {role: keep_access_key(path, role) for role, path in self.key_files.items()}
            granted = self.settings.model_copy(
                update={name: getattr(self.settings, name) + self.bucket_tail for name in BUCKETS}
            )
            prepare(self.plan, granted, keys, datetime.now(UTC))
        leash = shutil.which("setpriv")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *([leash, "--pdeathsig", "KILL", "--"] if leash else []),
                    *weed_command(self.plan),
                    # Each bucket has volumes of its own: for many small ones, many small volumes.
                    *(["-master.volumeSizeLimitMB=64"] if self.bucket_tail else []),
                ],
                env={
                    **weed_environment(self.plan),
                    **({"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"} if self.bucket_tail else {}),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                **(
                    {"user": self.plan.user, "group": self.plan.user, "extra_groups": []}
                    if self.plan.user
                    else {}
                ),
            )
        try:
            if not self._ready_before:
                make_buckets(self.settings, web_origins=["https://liuhen.test"])
                keep_fsync(self.plan)
            wait_ready(self.settings)
        except StorageError as error:
            self.kill()
            raise RuntimeError(f"{error}\n{self.log.read_text(errors='replace')[-4000:]}") from error
        self._ready_before = True

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def kill(self) -> None:
        """As a power cut to the process: kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
        for path in guessable_sockets(self.plan):
            path.unlink(missing_ok=True)

    def stop(self) -> None:
        """As the product stops it."""
        if self.process is not None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
        self.kill()

    def restart(self) -> None:
        """Kill -9 and start again on the same data and ports."""
        self.kill()
        deadline = time.monotonic() + 10
        while self._ports_busy() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.start()

    def _ports_busy(self) -> bool:
        ours = set(self.plan.ports.named().values())
        return any(
            c.status == psutil.CONN_LISTEN and c.laddr.port in ours for c in psutil.net_connections("tcp")
        )


@contextlib.contextmanager
def running_seaweed(
    *, hardened: bool = True, bucket_tail: str = "", **plan_changes: object
) -> Iterator[SeaweedServer]:
    """A started server in a folder of its own, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="liuhen-seaweed-"))
    server = SeaweedServer(folder, hardened=hardened)
    server.bucket_tail = bucket_tail
    if plan_changes:
        server.plan = replace(server.plan, **plan_changes)  # type: ignore[arg-type]
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def seaweed_server() -> Iterator[SeaweedServer]:
    with running_seaweed() as server:
        yield server


@pytest.fixture(scope="session")
def seaweed(seaweed_server: SeaweedServer) -> StorageSettings:
    return seaweed_server.settings


@pytest.fixture
def own_seaweed() -> Iterator[SeaweedServer]:
    with running_seaweed() as server:
        yield server
