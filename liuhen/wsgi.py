"""What gunicorn finds: the web application with this system's settings."""

from __future__ import annotations

import gc

from catalog.database import Database
from catalog.intake.sealed import Sealer
from catalog.receipts import Signer
from liuhen.logs import set_up
from liuhen.settings import load
from storage.store import ObjectStore
from web.app import create_app
from web.components import Components
from web.enqueueing import Enqueuer
from web.settings import WebSettings

COLLECTED_AFTER = 20_000
"""New objects between two looks of the collector; Python's 700 are less than one page makes."""
STORAGE_PATIENCE_SECONDS = 5.0
"""A web thread waits no longer for the storage: stations repeat by themselves, and people should be told."""


def compose(settings: WebSettings) -> Components:
    """Open what the web room works with."""
    patience = min(STORAGE_PATIENCE_SECONDS, settings.storage.patience_seconds)
    storage = settings.storage.model_copy(update={"patience_seconds": patience})
    return Components(
        settings=settings,
        database=Database.open(settings.catalog.database_url),
        evidence=ObjectStore(storage, settings.storage.evidence_bucket),
        derived=ObjectStore(storage, settings.storage.derived_bucket),
        signer=Signer.load(settings.catalog.receipt_key_file),
        sealer=Sealer.load(settings.catalog.metadata_key_file),
        enqueue=Enqueuer(settings.broker_url.get_secret_value()),
    )


def leave_the_program_alone() -> None:
    """Let the collector of garbage pass over what stays for good, and look less often.

    Every page makes tens of thousands of objects that are gone with it, and each full collection walked through the
    whole program: a quarter of the processor's time with many people at once.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER, 20, 20)


settings = load()
set_up(settings.log_format)
application = create_app(compose(settings.web))
leave_the_program_alone()
