"""Who recorded, as somebody said at the station: told to the server until it knows."""

from __future__ import annotations

import logging
import threading

from ingest.errors import ServerRefused
from ingest.journal.journal import Journal
from ingest.office.client import Client

_ONE_BY_ONE = threading.Lock()
"""Held while picks are sent: an earlier one that is slow must not arrive after a later one."""

log = logging.getLogger(__name__)


def send_picks(journal: Journal, client: Client) -> None:
    """Tell the server of picks it does not know; what it cannot take yet is told again. Raises ServerUnreachable."""
    with _ONE_BY_ONE:
        for docking in journal.dockings(only="pick to send"):
            if docking.picked is None:
                continue
            try:
                client.pick_officer(docking.id, docking.picked)
            except ServerRefused as error:
                if error.problem.retry or error.status in {401, 404, 405}:
                    continue  # it does not know the docking, or does not accept us, at the moment
                log.warning("the server does not take the name picked at docking %s: %s", docking.id, error)
            journal.pick_sent(docking.id, docking.picked)
