"""What the server answers to a file: a receipt that is checked before it counts, or a refusal."""

from __future__ import annotations

import time

from ingest.errors import IntakeStopped, OtherProtocol, ServerRefused, StatementInvalid, TokenRefused
from ingest.handover.patience import Rests, TroubleKind, Troubles
from ingest.journal.journal import Journal
from ingest.journal.rows import FileRow
from ingest.office.trust import Trust
from ingest.protocol import SignedStatement


class ServerState:
    """Whether the server answers, for how many tries in a row it did not, and when a receipt last came."""

    def __init__(self, troubles: Troubles) -> None:
        self._troubles = troubles
        self.failures = 0
        self.last_answer = time.monotonic()

    def failed(self, error: Exception) -> None:
        """It could not be asked, or will not do it."""
        kind: TroubleKind = "server"
        if isinstance(error, IntakeStopped):
            kind = "intake"
        elif isinstance(error, TokenRefused):
            kind = "token"
        self._troubles.mark(kind, _said(error))

    def well(self) -> None:
        """It answered as it should."""
        self.failures = 0
        self._troubles.clear("server", "intake", "token")


def _said(error: Exception) -> str:
    """Answer the trouble in the server's words, or by a key of `ingest.words.words` where we have better ones."""
    if isinstance(error, OtherProtocol):
        return error.word
    if isinstance(error, ServerRefused):
        revoked = error.problem.error == "station-revoked"
        return error.problem.error if revoked else error.problem.what
    return str(error)


class Receipts:
    """Checks receipts and writes down refusals."""

    def __init__(self, journal: Journal, trust: Trust, rests: Rests) -> None:
        self._journal = journal
        self._trust = trust
        self._rests = rests

    def accept(self, row: FileRow, statement: SignedStatement) -> bool:
        """Check a receipt; one that does not check out leaves the file here, marked."""
        try:
            self._trust.check(statement, kind="received", size=row.size, sha256=row.sha256, sm3=row.sm3)
        except StatementInvalid as error:
            self._journal.attention(row.id, "receipt-invalid", str(error))
            return False
        self._rests.done(row.id)
        return True

    def not_wanted(self, row: FileRow, reason: str, *, retry: bool) -> None:
        """The server does not take it; `retry` says whether asking again can help."""
        if retry:
            self._rests.rest(row.id)
        else:
            self._journal.attention(row.id, "refused-by-server", reason)
