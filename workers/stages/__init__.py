"""The stages of a clip: verify, describe, render, analyse, reread."""
