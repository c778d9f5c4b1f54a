"""The nightly lock probe: attacks canaries through every door, and closes intake when one gets through."""

from __future__ import annotations

from catalog.probe_results import record_probe
from storage.probe import run_probe
from workers.runtime import Runtime


def probe_and_record(runtime: Runtime) -> bool:
    """Run the probe with the keys this process has, and keep what it found; answer whether it passed."""
    report = run_probe(runtime.settings.storage, plan=runtime.own_storage)
    with runtime.database.write() as session:
        record_probe(session, report.passed, report.to_json(), runtime.now())
    return bool(report.passed)
