"""What can go wrong at a station. A class's docstring is what happened; callers say what is safe and what to do next."""

from __future__ import annotations

from ingest.protocol import Problem


class IngestError(Exception):
    """Base of everything this room raises on purpose."""


class Unplugged(IngestError):
    """The recorder is gone: pulled out, switched off or unmounted."""


class Vanished(IngestError):
    """A listed file is no longer there."""


class NotTaken(IngestError):
    """What stands at this path is no regular file, or may not be opened. `word` names the reason."""

    def __init__(self, word: str, detail: str = "") -> None:
        super().__init__(f"{word}: {detail}" if detail else word)
        self.word = word
        self.detail = detail


class NotSupported(NotTaken):
    """The recorder, or its driver, cannot do that."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("not-supported", detail)


class NotAttached(IngestError):
    """What is plugged in cannot be opened. `word` names the reason (see `ingest.words.words`), `detail` fills its sentence."""

    def __init__(self, word: str, detail: str = "") -> None:
        super().__init__(f"{word}: {detail}" if detail else word)
        self.word = word
        self.detail = detail


class LogInRefused(IngestError):
    """The recorder does not accept this log-in."""


class ChangedWhileRead(IngestError):
    """The file's size or time changed between opening it and reading its end."""


class NothingReadable(IngestError):
    """Not one byte of the file could be read."""


class SpoolFull(IngestError):
    """The spool's disk has no room left above its reserve."""


class SpoolFailed(IngestError):
    """The spool's disk answers with errors."""


class JournalDamaged(SpoolFailed):
    """Pages of the journal are damaged; it is set aside with everything beside it, and a new one begins."""


class SpoolDamaged(IngestError):
    """What was read back from the spool differs from what was read from the recorder."""


class SpoolBusy(IngestError):
    """Another process works in this spool folder."""


class SigningKeyUnusable(IngestError):
    """The file with the station's own key cannot be used; the message says why. Recordings are taken in all the same."""


class StatementInvalid(IngestError):
    """A statement's signature, key or content does not check out; it counts for nothing."""


class ServerUnreachable(IngestError):
    """The server could not be asked, or kept answering that it cannot work now."""


class ServerTroubled(ServerUnreachable):
    """The server kept meeting trouble of its own with this very question; others may be answered."""


class ServerRefused(IngestError):
    """The server answered that it will not do this; `problem` is its own account, `status` the HTTP status."""

    def __init__(self, problem: Problem, status: int) -> None:
        super().__init__(f"{problem.error}: {problem.what}")
        self.problem = problem
        self.status = status


class IntakeStopped(ServerRefused):
    """The server takes nothing in now, for instance because the storage's lock probe failed."""


class OtherProtocol(ServerRefused):
    """Station and server speak no common version of the protocol. `word` names who is to be upgraded."""

    def __init__(self, problem: Problem, status: int, word: str) -> None:
        super().__init__(problem, status)
        self.word = word


class TokenRefused(ServerRefused):
    """The server does not accept this station's token."""


class StorageUnreachable(IngestError):
    """The object storage could not be reached, or answered that it cannot work now."""


class AddressExpired(IngestError):
    """The storage no longer accepts this presigned address (403)."""


class PartRefused(IngestError):
    """The storage refuses these bytes: they are not what was signed (400)."""


class UploadClosed(IngestError):
    """The storage knows no open upload here (404), or the object stands already (412)."""
