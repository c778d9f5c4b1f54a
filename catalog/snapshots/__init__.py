"""Snapshots: the whole catalog in one SQLite file, whichever database it lives in, and back."""
