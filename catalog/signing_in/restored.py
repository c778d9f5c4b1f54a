"""What a restored back-up does to sessions, passkeys and tokens: it may be older than their ending."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, inspect, select
from sqlalchemy.orm import Session

from catalog.actors import system
from catalog.models import ApiToken, Passkey, SigninSession
from catalog.signing_in.passkeys import remove_all
from catalog.signing_in.tokens import revoke_token

ACTOR = system("restore")


def end_sessions_and_tokens(session: Session, now: datetime) -> int:
    """End all sessions, remove all passkeys and revoke all tokens of a catalog just restored; answer how many tokens it was.

    Nobody knows which were ended after the back-up was made. A back-up from before there were any has no such tables.
    """
    if not inspect(session.connection()).has_table(ApiToken.__tablename__):
        return 0
    session.execute(delete(SigninSession))
    good = session.scalars(select(ApiToken.id).where(ApiToken.revoked_at.is_(None))).all()
    for token in good:
        revoke_token(session, actor=ACTOR, token=token, now=now)
    if inspect(session.connection()).has_table(Passkey.__tablename__):
        owners = session.scalars(
            select(Passkey.account_id).where(Passkey.removed_at.is_(None)).distinct()
        ).all()
        for account in owners:
            remove_all(session, ACTOR, account, now)
    return len(good)
