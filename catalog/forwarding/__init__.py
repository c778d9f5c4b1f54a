"""Sending the custody log on to a log collector outside (syslog), as it grows and in its order."""
