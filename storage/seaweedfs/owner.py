"""An operating system's user of its own for weed, so that no other program can touch the bytes on disk."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from storage.seaweedfs.plan import WeedPlan

USER = "liuhen-storage"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who weed runs as, and why, in words for the start-up screen."""

    user: str | None
    why: str


def choose_owner(plan: WeedPlan) -> Owner:
    """Decide who weed runs as: its own user where we are root and that user can reach what it needs.

    The user is created at need. The plan's folder must exist. Nothing else is changed on the way to it: where a
    folder above is closed to others, weed runs as root, and the reason is told.
    """
    if os.geteuid() != 0:
        return Owner(None, "storage runs as the user who started it; a user of its own needs root")
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    try:
        account = pwd.getpwnam(USER)
    except KeyError:
        if useradd is None:
            return Owner(None, "storage runs as root: there is no `useradd` to make a user for it")
        made = subprocess.run(
            [useradd, "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", USER],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        try:
            account = pwd.getpwnam(USER)
        except KeyError:
            return Owner(None, f"storage runs as root: making the user {USER} failed ({made.stderr.strip()})")
    for path in (plan.folder.parent, plan.binary):
        if not _reachable(path, account):
            return Owner(None, f"storage runs as root: the user {USER} cannot reach {path}")
    return Owner(USER, f"storage runs as the user {USER}")


def with_owner(plan: WeedPlan) -> tuple[WeedPlan, str]:
    """The plan with its user filled in, and why it is that one."""
    owner = choose_owner(plan)
    return replace(plan, user=owner.user), owner.why


def hand_over(plan: WeedPlan) -> None:
    """Give the folder and all in it to the plan's user (nobody else may read it). Needs root when a user is set."""
    plan.folder.chmod(0o700)
    if plan.user is None:
        return
    account = pwd.getpwnam(plan.user)
    for path in (plan.folder, *plan.folder.rglob("*")):
        status = path.lstat()
        if (status.st_uid, status.st_gid) != (account.pw_uid, account.pw_gid):
            os.lchown(path, account.pw_uid, account.pw_gid)


def _reachable(path: Path, account: pwd.struct_passwd) -> bool:
    """Whether `account` may enter `path` (a folder) or run it (a file); asked of the kernel, as that user."""
    asked = subprocess.run(
        ["/usr/bin/test", "-x", str(path)],
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        check=False,
        timeout=10,
    )
    return asked.returncode == 0
