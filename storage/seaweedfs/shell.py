"""`weed shell`: the administrator's door, opened with the shell's certificate and a time limit.

Without a certificate it does not fail, it hangs; so every call is limited.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from storage.errors import StorageMisconfigured, StorageUnavailable
from storage.seaweedfs.command import weed_environment
from storage.seaweedfs.plan import WeedPlan


def shell_arguments(plan: WeedPlan, config: Path) -> list[str]:
    """The command that opens the shell with the `security.toml` found in `config`."""
    return [
        str(plan.binary),
        f"-config_dir={config}",
        "shell",
        f"-master={plan.master_address}",
        f"-filer=127.0.0.1:{plan.ports.filer}.{plan.ports.filer_grpc}",
    ]


def run_shell(plan: WeedPlan, commands: Sequence[str], *, seconds: float = 10.0) -> str:
    """Run `commands` in weed's shell and answer what it printed. Raises StorageUnavailable after `seconds`."""
    config = plan.conf / "shell" if plan.hardened else plan.run
    try:
        done = subprocess.run(
            shell_arguments(plan, config),
            input="".join(f"{command}\n" for command in commands),
            capture_output=True,
            text=True,
            timeout=seconds,
            env=weed_environment(plan),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise StorageUnavailable(f"the storage's shell did not answer within {seconds:.0f} s") from error
    return done.stdout


def keep_fsync(plan: WeedPlan, *, seconds: float = 30.0) -> None:
    """Have every object flushed to disk before it is acknowledged (off by default), and read the setting back.

    Raises StorageMisconfigured when it does not stick, StorageUnavailable when weed does not answer in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        left = deadline - time.monotonic()
        try:
            run_shell(
                plan,
                ["fs.configure -locationPrefix=/buckets/ -fsync=true -apply"],
                seconds=min(10.0, max(left, 1.0)),
            )
            said = run_shell(plan, ["fs.configure"], seconds=min(10.0, max(left, 1.0)))
        except StorageUnavailable:
            if time.monotonic() >= deadline:
                raise
            continue
        if '"fsync":  true' in said or '"fsync": true' in said:
            return
        if time.monotonic() >= deadline:
            raise StorageMisconfigured("the storage would not be told to flush each object to disk")
        time.sleep(0.5)
