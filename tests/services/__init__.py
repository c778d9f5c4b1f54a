"""Real services for tests of every room."""
