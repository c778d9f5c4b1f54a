"""The station's memory: which file stands where, in SQLite with every commit flushed."""
