"""The command line of weed, and its environment.

`weed server`, not `weed mini`: mini binds all its parts to one address, opens an administrator's port that cannot
be switched off, and runs a maintenance worker that carries out lifecycle rules. `server` has none of these and
knows `-s3.ip.bind`.
"""

from __future__ import annotations

import os
from pathlib import Path

from storage.seaweedfs.plan import WeedPlan

STOP_SECONDS = 2.0
"""After SIGTERM weed stops taking requests at once, but waits 15 s for its own streams; then it may be killed.

Nothing is lost by it: objects are flushed before they are acknowledged.
"""


def weed_command(plan: WeedPlan) -> list[str]:
    """Answer the arguments that start the storage. Nothing is left to weed's defaults that opens a door."""
    ports = plan.ports
    arguments = [
        str(plan.binary),
        "-logtostderr=true",
        f"-config_dir={plan.conf if plan.hardened else plan.run}",
        "server",
        f"-dir={plan.blobs}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-s3.ip.bind={plan.listen}",
        f"-master.port={ports.master}",
        f"-master.port.grpc={ports.master_grpc}",
        f"-volume.port={ports.volume}",
        f"-volume.port.grpc={ports.volume_grpc}",
        f"-volume.port.public={ports.volume}",
        f"-filer.port={ports.filer}",
        f"-filer.port.grpc={ports.filer_grpc}",
        f"-s3.port={ports.s3}",
        f"-s3.port.grpc={ports.s3_grpc}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-metricsPort=0",
        "-filer=true",
        "-s3=true",
        "-iam=false",
        "-s3.iam=false",
        "-webdav=false",
        "-sftp=false",
        "-mq.broker=false",
        "-mq.agent=false",
        "-master.telemetry=false",
        f"-disableHttp={_flag(plan.hardened)}",
        f"-filer.disableHttp={_flag(plan.hardened)}",
        f"-s3.config={plan.conf / 's3.json'}",
        "-s3.autoCreateBucket=false",
        "-s3.allowDeleteBucketNotEmpty=false",
        f"-filer.localSocket={plan.run / 'filer.sock'}",
        f"-s3.localSocket={plan.run / 's3.sock'}",
        # Small volumes: room is taken step by step, and a bucket needs few of them to begin with.
        "-master.volumeSizeLimitMB=1024",
        "-volume.max=0",
        "-volume.preStopSeconds=0",
        # Alone, the master elects itself. Later than the volume server first asks would cost that one 5 s of waiting.
        "-master.electionTimeout=300ms",
    ]
    if plan.tls_certificate is not None and plan.tls_key is not None:
        arguments += [f"-s3.cert.file={plan.tls_certificate}", f"-s3.key.file={plan.tls_key}"]
    return arguments


def weed_environment(plan: WeedPlan) -> dict[str, str]:
    """Answer weed's whole environment: nothing of ours that it need not know."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(plan.run),
        "TMPDIR": str(plan.run),
        "LANG": "C.UTF-8",
        # Half the usual memory for the same speed (measured: 709 → 495 MB while writing).
        "GOGC": "50",
        "WEED_MASTER_VOLUME_GROWTH_COPY_1": "2",
    }


def guessable_sockets(plan: WeedPlan) -> list[Path]:
    """Sockets whose place weed does not let us choose. Connecting needs its own user and its certificate."""
    ports = plan.ports.named()
    return [
        Path(f"/tmp/seaweedfs-{part}-grpc-{ports[f'{part}_grpc']}.sock")  # noqa: S108 - weed's choice, not ours
        for part in ("master", "volume", "filer", "s3")
    ]


def _flag(value: bool) -> str:
    return "true" if value else "false"
