"""S3 without a key, with a wrong one, and with addresses that were tampered with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import urllib3

from storage.addresses import Signer
from storage.probe.report import Words
from storage.probe.stage import Answer, Attack, Canary, Outcome, Stage, digest_of
from storage.settings import AccessKey

NOBODY = "S3, no key"
ADDRESS = "S3, presigned address"
_OPEN = Words(en="anybody on the network could do it", zh="网络上的任何人都能这样做")
_LOOSE = Words(
    en="an address given to a station or a browser must allow one thing only",
    zh="发给采集站或浏览器的地址只应允许一件事",
)
_VALID = timedelta(minutes=5)


def send(
    stage: Stage, method: str, url: str, *, body: bytes = b"", headers: dict[str, str] | None = None
) -> Answer:
    """Send one plain request, as a stranger would."""
    bundle = stage.settings.ca_bundle
    try:
        with urllib3.PoolManager(
            retries=False,
            timeout=urllib3.Timeout(connect=5, read=10),
            ca_certs=str(bundle) if bundle else None,
        ) as http:
            answer = http.request(method, url, body=body or None, headers=headers, redirect=False)
    except urllib3.exceptions.HTTPError as error:
        return Answer(accepted=False, said=type(error).__name__, clear=False)
    said = f"{method} {answer.status}"
    return Answer(accepted=answer.status < 400, said=said, clear=answer.status < 500 or answer.status == 501)


def _url(stage: Stage, canary: Canary) -> str:
    return f"{stage.settings.endpoint_url.rstrip('/')}/{stage.store.bucket}/{quote(canary.key)}"


def _all_refused(stage: Stage, tries: Callable[[Canary], list[Answer]]) -> Outcome:
    canary = stage.standing()
    answers = tries(canary)
    said = ", ".join(answer.said for answer in answers)
    answer = Answer(any(a.accepted for a in answers), said, all(a.clear for a in answers))
    return stage.judge(answer, stage.damage(canary))


def _anonymous(stage: Stage) -> Outcome:
    base = f"{stage.settings.endpoint_url.rstrip('/')}/{stage.store.bucket}"
    return _all_refused(
        stage,
        lambda c: [
            send(stage, "GET", f"{base}?list-type=2"),
            send(stage, "GET", f"{_url(stage, c)}?versionId={c.version}"),
            send(stage, "PUT", _url(stage, c), body=b"x"),
            send(stage, "DELETE", f"{_url(stage, c)}?versionId={c.version}"),
            send(stage, "PUT", f"{_url(stage, c)}?retention&versionId={c.version}", body=b"<Retention/>"),
            send(stage, "DELETE", base),
        ],
    )


def _wrong_secret(stage: Stage) -> Outcome:
    key = stage.settings.access_key("everyday")
    forged = AccessKey.model_validate({"access_key": key.access_key, "secret_key": "a guess " * 4})
    signer = Signer(stage.settings.endpoint_url, stage.settings.region, forged)
    return _all_refused(
        stage,
        lambda c: [
            send(stage, "GET", signer.address("GET", stage.store.bucket, c.key, valid=_VALID).url),
            send(stage, "PUT", signer.address("PUT", stage.store.bucket, c.key, valid=_VALID).url, body=b"x"),
        ],
    )


def _tampered(stage: Stage) -> Outcome:
    signer = Signer(stage.settings.endpoint_url, stage.settings.region, stage.settings.access_key("everyday"))
    body = b"as announced"
    new = f"{stage.prefix}/tampered/canary"
    put = signer.address(
        "PUT",
        stage.store.bucket,
        new,
        valid=_VALID,
        headers={
            "x-amz-checksum-sha256": digest_of(body),
            "x-amz-object-lock-mode": "COMPLIANCE",
            "x-amz-object-lock-retain-until-date": stage.lock_date().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "if-none-match": "*",
        },
    )
    signed = dict(put.headers)
    other_date = {**signed, "x-amz-object-lock-retain-until-date": "2000-01-01T00:00:00Z"}
    no_lock = {k: v for k, v in signed.items() if "object-lock" not in k}
    no_once = {k: v for k, v in signed.items() if k != "if-none-match"}
    other_digest = {**signed, "x-amz-checksum-sha256": digest_of(b"other bytes")}

    def tries(canary: Canary) -> list[Answer]:
        get = signer.address(
            "GET", stage.store.bucket, canary.key, valid=_VALID, query={"versionId": canary.version}
        )
        return [
            send(stage, "PUT", put.url, body=b"other bytes", headers=signed),
            send(stage, "PUT", put.url, body=b"other bytes", headers=other_digest),
            send(stage, "PUT", put.url, body=body, headers=other_date),
            send(stage, "PUT", put.url, body=body, headers=no_lock),
            send(stage, "PUT", put.url, body=body, headers=no_once),
            send(stage, "PUT", put.url.replace(quote(new), quote(canary.key)), body=body, headers=signed),
            send(
                stage,
                "PUT",
                put.url.replace("X-Amz-Expires=300", "X-Amz-Expires=3000"),
                body=body,
                headers=signed,
            ),
            send(stage, "DELETE", get.url),
            send(stage, "GET", get.url.replace(stage.store.bucket, stage.settings.evidence_bucket, 1)),
        ]

    outcome = _all_refused(stage, tries)
    if outcome.verdict == "held" and stage.store.newest(new) is not None:
        return Outcome("broken", f"{outcome.said}; something was stored nevertheless")
    return outcome


ATTACKS = (
    Attack(
        "anonymous",
        NOBODY,
        Words(
            en="list, read, write, delete and unlock without any key",
            zh="不用密钥即列出、读取、写入、删除、解锁",
        ),
        _OPEN,
        _anonymous,
    ),
    Attack(
        "wrong-secret",
        NOBODY,
        Words(en="read and write with a guessed secret", zh="用猜测的密钥读写"),
        _OPEN,
        _wrong_secret,
    ),
    Attack(
        "tampered-address",
        ADDRESS,
        Words(
            en="use an address for other bytes, another digest, lock, key, time or act",
            zh="将地址用于其他内容、摘要、锁定、键、时限或操作",
        ),
        _LOOSE,
        _tampered,
    ),
)
