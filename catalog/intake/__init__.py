"""Receiving originals from stations: dockings, offers, completion, receipts."""
