"""Keyless HTTP on every door: the filer's DELETE, overwriting beneath S3, the master's collections, volumes."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import quote

from storage.probe.doors import Door
from storage.probe.report import AttackResult, Words
from storage.probe.stage import REFUSED, Answer, Canary, Outcome, Stage

_BENEATH = Words(
    en="locks hold at S3 only; whoever reaches this door without any key goes beneath them",
    zh="锁定只在 S3 层有效；无需密钥即可从此入口绕到其下层",
)
_ATTACK = Words(
    en="delete, overwrite and drop collections by HTTP without a key",
    zh="不用密钥，经 HTTP 删除、覆盖或清空存储集合",
)
_NAMED = {
    "filer-delete": Words(en="delete a locked object beneath S3", zh="在 S3 之下删除已锁定的对象"),
    "filer-overwrite": Words(en="overwrite a locked object beneath S3", zh="在 S3 之下覆盖已锁定的对象"),
    "volume-delete": Words(en="delete from a volume directly", zh="直接从存储卷删除数据"),
    "collection-delete": Words(en="drop the whole collection of a bucket", zh="清空整个存储桶的数据集合"),
    "exposed": Words(en="reach this door from other machines", zh="从其他计算机访问此入口"),
}


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes


class _Connection(http.client.HTTPConnection):
    def __init__(self, door: Door) -> None:
        super().__init__("localhost", timeout=5)
        self._door = door

    def connect(self) -> None:
        plain = self._door.connect()
        plain.settimeout(5)
        self.sock: socket.socket = _wrapped(plain) if self._door.tls else plain


def _wrapped(plain: socket.socket) -> ssl.SSLSocket:
    # An attacker does not care whose certificate it is.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain)


def ask(door: Door, method: str, path: str, body: bytes | None = None) -> Reply | None:
    """Send one keyless request; None when nobody listens or it is not HTTP that is spoken there."""
    connection = _Connection(door)
    try:
        connection.request(method, path, body=body)
        answer = connection.getresponse()
        return Reply(answer.status, answer.read(65536))
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def speaks_http(door: Door) -> bool:
    """Whether the door answers HTTP at all."""
    return ask(door, "GET", "/status") is not None


def attack_http(stage: Stage, doors: list[Door]) -> list[AttackResult]:
    """All keyless attacks on doors that speak HTTP; one line a door, and one more for each that got through."""
    said: dict[Door, list[str]] = {door: [] for door in doors}
    broken: list[AttackResult] = []
    for name, strike in (
        ("filer-delete", _filer_delete),
        ("filer-overwrite", _filer_overwrite),
        ("volume-delete", _volume_delete),
        ("collection-delete", _collection_delete),  # last: it takes all canaries with it
    ):
        for door in doors:
            canary = stage.fresh(name)
            answer = strike(stage, door, canary)
            outcome = stage.judge(answer, stage.damage(canary))
            said[door].append(f"{name} {answer.said}")
            if outcome.verdict == "broken":
                broken.append(_result(name, door, _NAMED[name], outcome))
    names = {result.door for result in broken}
    for door in doors:
        if door.beyond_loopback:
            broken.append(
                _result("exposed", door, _NAMED["exposed"], Outcome("broken", f"listens on {door.bound}"))
            )
        elif door.name not in names:
            held = Outcome("held", "; ".join(said[door]))
            broken.append(_result("http-keyless", door, _ATTACK, held))
    return broken


def _result(name: str, door: Door, attack: Words, outcome: Outcome) -> AttackResult:
    return AttackResult(
        name=name,
        door=door.name,
        attack=attack,
        expected=REFUSED,
        why=_BENEATH,
        verdict=outcome.verdict,
        said=outcome.said,
    )


def _filer_delete(stage: Stage, door: Door, canary: Canary) -> Answer:
    path = f"/buckets/{stage.store.bucket}/{quote(canary.key)}"
    folder = path.rsplit("/", 1)[0]
    replies = [
        ask(door, "DELETE", f"{path}.versions?recursive=true&ignoreRecursiveError=true"),
        ask(door, "DELETE", f"{path}?recursive=true"),
        ask(door, "DELETE", f"{folder}?recursive=true"),
    ]
    return _answer(replies)


def _filer_overwrite(stage: Stage, door: Door, canary: Canary) -> Answer:
    path = f"/buckets/{stage.store.bucket}/{quote(canary.key)}"
    replies = [
        ask(door, "PUT", f"{path}.versions/v_{canary.version}", b"something else"),
        ask(door, "POST", f"{path}.versions/v_{canary.version}", b"something else"),
    ]
    return _answer(replies)


def _collection_delete(stage: Stage, door: Door, _: Canary) -> Answer:
    path = f"/col/delete?collection={stage.store.bucket}"
    return _answer([ask(door, "GET", path), ask(door, "POST", path)])


def _volume_delete(_stage: Stage, door: Door, _: Canary) -> Answer:
    """Where in a volume a canary lies cannot be known from outside; whether a key is asked for at all can."""
    reply = ask(door, "DELETE", "/1,0100000001")
    if reply is None:
        return _answer([reply])
    carried_out = reply.status < 300 or (reply.status == 404 and _is_volume_answer(reply.body))
    return Answer(accepted=carried_out, said=str(reply.status))


def _is_volume_answer(body: bytes) -> bool:
    """A volume server that looked for the bytes without asking for a key says how many it deleted: none."""
    try:
        return "size" in json.loads(body)
    except (ValueError, TypeError):
        return False


def _answer(replies: list[Reply | None]) -> Answer:
    statuses = [str(reply.status) if reply else "no answer" for reply in replies]
    return Answer(
        accepted=any(reply is not None and reply.status < 300 for reply in replies), said="/".join(statuses)
    )
