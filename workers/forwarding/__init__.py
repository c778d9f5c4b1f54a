"""Sending the custody log on: the way to a log collector, and the standing job."""
