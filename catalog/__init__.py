"""What exists and what may happen to it: cases, steps, clips, recorders, retention, the custody log."""
