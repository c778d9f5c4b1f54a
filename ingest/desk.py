"""A spool with everything that works on it: the client, the trust in its receipts, the hand-over, the keeper."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Self

from ingest.client import Client
from ingest.errors import IngestError
from ingest.handover import Handover
from ingest.keeping import Keeper
from ingest.sending import Sender
from ingest.settings import StationSettings
from ingest.spool import Spool
from ingest.trust import Trust
from ingest.words import Words


class Desk:
    """Carries on from what its journal holds as soon as it is made. Use as a context manager."""

    def __init__(self, settings: StationSettings, spool: Spool) -> None:
        """Take over the spool. Raises OSError when the station's token cannot be read."""
        self.settings = settings
        self.spool = spool
        self.words = Words(settings.language)
        self.journal = spool.journal
        self.client = Client(settings.server, settings.token(), settings.ca_file)
        pinned = settings.spool / "receipt-keys.json"
        self.trust = Trust(settings.receipt_key_file, pinned, self.client)
        self.handover = Handover(
            spool, self.client, self.trust, lambda: Sender(settings.ca_file), settings.upload_threads
        )
        self.keeper = Keeper(spool, self.client, self.trust, settings.free_after_hours, self.words)
        self._stopping = threading.Event()
        self._keeping = threading.Thread(target=self._keep, name="keep", daemon=True)

    def __enter__(self) -> Self:
        for docking in self.journal.dockings(only="running"):
            # Whoever ran it is gone; what it copied is handed over all the same.
            self.journal.end_docking(docking.id, datetime.now(UTC), "failed", "the station was interrupted")
        self.handover.start()
        self._keeping.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop within seconds; nothing is lost, everything is carried on next time."""
        self._stopping.set()
        self.handover.stop()
        self._keeping.join(5)
        self.client.close()
        self.spool.close()

    def keep_once(self) -> None:
        """One round of the keeper now; a server out of reach is no matter, anything else is logged and shown."""
        try:
            self.keeper.round(time.time())
        except IngestError:
            pass
        except Exception as error:  # noqa: BLE001  the keeper's thread must not die silently
            self.handover.unexpected(error)

    def _keep(self) -> None:
        while not self._stopping.wait(self.settings.statement_poll_seconds):
            self.keep_once()
