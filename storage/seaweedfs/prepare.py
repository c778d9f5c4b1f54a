"""Making a plan true on disk before weed starts: folders, keys, certificates, owner."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from storage.seaweedfs.access import s3_json
from storage.seaweedfs.files import write_private
from storage.seaweedfs.owner import hand_over
from storage.seaweedfs.plan import WeedPlan
from storage.seaweedfs.security import keep_security
from storage.settings import AccessKey, KeyRole, StorageSettings


def prepare(
    plan: WeedPlan, settings: StorageSettings, keys: Mapping[KeyRole, AccessKey], now: datetime
) -> None:
    """Write all weed reads at its start. Repeating it keeps what is there, but for `s3.json`. Raises OSError.

    With a certificate for S3 in the plan, that file and its key must be readable for the plan's user: put them into
    `plan.conf`.
    """
    for folder in (plan.folder, plan.blobs, plan.conf, plan.run):
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    keep_security(plan.conf, now)
    write_private(plan.conf / "s3.json", s3_json(settings, keys).encode())
    hand_over(plan)
