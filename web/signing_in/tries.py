"""Counting failed sign-ins over all web processes together: in Redis, and in this process while Redis is away.

A try counts as failed when it begins, and is taken back when it succeeds: a hundred at the same instant are a hundred.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from catalog.rules.signin_limits import FORGOTTEN, LIMITS, Scope

log = logging.getLogger(__name__)

SOCKET_SECONDS = 0.5
SILENT_SECONDS = 5.0
"""For so long after Redis did not answer it is not asked again: nobody waits for it at every try."""
REMEMBERED = 10_000

_BEGIN = """
local now, keep, worst = tonumber(ARGV[1]), tonumber(ARGV[2]), 0
for _, key in ipairs(KEYS) do
  local left = tonumber(redis.call('HGET', key, 'until') or '0') - now
  if left > worst then worst = left end
end
if worst > 0 then return {worst} end
local found = {0}
for i, key in ipairs(KEYS) do
  local waits = cjson.decode(ARGV[2 + i])
  local n = redis.call('HINCRBY', key, 'n', 1)
  local wait = waits[math.min(n, #waits)]
  if wait > 0 then redis.call('HSET', key, 'until', now + wait * 1000) end
  redis.call('PEXPIRE', key, keep)
  found[i + 1] = n
end
return found
"""
_TAKE_BACK = """
for _, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then
    if redis.call('HINCRBY', key, 'n', -1) <= 0 then redis.call('DEL', key) else redis.call('HDEL', key, 'until') end
  end
end
return 1
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a try may be made, and how many failed so far, this one counted among them."""

    wait: float = 0.0
    """Seconds until the next try; 0 when this one may be made."""
    failures: Mapping[Scope, int] = field(default_factory=dict)


class Counts(Protocol):
    """Where tries are counted; keys are digests, never names."""

    def begin(self, now: float, keys: Mapping[Scope, str]) -> Verdict:
        """Count a try as failed, unless one of its keys has to wait. `now`: seconds since 1970."""

    def take_back(self, keys: Mapping[Scope, str], *, forget: Scope | None) -> None:
        """The try does not count after all; `forget`'s count begins anew."""


class InMemory:
    """The counts of one process. Bounded, thread-safe."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[int, float, float]] = OrderedDict()
        """Failures, waiting until, last failure."""
        self._lock = threading.Lock()

    def begin(self, now: float, keys: Mapping[Scope, str]) -> Verdict:
        """Count a try as failed, unless one of its keys has to wait. `now`: seconds since 1970."""
        with self._lock:
            worst = max((self._of(key, now)[1] - now for key in keys.values()), default=0.0)
            if worst > 0:
                return Verdict(worst)
            failures: dict[Scope, int] = {}
            for scope, key in keys.items():
                failures[scope] = self._of(key, now)[0] + 1
                wait = LIMITS[scope].wait(failures[scope])
                self._known[key] = (failures[scope], now + wait if wait else 0.0, now)
                self._known.move_to_end(key)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
            return Verdict(0.0, failures)

    def take_back(self, keys: Mapping[Scope, str], *, forget: Scope | None) -> None:
        """Take a try back; `forget`'s count begins anew."""
        with self._lock:
            for scope, key in keys.items():
                n, _, last = self._known.pop(key, (0, 0.0, 0.0))
                if scope != forget and n > 1:
                    self._known[key] = (n - 1, 0.0, last)

    def _of(self, key: str, now: float) -> tuple[int, float, float]:
        found = self._known.get(key, (0, 0.0, now))
        return (0, 0.0, now) if now - found[2] > FORGOTTEN.total_seconds() else found


class InRedis:
    """The counts of all web processes. Raises redis.RedisError."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url,
            socket_timeout=SOCKET_SECONDS,
            socket_connect_timeout=SOCKET_SECONDS,
            retry=Retry(NoBackoff(), 1),  # a connection that Redis closed meanwhile is opened anew
        )
        self._begin: Any = self._redis.register_script(_BEGIN)
        self._take_back: Any = self._redis.register_script(_TAKE_BACK)

    def begin(self, now: float, keys: Mapping[Scope, str]) -> Verdict:
        """Count a try as failed, unless one of its keys has to wait. `now`: seconds since 1970."""
        keep = int(FORGOTTEN.total_seconds() * 1000)
        waits = [json.dumps(LIMITS[scope].waits()) for scope in keys]
        worst, *failures = self._begin(
            keys=[_called(k) for k in keys.values()], args=[int(now * 1000), keep, *waits]
        )
        return Verdict(worst / 1000, dict(zip(keys, map(int, failures), strict=False)))

    def take_back(self, keys: Mapping[Scope, str], *, forget: Scope | None) -> None:
        """Take a try back; `forget`'s count begins anew."""
        if forget is not None and forget in keys:
            self._redis.delete(_called(keys[forget]))
        if rest := [_called(key) for scope, key in keys.items() if scope != forget]:
            self._take_back(keys=rest)


def _called(key: str) -> str:
    return f"liuhen:tries:{key}"


class Tries:
    """Asked before each check of a password or code. Never raises: without Redis it counts here."""

    def __init__(self, broker_url: str, secret: str) -> None:
        self._secret = secret.encode()
        self._here = InMemory()
        self._everywhere = InRedis(broker_url) if broker_url.startswith(("redis://", "rediss://")) else None
        self._silent_until = 0.0

    def key(self, *parts: str) -> str:
        """Answer what a name or an address is counted under: a keyed digest, since people type passwords as names."""
        return hmac.new(self._secret, "\0".join(parts).encode(), hashlib.sha256).hexdigest()[:40]

    def begin(self, now: datetime, keys: Mapping[Scope, str]) -> Verdict:
        """Count a try as failed and answer whether it may be made."""
        if (everywhere := self._asked()) is not None:
            try:
                return everywhere.begin(now.timestamp(), keys)
            except redis.RedisError as error:
                self._fell_silent(error)
        return self._here.begin(now.timestamp(), keys)

    def succeeded(self, keys: Mapping[Scope, str]) -> None:
        """Take the try back, and forget what failed at its place."""
        self._take_back(keys, "place")

    def not_made(self, keys: Mapping[Scope, str]) -> None:
        """Take the try back: nothing was looked at."""
        self._take_back(keys, None)

    def _take_back(self, keys: Mapping[Scope, str], forget: Scope | None) -> None:
        self._here.take_back(keys, forget=forget)
        if (everywhere := self._asked()) is not None:
            try:
                everywhere.take_back(keys, forget=forget)
            except redis.RedisError as error:
                self._fell_silent(error)

    def _asked(self) -> InRedis | None:
        return self._everywhere if time.monotonic() >= self._silent_until else None

    def _fell_silent(self, error: redis.RedisError) -> None:
        log.warning(
            "failed sign-ins are counted in this process alone: the queue does not answer (%s)",
            type(error).__name__,
        )
        self._silent_until = time.monotonic() + SILENT_SECONDS
