"""What gunicorn serves is composed for people and stations who wait."""

import importlib
from pathlib import Path

import pytest

from liuhen import secrets
from web.components import Components


def test_web_threads_do_not_wait_long_for_the_storage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIUHEN_DATA", str(tmp_path))
    secrets.create_missing(tmp_path)
    (tmp_path / "catalog").mkdir()
    wsgi = importlib.import_module("liuhen.wsgi")
    here = wsgi.application.extensions["liuhen"]
    assert isinstance(here, Components)
    try:
        for store in (here.evidence, here.derived):
            assert store.patience.seconds == 5
    finally:
        here.evidence.close()
        here.derived.close()
        here.database.close()
        here.threads.shutdown()
