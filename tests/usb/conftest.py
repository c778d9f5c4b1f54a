from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ingest.reference_server import Server
from tests.usb import kernel
from tests.usb.machine import Machine
from tests.usb.site import Site


@pytest.fixture(scope="session")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One machine for all tests: each uses a serial number and recordings of its own."""
    if lacking := kernel.missing():
        pytest.skip(lacking)
    with Server() as office, Machine(tmp_path_factory.mktemp("usb")) as machine:
        yield Site(machine, office)


@pytest.fixture
def site(booted: Site) -> Iterator[Site]:
    """The machine with its station running and nothing plugged in; the station is to survive every test."""
    if not booted.running():
        booted.start()
    yield booted
    booted.machine.pull_all()
    assert booted.running(), booted.said()
    assert "Traceback" not in booted.said()
