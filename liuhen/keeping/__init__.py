"""Back-ups: catalog, secrets and settings in one file that proves itself, and the way back."""
