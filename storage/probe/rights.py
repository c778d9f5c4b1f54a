"""Acts that are not about one object: buckets, rules, rights. None is the everyday key's business."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from storage.errors import StorageMisconfigured
from storage.probe.locks import DOOR
from storage.probe.report import Words
from storage.probe.stage import Answer, Attack, Outcome, Stage
from storage.probe.strangers import send
from storage.settings import KeyRole

_RULES = Words(
    en="the rules that protect originals could be changed by the key that writes them",
    zh="写入资料的密钥竟可修改保护资料的规则",
)
_ALL_AT_ONCE = Words(en="everything could be destroyed at once", zh="可一次销毁全部资料")


def _client_act(call: Callable[[Any, str], Any]) -> Callable[[Stage], Outcome]:
    def act(stage: Stage) -> Outcome:
        return stage.must_refuse(lambda _: call(stage.store.client, stage.store.bucket))

    return act


def _public_policy(bucket: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


_LIFECYCLE = {
    "Rules": [
        {
            "ID": "probe",
            "Status": "Enabled",
            "Filter": {"Prefix": "probe/"},
            "Expiration": {"Days": 1},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
        }
    ]
}


def _grant_self(stage: Stage) -> Outcome:
    """Ask the storage's own user management, which some serve at the S3 address, for a stronger key."""
    key = stage.settings.access_key("everyday")
    credentials = Credentials(key.access_key, key.secret_key.get_secret_value())
    url = stage.settings.endpoint_url.rstrip("/") + "/"
    answers = []
    for asked in ("Action=CreateAccessKey&UserName=setup", "Action=ListUsers"):
        body = f"{asked}&Version=2010-05-08"
        request = AWSRequest(
            method="POST",
            url=url,
            data=body,
            headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
        )
        SigV4Auth(credentials, "iam", stage.settings.region).add_auth(request)
        answers.append(send(stage, "POST", url, body=body.encode(), headers=dict(request.headers)))
    said = ", ".join(answer.said for answer in answers)
    canary = stage.standing()
    return stage.judge(
        Answer(any(a.accepted for a in answers), said, all(a.clear for a in answers)), stage.damage(canary)
    )


def _hold(stage: Stage) -> Outcome:
    canary = stage.fresh("hold")
    stage.store.set_hold(canary.key, canary.version, True)
    answer = stage.attempt(lambda: stage.store.set_hold(canary.key, canary.version, False))
    if damage := stage.damage(canary):
        return Outcome("broken", f"{answer.said}; {damage}")
    return Outcome("known limit" if answer.accepted else "held", answer.said)


def _copy(stage: Stage) -> Outcome:
    canary = stage.standing()
    key = f"{stage.prefix}/copy/canary"
    until = stage.lock_date()
    answer = stage.attempt(
        lambda: stage.store.client.copy_object(
            Bucket=stage.store.bucket,
            Key=key,
            CopySource={"Bucket": stage.store.bucket, "Key": canary.key, "VersionId": canary.version},
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=until,
        )
    )
    if damage := stage.damage(canary):
        return Outcome("broken", f"{answer.said}; {damage}")
    copied = stage.store.newest(key) if answer.accepted else None
    if copied is None or copied.lock_mode == "COMPLIANCE":
        return Outcome("held", answer.said)
    return Outcome("known limit", f"{answer.said}; the copy carries no lock although one was asked for")


def _evidence_bucket(stage: Stage) -> Outcome:
    """The canary bucket proves nothing about `evidence` unless both are made alike."""
    client, bucket = stage.store.client, stage.settings.evidence_bucket
    found: dict[str, Any] = {}

    def look() -> None:
        found["versioning"] = client.get_bucket_versioning(Bucket=bucket).get("Status")
        found["lock"] = (
            client.get_object_lock_configuration(Bucket=bucket)
            .get("ObjectLockConfiguration", {})
            .get("ObjectLockEnabled")
        )

    answer = stage.attempt(look)
    if answer.accepted and found == {"versioning": "Enabled", "lock": "Enabled"}:
        rules = stage.attempt(lambda: client.get_bucket_lifecycle_configuration(Bucket=bucket))
        if rules.accepted:
            return Outcome("broken", "a lifecycle rule is set on the bucket of the originals")
        return Outcome("held", "Object Lock and versioning are on; no lifecycle rule")
    if answer.accepted or not answer.said.startswith("403"):
        return Outcome(
            "broken", f"{answer.said}; versioning {found.get('versioning')}, lock {found.get('lock')}"
        )
    return Outcome("unclear", f"{answer.said}: the everyday key may not read the bucket's settings")


