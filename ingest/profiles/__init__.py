"""Recorder profiles: what a recorder's file names say, as data (`*.toml`), and pure functions that read them."""
