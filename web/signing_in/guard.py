"""One try to prove who one is: counted, computed within bounds, and kept in the log when it failed."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar, cast
from uuid import UUID

from flask import current_app, request
from werkzeug.wrappers import Response

from catalog.accounts.rescuing import count_unlocks
from catalog.people import find_account
from catalog.rules.signin_limits import LIMITS, Scope, is_first_lock, neighbourhood
from catalog.signing_in.guessing import note_locked_out
from catalog.signing_in.tallying import count_lock_out, note_refusal
from web.components import components
from web.errors import Trouble, show, trouble_of
from web.formats import lasting
from web.signing_in.device import known_device, remember_device
from web.signing_in.hashing import Busy, Turns
from web.signing_in.tries import Tries, Verdict
from web.speech import _

BUSY_SECONDS = 5.0

T = TypeVar("T")


class NotNow(Exception):
    """The try was not looked at: too many failed, or too many try at this moment. `seconds` until the next."""

    def __init__(self, seconds: float, *, busy: bool = False) -> None:
        super().__init__(seconds)
        self.seconds = seconds
        self.busy = busy


def tries() -> Tries:
    """Answer where failed tries are counted."""
    return cast("Tries", current_app.extensions["liuhen.tries"])


def turns() -> Turns:
    """Answer what bounds the computing of passwords in this process."""
    return cast("Turns", current_app.extensions["liuhen.turns"])


def guarded(
    typed: str, check: Callable[[], T | None], *, why: str | Callable[[], str], sitting: str | None = None
) -> T | None:
    """Answer what `check` answers, once for this try; None when it failed, which is counted and entered as `why`.

    `typed` is a user name or an e-mail address. `sitting` names the session of somebody who is signed in: their tries
    are counted there. Raises NotNow.
    """
    here, counting = components(), tries()
    now = here.clock()
    with here.database.read() as db:
        account = find_account(db, typed)
        known = account.id if account is not None else None
        unlocks = count_unlocks(db, known) if known else 0
    keys = _keys(counting, str(known) if known else typed.lower(), sitting, unlocks)
    verdict = counting.begin(now, keys)
    if verdict.wait > 0:
        raise NotNow(verdict.wait)
    try:
        found = turns()(check)
    except Busy:
        counting.not_made(keys)
        raise NotNow(BUSY_SECONDS, busy=True) from None
    if found is None:
        _keep(typed, known, why if isinstance(why, str) else why(), verdict)
    else:
        counting.succeeded(keys)
    return found


def known_here(response: Response, account: UUID) -> None:
    """Remember that this account signed in on this device."""
    remember_device(response, tries().key("name", str(account)))


def refuse(refusal: NotNow) -> Response:
    """Answer 429 with how long to wait, in words and for programmes. It reads the same whether the name exists or not."""
    usual = trouble_of(429)
    wait = lasting(timedelta(seconds=max(1, math.ceil(refusal.seconds))))
    if refusal.busy:
        what, after = (
            _("Many people are signing in at this moment."),
            _("Wait %(time)s, then try again.", time=wait),
        )
    else:
        what, after = (
            usual.what,
            _("Wait %(time)s, then try again, or ask the administrator for a sign-in link.", time=wait),
        )
    response = show(Trouble(429, what, usual.safe, after))
    response.headers["Retry-After"] = str(max(1, math.ceil(refusal.seconds)))
    return response


def _keys(counting: Tries, who: str, sitting: str | None, unlocks: int) -> dict[Scope, str]:
    name = counting.key("name", who)
    if unlocks:
        # Under another key everything counted of this account begins anew, in Redis and in the memory of each process.
        who = f"{who}#{unlocks}"
    if sitting is not None:
        return {"place": counting.key("sitting", sitting, who)}
    device = known_device(name)
    if device is not None:
        return {"place": counting.key("device", device, who)}
    address = neighbourhood(request.remote_addr)
    return {
        "place": counting.key("place", address, who),
        "name": counting.key("name", who),
        "address": counting.key("address", address),
    }


def _keep(typed: str, account: UUID | None, why: str, verdict: Verdict) -> None:
    here = components()
    now = here.clock()
    waits = [LIMITS[scope].wait(n) for scope, n in verdict.failures.items() if scope != "address"]
    longest = max(waits, default=0)
    with here.database.write() as db:
        note_refusal(
            db,
            name=typed,
            account=find_account(db, typed),
            address=request.remote_addr,
            why=why,
            now=now,
            waits_until=now + timedelta(seconds=longest) if longest else None,
        )
        for scope, failures in verdict.failures.items():
            if is_first_lock(scope, failures) and count_lock_out(db, account, now):
                note_locked_out(
                    db,
                    scope=scope,
                    account=account,
                    typed=typed,
                    address=request.remote_addr,
                    failures=failures,
                    seconds=LIMITS[scope].wait(failures),
                    now=now,
                )
