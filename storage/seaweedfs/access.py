"""Who may do what: the three access keys as weed's `s3.json` knows them.

Only `policies` bound by `policyNames` give least privilege: weed's older `actions` let a key that may write also
delete (tried: `Write:bucket` removes versions and sets lifecycle rules).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storage.seaweedfs.files import write_private
from storage.settings import AccessKey, KeyRole, StorageSettings, read_access_key

_LOOK = (
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:GetObjectRetention",
    "s3:GetObjectLegalHold",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:ListBucketMultipartUploads",
    "s3:ListMultipartUploadParts",
    "s3:GetBucketLocation",
    "s3:GetBucketVersioning",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetLifecycleConfiguration",
)
_KEEP = (
    "s3:PutObject",
    "s3:PutObjectRetention",
    "s3:PutObjectLegalHold",
    "s3:AbortMultipartUpload",
)
_BUILD = (
    "s3:CreateBucket",
    "s3:ListAllMyBuckets",
    "s3:PutBucketVersioning",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketCORS",
    "s3:PutBucketCors",  # weed compares letter by letter, and spells it so
    "s3:GetBucketCORS",
    "s3:GetBucketCors",
)


def new_access_key(role: KeyRole) -> AccessKey:
    """Make a key nobody has yet: 20 letters to name it, 256 bits of secret."""
    return AccessKey.model_validate(
        {"access_key": f"{role[:8]}-{secrets.token_hex(6)}", "secret_key": secrets.token_urlsafe(32)}
    )


def keep_access_key(path: Path, role: KeyRole) -> AccessKey:
    """Read the access key at `path`, or make one and write it there (mode 0600)."""
    if path.exists():
        return read_access_key(path)
    key = new_access_key(role)
    text = json.dumps({"access_key": key.access_key, "secret_key": key.secret_key.get_secret_value()})
    write_private(path, text.encode())
    return key


def policies(settings: StorageSettings) -> dict[KeyRole, dict[str, Any]]:
    """What each key may do, as S3 policies. Nobody may bypass a lock or set a lifecycle rule."""
    locked = [settings.evidence_bucket, settings.canary_bucket]
    derived = [settings.derived_bucket]
    return {
        "everyday": _policy(
            _allow((*_LOOK, *_KEEP), locked),
            _allow((*_LOOK, "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"), derived),
        ),
        "disposal": _policy(_allow((*_LOOK, "s3:DeleteObject", "s3:DeleteObjectVersion"), locked)),
        "setup": _policy(_allow((*_BUILD, *_LOOK), ["*"])),
    }


def s3_json(settings: StorageSettings, keys: Mapping[KeyRole, AccessKey]) -> str:
    """The text of weed's `s3.json` for these keys."""
    return json.dumps(
        {
            "identities": [
                {
                    "name": role,
                    "credentials": [
                        {
                            "accessKey": key.access_key,
                            "secretKey": key.secret_key.get_secret_value(),
                        }
                    ],
                    "policyNames": [role],
                }
                for role, key in keys.items()
            ],
            "policies": [
                {"name": role, "content": json.dumps(content)}
                for role, content in policies(settings).items()
                if role in keys
            ],
        },
        indent=1,
    )


def _allow(actions: tuple[str, ...], buckets: list[str]) -> dict[str, Any]:
    resources = [f"arn:aws:s3:::{bucket}{tail}" for bucket in buckets for tail in ("", "/*")]
    return {"Effect": "Allow", "Action": list(actions), "Resource": resources}


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
