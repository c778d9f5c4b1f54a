"""Rebuilding: the list of originals made again from the storage alone (invariant 9)."""
