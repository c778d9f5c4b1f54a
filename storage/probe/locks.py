"""Attacks on the lock itself, with the everyday key: what a stolen or misused server could try."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.probe.report import Words
from storage.probe.stage import Attack, Canary, Outcome, Stage, digest_of

DOOR = "S3, everyday key"
_DESTROYED = Words(
    en="whoever holds the server's key could destroy evidence before its time",
    zh="掌握服务器密钥者可在保管期内销毁证据",
)
_SHORTENED = Words(
    en="a lock that can be loosened protects nothing: first loosen, then delete",
    zh="锁定可被放松等于没有锁定：先放松，再删除",
)
_REPLACED = Words(en="what is read later would not be what was received", zh="日后读到的将不是当初收到的内容")


def _delete(stage: Stage) -> Outcome:
    return stage.must_refuse(
        lambda c: stage.store.client.delete_object(Bucket=stage.store.bucket, Key=c.key, VersionId=c.version)
    )


def _delete_bypass(stage: Stage) -> Outcome:
    return stage.must_refuse(
        lambda c: stage.store.client.delete_object(
            Bucket=stage.store.bucket, Key=c.key, VersionId=c.version, BypassGovernanceRetention=True
        )
    )


def _bulk(stage: Stage) -> Outcome:
    canary = stage.standing()
    refused: list[str] = []

    def act() -> None:
        answer = stage.store.client.delete_objects(
            Bucket=stage.store.bucket,
            Delete={"Objects": [{"Key": canary.key, "VersionId": canary.version}]},
            BypassGovernanceRetention=True,
        )
        refused.extend(error.get("Code", "refused") for error in answer.get("Errors", []))

    answer = stage.attempt(act)
    damage = stage.damage(canary)
    if refused and not damage:
        return Outcome("held", f"200 with {', '.join(refused)}")
    return stage.judge(answer, damage)


def _hide(stage: Stage) -> Outcome:
    return stage.must_refuse(lambda c: stage.store.client.delete_object(Bucket=stage.store.bucket, Key=c.key))


def _retention(stage: Stage, mode: str, until: datetime | None, *, bypass: bool) -> Outcome:
    retention: Any = {"Mode": mode, "RetainUntilDate": until} if until else {}
    return stage.must_refuse(
        lambda c: stage.store.client.put_object_retention(
            Bucket=stage.store.bucket,
            Key=c.key,
            VersionId=c.version,
            Retention=retention,
            BypassGovernanceRetention=bypass,
        )
    )


def _shorten(stage: Stage) -> Outcome:
    return _retention(stage, "COMPLIANCE", _shorter(stage), bypass=False)


def _shorten_bypass(stage: Stage) -> Outcome:
    return _retention(stage, "COMPLIANCE", _shorter(stage), bypass=True)


def _shorter(stage: Stage) -> datetime:
    return stage.standing().lock_until - stage.lock / 2


def _downgrade(stage: Stage) -> Outcome:
    return _retention(stage, "GOVERNANCE", stage.standing().lock_until, bypass=True)


def _empty(stage: Stage) -> Outcome:
    return _retention(stage, "", None, bypass=True)


def _past(stage: Stage) -> Outcome:
    return _retention(stage, "COMPLIANCE", datetime.now(UTC) - timedelta(days=1), bypass=False)


def _overwrite(stage: Stage) -> Outcome:
    canary = stage.fresh("overwrite")
    answer = stage.attempt(
        lambda: stage.store.client.put_object(
            Bucket=stage.store.bucket, Key=canary.key, Body=b"something else"
        )
    )
    if damage := stage.damage(canary):
        return Outcome("broken", f"{answer.said}; {damage}")
    return Outcome("held", f"{answer.said}; the version written first is intact")


def _write_once(stage: Stage) -> Outcome:
    body = b"something else"
    return stage.must_refuse(
        lambda c: stage.store.client.put_object(
            Bucket=stage.store.bucket, Key=c.key, Body=body, IfNoneMatch="*", ChecksumSHA256=digest_of(body)
        )
    )


def _multipart(stage: Stage) -> Outcome:
    canary = multipart_canary(stage)
    if damage := stage.damage(canary):
        return Outcome("broken", f"made of parts with a lock, but {damage}")
    return stage.must_refuse(
        lambda c: stage.store.client.delete_object(
            Bucket=stage.store.bucket, Key=c.key, VersionId=c.version, BypassGovernanceRetention=True
        ),
        canary,
    )


def multipart_canary(stage: Stage) -> Canary:
    """A canary made as long recordings are: an upload in parts, locked when it is opened."""
    key, body, until = f"{stage.prefix}/parts/canary", secrets.token_bytes(1000), stage.lock_date()
    store = stage.store
    upload = store.open_multipart(key, lock_until=until, metadata={"canary": "parts"})
    digest = digest_of(body)
    sent = store.client.upload_part(
        Bucket=store.bucket, Key=key, UploadId=upload, PartNumber=1, Body=body, ChecksumSHA256=digest
    )
    answer = store.client.complete_multipart_upload(
        Bucket=store.bucket,
        Key=key,
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": sent["ETag"], "ChecksumSHA256": digest}]},
        IfNoneMatch="*",
    )
    return Canary(key, answer["VersionId"], body, until)


def _wrong_checksum(stage: Stage) -> Outcome:
    key = f"{stage.prefix}/wrong/canary"
    answer = stage.attempt(
        lambda: stage.store.client.put_object(
            Bucket=stage.store.bucket, Key=key, Body=b"damaged", ChecksumSHA256=digest_of(b"as announced")
        )
    )
    stored = stage.store.newest(key)
    return stage.judge(answer, "damaged bytes were stored" if stored else "")


def _wrong_part(stage: Stage) -> Outcome:
    store, key = stage.store, f"{stage.prefix}/wrong-part/canary"
    upload = store.open_multipart(key, lock_until=stage.lock_date(), metadata={})
    answer = stage.attempt(
        lambda: store.client.upload_part(
            Bucket=store.bucket,
            Key=key,
            UploadId=upload,
            PartNumber=1,
            Body=b"damaged",
            ChecksumSHA256=digest_of(b"as announced"),
        )
    )
    stored = store.list_parts(key, upload)
    store.abort_multipart(key, upload)
    return stage.judge(answer, "damaged bytes were stored" if stored else "")


ATTACKS = (
    Attack(
        "delete-version",
        DOOR,
        Words(en="delete a locked version", zh="删除已锁定的版本"),
        _DESTROYED,
        _delete,
    ),
    Attack(
        "delete-bypass",
        DOOR,
        Words(en="delete a locked version, asking to bypass the lock", zh="以“绕过锁定”方式删除已锁定的版本"),
        _DESTROYED,
        _delete_bypass,
    ),
    Attack(
        "bulk-delete",
        DOOR,
        Words(en="delete a locked version in a bulk request", zh="批量删除已锁定的版本"),
        _DESTROYED,
        _bulk,
    ),
    Attack(
        "hide",
        DOOR,
        Words(en="hide an object behind a delete marker", zh="用删除标记隐藏对象"),
        Words(
            en="other programs would take the object for deleted, and this key needs no such right",
            zh="其他程序会误以为对象已删除，且此密钥本不应有该权限",
        ),
        _hide,
    ),
    Attack("shorten", DOOR, Words(en="shorten a lock", zh="缩短锁定期限"), _SHORTENED, _shorten),
    Attack(
        "shorten-bypass",
        DOOR,
        Words(en="shorten a lock, asking to bypass it", zh="以“绕过锁定”方式缩短期限"),
        _SHORTENED,
        _shorten_bypass,
    ),
    Attack(
        "downgrade",
        DOOR,
        Words(en="turn COMPLIANCE into GOVERNANCE", zh="将合规模式降为治理模式"),
        _SHORTENED,
        _downgrade,
    ),
    Attack("empty-retention", DOOR, Words(en="remove a lock", zh="清空锁定设置"), _SHORTENED, _empty),
    Attack(
        "past-date",
        DOOR,
        Words(en="set a lock's end to yesterday", zh="将锁定期限设为过去的日期"),
        _SHORTENED,
        _past,
    ),
    Attack(
        "overwrite",
        DOOR,
        Words(en="write something else to the same key", zh="向同一键写入其他内容"),
        _REPLACED,
        _overwrite,
        Words(en="the version written first stays, intact and locked", zh="原版本保留、完好且仍锁定"),
    ),
    Attack(
        "write-once",
        DOOR,
        Words(en="write again to a write-once key", zh="向“一次写入”的键再次写入"),
        _REPLACED,
        _write_once,
    ),
    Attack(
        "multipart",
        DOOR,
        Words(
            en="delete an object that was made of parts, asking to bypass",
            zh="以“绕过锁定”方式删除分段上传的对象",
        ),
        Words(en="long recordings are uploaded in parts", zh="长录像都以分段方式上传"),
        _multipart,
    ),
    Attack(
        "wrong-checksum",
        DOOR,
        Words(en="store bytes that do not fit the stated digest", zh="写入与所述摘要不符的内容"),
        Words(en="damage on the way would go unnoticed", zh="传输途中的损坏将无从发现"),
        _wrong_checksum,
    ),
    Attack(
        "wrong-part",
        DOOR,
        Words(en="store a part that does not fit the stated digest", zh="写入与所述摘要不符的分段"),
        Words(en="damage on the way would go unnoticed", zh="传输途中的损坏将无从发现"),
        _wrong_part,
    ),
)
