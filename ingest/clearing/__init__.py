"""Removing from a recorder what is held for sure, and nothing else."""
