"""What gunicorn finds: the web application with this system's settings."""

from __future__ import annotations

from catalog.database import Database
from catalog.intake.sealed import Sealer
from catalog.receipts import Signer
from liuhen.settings import load
from storage.store import ObjectStore
from web.app import create_app
from web.components import Components
from web.enqueueing import Enqueuer
from web.settings import WebSettings


def compose(settings: WebSettings) -> Components:
    """Open what the web room works with."""
    return Components(
        settings=settings,
        database=Database.open(settings.catalog.database_url),
        evidence=ObjectStore(settings.storage, settings.storage.evidence_bucket),
        derived=ObjectStore(settings.storage, settings.storage.derived_bucket),
        signer=Signer.load(settings.catalog.receipt_key_file),
        sealer=Sealer.load(settings.catalog.metadata_key_file),
        enqueue=Enqueuer(settings.broker_url.get_secret_value()),
    )


application = create_app(compose(load().web))
