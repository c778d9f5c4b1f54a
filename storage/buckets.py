"""Making the three buckets, with the setup key. Done once, and again at each start: it changes nothing then.

Default retention: `evidence` gets one of 30 days COMPLIANCE. Every original carries a lock of its own from the
request that creates it; the default is the net under a request that forgot (a sheet, a token, a program of the
bureau's own). It is short because a COMPLIANCE lock cannot be taken back, and because it is no part of any
retention schedule. `canary` has none, so that the lock probe sees what a request alone brings about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from storage.edge import Patience, connect, error_code
from storage.errors import StorageMisconfigured
from storage.settings import StorageSettings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

DEFAULT_RETENTION_DAYS = 30


def make_buckets(settings: StorageSettings, *, web_origins: list[str]) -> None:
    """Create what is missing and check what is there. `web_origins` are pages that may read by script.

    Raises StorageMisconfigured when a bucket exists without Object Lock (it cannot be switched on later).
    """
    client = connect(settings, "setup")
    patience = Patience(settings.patience_seconds, 0)
    try:
        for bucket in (settings.evidence_bucket, settings.canary_bucket):
            patience.call(f"making the bucket {bucket}", lambda b=bucket: _create(client, b, locked=True))  # type: ignore[misc]
            patience.call(f"checking the bucket {bucket}", lambda b=bucket: _check_lock(client, b))  # type: ignore[misc]
        patience.call(
            "making the bucket for renditions", lambda: _create(client, settings.derived_bucket, locked=False)
        )
        patience.call("setting the default lock", lambda: _default_lock(client, settings.evidence_bucket))
        if web_origins:
            for bucket in (settings.evidence_bucket, settings.derived_bucket):
                patience.call("setting CORS", lambda b=bucket: _cors(client, b, web_origins))  # type: ignore[misc]
    finally:
        client.close()


def _create(client: S3Client, bucket: str, *, locked: bool) -> None:
    try:
        client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=locked)
    except ClientError as error:
        if error_code(error) not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
            raise


def _check_lock(client: S3Client, bucket: str) -> None:
    try:
        rule: Any = client.get_object_lock_configuration(Bucket=bucket).get("ObjectLockConfiguration", {})
    except ClientError as error:
        if error_code(error) != "ObjectLockConfigurationNotFoundError":
            raise
        rule = {}
    versioning = client.get_bucket_versioning(Bucket=bucket).get("Status")
    if rule.get("ObjectLockEnabled") != "Enabled" or versioning != "Enabled":
        raise StorageMisconfigured(
            f"the bucket {bucket} exists without Object Lock and versioning, so nothing in it would be protected. "
            "Object Lock cannot be switched on later: name another bucket in the settings"
        )


def _default_lock(client: S3Client, bucket: str) -> None:
    client.put_object_lock_configuration(
        Bucket=bucket,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": DEFAULT_RETENTION_DAYS}},
        },
    )


def _cors(client: S3Client, bucket: str, origins: list[str]) -> None:
    client.put_bucket_cors(
        Bucket=bucket,
        CORSConfiguration={
            "CORSRules": [
                {
                    "AllowedOrigins": origins,
                    "AllowedMethods": ["GET", "HEAD"],
                    "AllowedHeaders": ["Range"],
                    "ExposeHeaders": ["Content-Length", "Content-Range", "Accept-Ranges", "ETag"],
                    "MaxAgeSeconds": 3600,
                }
            ]
        },
    )
