"""From the recorder into the spool: recognised, read once, flushed, named, read back."""
