"""weed's own shell, without a certificate and with a foreign one, told to remove a canary."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from storage.probe.report import AttackResult, Words
from storage.probe.stage import REFUSED, Canary, Outcome, Stage
from storage.seaweedfs.command import weed_environment
from storage.seaweedfs.plan import WeedPlan
from storage.seaweedfs.shell import shell_arguments

SECONDS = 4.0
"""The shell does not fail when it is not let in: it hangs. Let in, it needs half a second."""

_WHY = Words(
    en="anybody with this freely available program could remove locked objects",
    zh="任何人用这个公开的程序即可删除已锁定的对象",
)
_TITLES = {
    "shell-no-certificate": Words(
        en="remove a locked object with weed's shell, without a certificate",
        zh="不带证书，用 weed 命令行删除已锁定的对象",
    ),
    "shell-foreign-certificate": Words(
        en="remove a locked object with weed's shell and a foreign certificate",
        zh="使用外来证书，用 weed 命令行删除已锁定的对象",
    ),
}


def attack_shell(stage: Stage, plan: WeedPlan, foreign: Path) -> list[AttackResult]:
    """Both shells at the same time, so that the time limit is waited for once."""
    with TemporaryDirectory(prefix="liuhen-probe-") as bare, ThreadPoolExecutor(2) as pool:
        configured = Path(bare) / "foreign"
        configured.mkdir()
        (configured / "security.toml").write_text(
            f'[grpc]\nca = "{_authority(plan, foreign)}"\n'
            f'[grpc.client]\ncert = "{foreign / "shell.pem"}"\nkey = "{foreign / "shell.key"}"\n',
            encoding="utf-8",
        )
        running = []
        for name, config in (
            ("shell-no-certificate", Path(bare)),
            ("shell-foreign-certificate", configured),
        ):
            canary = stage.fresh(name)
            running.append((name, canary, pool.submit(_remove, stage, plan, config, canary)))
        return [
            AttackResult(
                name=name,
                door="weed shell (gRPC)",
                attack=_TITLES[name],
                expected=REFUSED,
                why=_WHY,
                verdict=outcome.verdict,
                said=outcome.said,
            )
            for name, canary, said in running
            for outcome in (_judge(stage, canary, said.result()),)
        ]


def _authority(plan: WeedPlan, foreign: Path) -> Path:
    """The storage's own authority where it can be read, so that the shell trusts the storage and goes on."""
    own = plan.conf / "ca.pem"
    try:
        own.read_bytes()
    except OSError:
        return foreign / "ca.pem"
    return own


def _remove(stage: Stage, plan: WeedPlan, config: Path, canary: Canary) -> str:
    folder = f"/buckets/{stage.store.bucket}/{canary.key.rsplit('/', 1)[0]}"
    try:
        done = subprocess.run(
            shell_arguments(plan, config),
            input=f"fs.rm -rf {folder}\nexit\n",
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env={**weed_environment(plan), "HOME": str(config), "TMPDIR": str(config)},
            cwd=config,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no connection within {SECONDS:.0f} s"
    except OSError as error:
        return f"the shell could not be started ({error.strerror})"
    return f"the shell ended with {done.returncode}"


def _judge(stage: Stage, canary: Canary, said: str) -> Outcome:
    damage = stage.damage(canary)
    if damage:
        return Outcome("broken", f"{said}; {damage}")
    if said.startswith("the shell could not"):
        return Outcome("not tried", said)
    return Outcome("held", said)
