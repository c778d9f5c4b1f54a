"""The bytes on disk: beneath all doors. Root and the storage's own user can always destroy them."""

from __future__ import annotations

import stat

from storage.probe.report import AttackResult, Verdict, Words
from storage.seaweedfs.plan import WeedPlan


def look_at_disk(plan: WeedPlan) -> list[AttackResult]:
    """Whether other users of this machine may reach the storage's folder, or connect to its sockets."""
    verdict: Verdict = "held"
    try:
        status = plan.folder.stat()
    except PermissionError:
        said = "closed to us as well"
    except OSError as error:
        verdict, said = "unclear", f"{plan.folder}: {error.strerror}"
    else:
        said = f"mode {stat.S_IMODE(status.st_mode):04o}, user {status.st_uid}"
        if stat.S_IMODE(status.st_mode) & 0o077:
            verdict = "broken"
    return [
        AttackResult(
            name="folder",
            door="disk",
            attack=Words(en="reach the storage's files as another user", zh="以其他系统用户身份访问存储文件"),
            expected=Words(en="the folder is closed to others", zh="其他用户无法进入该目录"),
            why=Words(
                en="a file that can be deleted needs no lock to be picked",
                zh="文件若可直接删除，锁定便形同虚设",
            ),
            verdict=verdict,
            said=said,
        )
    ]
