"""A storm of faults over many small worlds: a station, its cards and an office each, drawn from one seed.

`python -m tests.faults.storm --seed S --worlds 0-9` runs some by hand; `tests/faults/test_storm.py` runs them for
`make test` and `make soak`. What came of a world is judged by `tests/faults/checker.py`, which knows nothing of this.
"""