def _with_key(role: KeyRole) -> Callable[[Stage], Outcome]:
    def act(stage: Stage) -> Outcome:
        try:
            client = stage.client(role)
        except StorageMisconfigured:
            return Outcome("not tried", f"the {role} key is not kept here")
        try:
            return stage.must_refuse(
                lambda c: client.delete_object(
                    Bucket=stage.store.bucket, Key=c.key, VersionId=c.version, BypassGovernanceRetention=True
                )
            )
        finally:
            client.close()

    return act


ATTACKS = (
    Attack(
        "evidence-bucket",
        DOOR,
        Words(
            en="look whether the bucket of the originals is protected at all", zh="检查原件存储桶是否受保护"
        ),
        Words(
            en="canaries prove nothing if originals lie in an open bucket",
            zh="原件若在未锁定的桶中，样本检测毫无意义",
        ),
        _evidence_bucket,
        Words(
            en="Object Lock and versioning on, no lifecycle rule",
            zh="已启用对象锁定与版本控制，无生命周期规则",
        ),
    ),
    Attack(
        "delete-bucket",
        DOOR,
        Words(en="delete the bucket", zh="删除存储桶"),
        _ALL_AT_ONCE,
        _client_act(lambda client, bucket: client.delete_bucket(Bucket=bucket)),
    ),
    Attack(
        "suspend-versioning",
        DOOR,
        Words(en="suspend versioning", zh="暂停版本控制"),
        _RULES,
        _client_act(
            lambda client, bucket: client.put_bucket_versioning(
                Bucket=bucket, VersioningConfiguration={"Status": "Suspended"}
            )
        ),
    ),
    Attack(
        "default-rule",
        DOOR,
        Words(en="change the bucket's lock configuration", zh="修改存储桶的锁定配置"),
        _RULES,
        _client_act(
            lambda client, bucket: client.put_object_lock_configuration(
                Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
            )
        ),
    ),
    Attack(
        "lifecycle",
        DOOR,
        Words(en="set a lifecycle rule that expires objects", zh="设置使对象过期的生命周期规则"),
        _ALL_AT_ONCE,
        _client_act(
            lambda client, bucket: client.put_bucket_lifecycle_configuration(
                Bucket=bucket, LifecycleConfiguration=_LIFECYCLE
            )
        ),
    ),
    Attack(
        "bucket-policy",
        DOOR,
        Words(en="open the bucket to everybody by a policy", zh="通过策略向所有人开放存储桶"),
        _RULES,
        _client_act(
            lambda client, bucket: client.put_bucket_policy(Bucket=bucket, Policy=_public_policy(bucket))
        ),
    ),
    Attack(
        "bucket-acl",
        DOOR,
        Words(en="open the bucket to everybody by an access list", zh="通过访问列表向所有人开放存储桶"),
        _RULES,
        _client_act(lambda client, bucket: client.put_bucket_acl(Bucket=bucket, ACL="public-read-write")),
    ),
    Attack(
        "create-bucket",
        DOOR,
        Words(en="create a bucket", zh="创建存储桶"),
        _RULES,
        _client_act(lambda client, bucket: client.create_bucket(Bucket=f"{bucket}-probe")),
    ),
    Attack(
        "more-rights",
        DOOR,
        Words(en="ask for a stronger access key", zh="申请权限更高的密钥"),
        Words(en="a key that can strengthen itself has no limits", zh="能自行提权的密钥等于没有限制"),
        _grant_self,
    ),
    Attack(
        "hold-off",
        DOOR,
        Words(en="switch a hold off", zh="解除暂停销毁标记"),
        Words(
            en="who may set a hold may switch it off, so a COMPLIANCE date always stands beside it",
            zh="能设置暂停销毁者也能解除，因此始终同时设置合规锁定期限",
        ),
        _hold,
        Words(en="the date still protects the object", zh="锁定期限仍保护对象"),
    ),
    Attack(
        "copy",
        DOOR,
        Words(en="copy an object and ask for a lock on the copy", zh="复制对象并要求锁定副本"),
        Words(
            en="a copy can lose its lock, so nothing is ever copied to become evidence",
            zh="副本可能失去锁定，因此原件从不以复制方式入库",
        ),
        _copy,
        Words(en="the source stays intact and locked", zh="源对象完好且仍锁定"),
    ),
    Attack(
        "disposal-key",
        "S3, disposal key",
        Words(
            en="delete a locked version with the key made for deleting", zh="用销毁专用密钥删除已锁定的版本"
        ),
        Words(en="even the disposal key must wait for the lock to end", zh="销毁密钥也必须等锁定期满"),
        _with_key("disposal"),
    ),
    Attack(
        "setup-key",
        "S3, setup key",
        Words(en="delete a locked version with the key that makes buckets", zh="用建桶密钥删除已锁定的版本"),
        Words(
            en="no administrator may destroy evidence before its time",
            zh="任何管理员都不得在保管期内销毁证据",
        ),
        _with_key("setup"),
    ),
)
