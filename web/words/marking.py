"""Marking sentences for the translation catalog."""

from __future__ import annotations


def N_(sentence: str) -> str:  # noqa: N802 - the usual name
    """Mark a sentence for the catalog without translating it yet."""
    return sentence
