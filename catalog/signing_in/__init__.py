"""Signing in: sessions that end, second factors, tokens for integrators, and what is kept of guessing."""
