"""The nightly probe opens and shuts intake (invariant 7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from catalog.models import Incident
from catalog.probe_results import STALE_AFTER, intake_state, record_probe
from tests.services.seaweedfs import SeaweedServer, running_seaweed
from tests.workers.bench_desk import runtime  # noqa: F401 - a fixture
from workers.probing import probe_and_record
from workers.runtime import Runtime


def test_intake_is_shut_before_the_first_probe_open_after_it_and_shut_when_it_is_old(
    runtime: Runtime,  # noqa: F811
    seaweed_server: SeaweedServer,
) -> None:
    runtime = replace(runtime, own_storage=seaweed_server.plan)
    with runtime.database.read() as session:
        assert not intake_state(session, runtime.now()).open
    assert probe_and_record(runtime)
    with runtime.database.read() as session:
        assert intake_state(session, runtime.now()).open
        late = intake_state(session, runtime.now() + STALE_AFTER + timedelta(minutes=1))
        assert not late.open
        assert "48 hours" in late.reason
    runtime.database.close()


def test_a_probe_that_gets_through_shuts_intake_and_is_an_incident(runtime: Runtime) -> None:  # noqa: F811
    with running_seaweed(hardened=False) as open_doors:
        settings = runtime.settings.model_copy(update={"storage": open_doors.settings})
        careless = replace(runtime, settings=settings, own_storage=open_doors.plan)
        assert not probe_and_record(careless)
        with careless.database.read() as session:
            state = intake_state(session, careless.now())
            assert not state.open
            assert "does not protect" in state.reason
            assert [i.kind for i in session.query(Incident)] == ["storage-lock-broken"]
        careless.database.close()


def test_the_newest_probe_decides(runtime: Runtime) -> None:  # noqa: F811
    now = runtime.now()
    with runtime.database.write() as session:
        record_probe(session, passed=True, report={}, now=now - timedelta(hours=2))
        record_probe(session, passed=False, report={}, now=now - timedelta(hours=1))
        assert not intake_state(session, now).open
        record_probe(session, passed=True, report={}, now=now)
        assert intake_state(session, now).open
