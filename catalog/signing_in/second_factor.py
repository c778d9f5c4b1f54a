"""A second factor: the six digits of an authenticator app (RFC 6238), and recovery codes for the day it is lost."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from catalog.actors import Actor, system
from catalog.custody.log import add_entry
from catalog.models import Account, RecoveryCode, SecondFactor
from catalog.people import UnknownAccount, end_sessions, find_account
from catalog.refused import Refused

STEP_SECONDS, DIGITS, SECRET_BYTES = 30, 6, 20
EITHER_SIDE = 1
"""Steps by which the telephone's clock may be early or late."""
CODES = 10
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U."""
GROUPS, GROUP = 4, 4
"""16 letters of 5 bits: 80 bits, so that a plain digest suffices."""
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})

WHY = ("wrong-code", "not-begun", "set-already", "not-set", "needed-for-role")


class SecondFactorRefused(Refused):
    """A second factor was not set, or not removed; `why` is one of `WHY`."""


class Unreadable(Exception):
    """The secret was encrypted with another key than this system has."""


class Vault:
    """Encrypts secrets of second factors with a key from the secrets folder, each bound to its account."""

    def __init__(self, key: bytes) -> None:
        self._key = AESGCM(key)

    def seal(self, account: UUID, secret: bytes) -> str:
        """Answer nonce and ciphertext (base64)."""
        nonce = secrets.token_bytes(12)
        return base64.b64encode(nonce + self._key.encrypt(nonce, secret, account.bytes)).decode()

    def open(self, account: UUID, sealed: str) -> bytes:
        """Answer the secret. Raises Unreadable."""
        raw = base64.b64decode(sealed)
        try:
            return self._key.decrypt(raw[:12], raw[12:], account.bytes)
        except InvalidTag as error:
            raise Unreadable from error


def code_at(secret: bytes, step: int) -> str:
    """Answer the six digits of a 30-second step since 1970. SHA-1 is what every authenticator app speaks."""
    return _totp(secret).generate(step * STEP_SECONDS).decode()


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303 - as RFC 6238 has it, inside HMAC


def matching_step(secret: bytes, code: str, now: datetime, *, after: int) -> int | None:
    """Answer the step whose code this is, of those about `now` and later than `after`; None for none."""
    digits = "".join(code.split())
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    middle = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(middle - EITHER_SIDE, middle + EITHER_SIDE + 1):
        if hmac.compare_digest(code_at(secret, step), digits) and step > after:
            found = step
    return found


def has_second_factor(session: Session, account: UUID) -> bool:
    """Answer whether a second factor counts for this account."""
    return (
        session.scalar(
            select(SecondFactor.account_id).where(
                SecondFactor.account_id == account, SecondFactor.confirmed_at.is_not(None)
            )
        )
        is not None
    )


def codes_left(session: Session, account: UUID) -> int:
    """Answer how many recovery codes are unused."""
    query = select(func.count()).select_from(RecoveryCode)
    return (
        session.scalar(query.where(RecoveryCode.account_id == account, RecoveryCode.used_at.is_(None))) or 0
    )


def begin(session: Session, actor: Actor, vault: Vault, secret: bytes, now: datetime) -> None:
    """Keep a fresh secret that does not count yet; an earlier one that was not confirmed is gone.

    Raises SecondFactorRefused (`set-already`).
    """
    account = _locked(session, actor)
    known = session.get(SecondFactor, account.id)
    if known is not None and known.confirmed_at is not None:
        raise SecondFactorRefused("set-already")
    if known is None:
        known = SecondFactor(account_id=account.id)
        session.add(known)
    known.sealed, known.begun_at, known.last_step = vault.seal(account.id, secret), now, 0
    session.flush()


def begun_secret(session: Session, account: UUID, vault: Vault) -> bytes | None:
    """Answer the secret that waits for its first code; None when there is none. Raises Unreadable."""
    known = session.get(SecondFactor, account)
    return None if known is None or known.confirmed_at is not None else vault.open(account, known.sealed)


def key_uri(secret: bytes, name: str, issuer: str) -> str:
    """Answer what the QR code holds."""
    return _totp(secret).get_provisioning_uri(name, issuer)


def confirm(session: Session, actor: Actor, vault: Vault, code: str, now: datetime) -> list[str]:
    """Let the secret count, since its code was shown; answer the recovery codes, told once. Other sessions end.

    Raises SecondFactorRefused (`not-begun`, `set-already`, `wrong-code`).
    """
    account = _locked(session, actor)
    known = session.get(SecondFactor, account.id)
    if known is None:
        raise SecondFactorRefused("not-begun")
    if known.confirmed_at is not None:
        raise SecondFactorRefused("set-already")
    step = matching_step(vault.open(account.id, known.sealed), code, now, after=known.last_step)
    if step is None:
        raise SecondFactorRefused("wrong-code")
    known.confirmed_at, known.last_step = now, step
    end_sessions(account)
    codes = _fresh_codes(session, account.id)
    _enter(session, actor, account, "account.second-factor-set", now)
    return codes


def take_code(session: Session, account: UUID, vault: Vault, code: str, now: datetime) -> str | None:
    """Use up a code of the app or a recovery code; answer `app` or `recovery`, or None when it is neither.

    Each is good once: of two requests with the same code at the same instant one is refused. Raises Unreadable.
    """
    known = session.get(SecondFactor, account, with_for_update=True)
    if known is None or known.confirmed_at is None:
        return None
    digest = _digest(code)
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.digest == digest, RecoveryCode.account_id == account, RecoveryCode.used_at.is_(None)
        )
        .values(used_at=now)
    )
    if used.rowcount == 1:  # type: ignore[attr-defined]
        return "recovery"
    step = matching_step(vault.open(account, known.sealed), code, now, after=known.last_step)
    if step is None:
        return None
    taken = session.execute(
        update(SecondFactor)
        .where(SecondFactor.account_id == account, SecondFactor.last_step < step)
        .values(last_step=step)
    )
    return "app" if taken.rowcount == 1 else None  # type: ignore[attr-defined]


def renew_codes(session: Session, actor: Actor, now: datetime) -> list[str]:
    """Answer fresh recovery codes; the earlier ones end. Raises SecondFactorRefused (`not-set`)."""
    account = _locked(session, actor)
    if not has_second_factor(session, account.id):
        raise SecondFactorRefused("not-set")
    codes = _fresh_codes(session, account.id)
    _enter(session, actor, account, "account.recovery-codes-made", now)
    return codes


def remove(
    session: Session, actor: Actor, vault: Vault, code: str, *, needed_for: Sequence[str], now: datetime
) -> None:
    """Switch the second factor off; other sessions end. A code of it is needed.

    Raises SecondFactorRefused (`not-set`, `needed-for-role`, `wrong-code`).
    """
    account = _locked(session, actor)
    if not has_second_factor(session, account.id):
        raise SecondFactorRefused("not-set")
    if set(needed_for) & {role.name for role in account.roles}:
        raise SecondFactorRefused("needed-for-role")
    if take_code(session, account.id, vault, code, now) is None:
        raise SecondFactorRefused("wrong-code")
    _drop(session, account)
    _enter(session, actor, account, "account.second-factor-removed", now)


def reset(session: Session, username: str, now: datetime) -> bool:
    """Take a lost second factor away, on the word of whoever runs the server; answer whether there was one.

    Sessions of the account end. Raises UnknownAccount.
    """
    account = find_account(session, username)
    if account is None:
        raise UnknownAccount(username)
    if session.get(SecondFactor, account.id, with_for_update=True) is None:
        return False
    _drop(session, account)
    _enter(session, system("operator"), account, "account.second-factor-reset", now)
    return True


def _drop(session: Session, account: Account) -> None:
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    session.execute(delete(SecondFactor).where(SecondFactor.account_id == account.id))
    end_sessions(account)


def _fresh_codes(session: Session, account: UUID) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account))
    plain = ["".join(secrets.choice(LETTERS) for _ in range(GROUPS * GROUP)) for _ in range(CODES)]
    session.add_all(
        RecoveryCode(digest=_digest(one), account_id=account, place=n) for n, one in enumerate(plain, 1)
    )
    session.flush()
    return ["-".join(one[n : n + GROUP] for n in range(0, len(one), GROUP)) for one in plain]


def _digest(code: str) -> str:
    plain = "".join(code.split()).replace("-", "").upper().translate(_LOOKALIKES)
    return hashlib.sha256(plain.encode()).hexdigest()


def _locked(session: Session, actor: Actor) -> Account:
    if actor.id is None:
        raise UnknownAccount(actor.name)
    return session.get_one(Account, actor.id, with_for_update=True)


_SWITCHED = {
    "account.second-factor-set": (False, True),
    "account.second-factor-removed": (True, False),
    "account.second-factor-reset": (True, False),
}
"""Whether there was a second factor before an act, and whether after it."""


def _enter(session: Session, actor: Actor, account: Account, action: str, now: datetime) -> None:
    was = _SWITCHED.get(action)
    add_entry(
        session,
        actor=actor,
        action=action,
        subjects={"account": account.id},
        facts={"before": {"second_factor": was[0]}, "after": {"second_factor": was[1]}} if was else None,
        now=now,
    )
