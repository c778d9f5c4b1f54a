"""A spool with everything that works on it: the client, the trust in its receipts, the hand-over, the keeper."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from datetime import UTC, datetime
from typing import Self

from ingest.clock import station_clock
from ingest.copying.rechecking import Rechecker
from ingest.copying.room import JOURNAL_ROOM, Room
from ingest.errors import IngestError
from ingest.handover.handover import Handover
from ingest.handover.sending import Sender
from ingest.office.client import Client
from ingest.office.keeping import Keeper
from ingest.office.orders import queue_of
from ingest.office.picks import send_picks
from ingest.office.trust import Trust
from ingest.profiles.loading import load_profiles
from ingest.protocol import StationQueue
from ingest.settings import StationSettings
from ingest.sheets.keeper import SheetKeeper
from ingest.spool import STATION, Spool
from ingest.words.words import Words

log = logging.getLogger(__name__)


class Desk:
    """Carries on from what its journal holds as soon as it is made. Use as a context manager."""

    def __init__(self, settings: StationSettings, spool: Spool) -> None:
        """Take over the spool. Raises OSError when the station's token cannot be read."""
        self.settings = settings
        self.spool = spool
        self.words = Words(settings.language)
        self.journal = spool.journal
        self.client = Client(
            settings.server, settings.token(), settings.ca_file, token_file=settings.token_file
        )
        profiles = load_profiles(settings.profiles)
        self.profiles = profiles.usable
        for bad in profiles.bad:
            log.warning("%s", self.words.say("bad-profile", file=bad.file, where=bad.where, what=bad.what))
        pinned = settings.spool / "receipt-keys.json"
        self.trust = Trust(settings.receipt_key_file, pinned, self.client)
        self.handover = Handover(
            spool, self.client, self.trust, lambda: Sender(settings.ca_file), settings.upload_threads
        )
        self.room = Room(spool.folder, max(settings.disk_reserve, JOURNAL_ROOM))
        self.keeper = Keeper(
            spool,
            self.client,
            self.trust,
            settings.free_after_hours,
            self.words,
            queue=self._queue,
            retried=self.handover.wake,
            sheets=SheetKeeper(
                spool, self.client, self.words, key=settings.key_path, station=settings.station
            ).round,
        )
        self.away_since: float | None = None
        """Since when the server does not answer the keeper, seconds since 1970; None while it does."""
        self._stopping = threading.Event()
        self._keeping = threading.Thread(target=self._keep, name="keep", daemon=True)
        self.rechecker = Rechecker(spool, done=self.handover.wake, unexpected=self.handover.unexpected)
        self._rechecking = threading.Thread(target=self.rechecker.run, name="recheck", daemon=True)

    def __enter__(self) -> Self:
        self.journal.left_open_before("interrupted")
        for docking in self.journal.dockings(only="running"):
            # Whoever ran it is gone; what it copied is handed over all the same.
            self.journal.end_docking(docking.id, datetime.now(UTC), "failed", "the station was interrupted")
        self.handover.start()
        self._keeping.start()
        self._rechecking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop within seconds; nothing is lost, everything is carried on next time."""
        self._stopping.set()
        self.rechecker.stop()
        self.handover.stop()
        self._keeping.join(5)
        self._rechecking.join(5)
        self.client.close()
        self.spool.close()

    def _queue(self) -> StationQueue | None:
        """How the station stands; spools of those who dock by hand are not the station's to say."""
        if self.spool.path.name != STATION:
            return None
        return queue_of(self.spool, full=self.room.full, trouble=self.handover.trouble, clock=station_clock)

    def keep_once(self) -> None:
        """One round of the keeper now; a server out of reach is no matter, anything else is logged and shown."""
        try:
            self.keeper.round(time.time())
            self.away_since = None
        except IngestError:
            self.away_since = self.away_since or time.time()
        except Exception as error:  # noqa: BLE001  the keeper's thread must not die silently
            self.handover.unexpected(error)

    def tell_picks(self) -> None:
        """Tell the server now who recorded, as somebody just said; the keeper tells it until the server knows."""

        def tell() -> None:
            with contextlib.suppress(IngestError, sqlite3.Error):
                send_picks(self.journal, self.client)

        threading.Thread(target=tell, name="tell-picks", daemon=True).start()

    def _keep(self) -> None:
        while not self._stopping.wait(self.settings.statement_poll_seconds):
            self.keep_once()
