"""The lock probe: attacks canaries through every door of the storage, before evidence is trusted to it."""

from storage.probe.report import AttackResult, ProbeReport, Verdict
from storage.probe.run import run_probe

__all__ = ["AttackResult", "ProbeReport", "Verdict", "run_probe"]
