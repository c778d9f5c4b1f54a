"""A worker's runtime with real storage and an empty catalog, and clips received into it."""

from tests.workers.bench_desk import runtime, take

__all__ = ["runtime", "take"]
