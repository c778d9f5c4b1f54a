"""Where attacks take place: canaries, what may be done to them, and whether they survived it."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from storage.addresses import base64_digest
from storage.edge import connect, error_code
from storage.errors import ObjectMissing, StorageUnavailable
from storage.probe.report import Verdict, Words
from storage.settings import KeyRole, StorageSettings
from storage.store import ObjectStore

REFUSED = Words(en="refused, canary intact", zh="应被拒绝，样本完好")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attack ended."""

    verdict: Verdict
    said: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the storage answered to one request of an attack."""

    accepted: bool
    said: str
    clear: bool = True
    """False when it was neither a yes nor a no."""


@dataclass(frozen=True, slots=True)
class Canary:
    """A small object that stands for an original."""

    key: str
    version: str
    body: bytes
    lock_until: datetime


@dataclass(slots=True)
class Stage:
    """One run: its canaries lie under a prefix of their own in the canary bucket."""

    settings: StorageSettings
    lock: timedelta
    store: ObjectStore
    prefix: str = field(default_factory=lambda: f"probe/{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(6)}")
    _standing: Canary | None = None
    _count: int = 0

    def standing(self) -> Canary:
        """The canary most attacks share; a new one when an attack has damaged it."""
        if self._standing is None or self.damage(self._standing):
            self._standing = self.fresh("standing")
        return self._standing

    def fresh(self, name: str) -> Canary:
        """A new canary in a folder of its own."""
        self._count += 1
        body = secrets.token_bytes(128)
        key = f"{self.prefix}/{self._count:02d}-{name}/canary"
        until = self.lock_date()
        version = self.store.put_locked(key, body, lock_until=until, metadata={"canary": name})
        return Canary(key, version, body, until)

    def lock_date(self) -> datetime:
        """The end of a canary's lock: soon, since it can never be taken back."""
        return (datetime.now(UTC) + self.lock).replace(microsecond=0)

    def damage(self, canary: Canary) -> str:
        """Say what an attack has done to `canary`; empty when it is as it was."""
        try:
            facts = self.store.facts(canary.key, canary.version)
            body = b"".join(self.store.read(canary.key, canary.version))
        except ObjectMissing:
            return "the canary is gone"
        except StorageUnavailable as error:
            # Is it this canary, or the storage as a whole? A new one tells; if that fails too, nothing is proven.
            self._prove_usable()
            return f"the canary cannot be read any more ({error})"
        if body != canary.body:
            return "the canary's bytes have changed"
        if facts.lock_mode != "COMPLIANCE":
            return f"the canary's lock is now {facts.lock_mode}"
        if facts.lock_until is None or facts.lock_until < canary.lock_until:
            return f"the canary's lock now ends {facts.lock_until}, earlier than it was set"
        return ""

    def _prove_usable(self) -> None:
        other = self.fresh("usable")
        for _ in self.store.read(other.key, other.version):
            pass

    def attempt(self, act: Callable[[], Any]) -> Answer:
        """Do one forbidden thing and say how it was answered; a passing fault of the storage is waited out."""
        deadline = time.monotonic() + self.settings.patience_seconds
        while True:
            try:
                done = act()
            except ClientError as error:
                status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
                said = f"{status} {error_code(error)}".strip()
                if status < 500 or status == 501:
                    return Answer(accepted=False, said=said)
            except (BotoCoreError, ResponseParserError) as error:
                said = type(error).__name__
            else:
                return Answer(accepted=True, said=f"{_status(done)} accepted".strip())
            if time.monotonic() >= deadline:
                return Answer(accepted=False, said=said, clear=False)
            time.sleep(0.5)

    def must_refuse(self, act: Callable[[Canary], Any], canary: Canary | None = None) -> Outcome:
        """An attack on a canary: held only if refused and the canary is intact afterwards."""
        target = canary or self.standing()
        return self.judge(self.attempt(lambda: act(target)), self.damage(target))

    @staticmethod
    def judge(answer: Answer, damage: str) -> Outcome:
        """Held: refused and intact. Strict: a storage that says yes and does nothing is not believed either."""
        if damage:
            return Outcome("broken", f"{answer.said}; {damage}")
        if answer.accepted:
            return Outcome("broken", f"{answer.said}; the canary is still there")
        if not answer.clear:
            return Outcome("unclear", answer.said)
        return Outcome("held", answer.said)

    def client(self, role: KeyRole) -> Any:
        """A client with another of the access keys. Raises StorageMisconfigured when its file is not here."""
        return connect(self.settings, role)


def digest_of(body: bytes) -> str:
    """SHA-256 as S3 writes it."""
    return base64_digest(hashlib.sha256(body).digest())


def _status(done: Any) -> str:
    if isinstance(done, dict):
        return str(done.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))
    return ""


@dataclass(frozen=True, slots=True)
class Attack:
    """One thing that must not work."""

    name: str
    door: str
    attack: Words
    why: Words
    act: Callable[[Stage], Outcome]
    expected: Words = REFUSED
