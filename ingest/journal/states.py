"""Groups of states, as SQL: said once, so that no question forgets one.

found → copied → checked → uploaded → received → verified → clearable → cleared; other ends: held already,
changed while read, vanished, refused.
"""

NEEDED = "state IN ('copied', 'checked', 'uploaded')"
"""Nobody but this station has these bytes for certain."""
TO_SEND = "state IN ('checked', 'uploaded')"
ON_THE_WAY = f"{TO_SEND} AND attention = 0"
PROVEN = "state IN ('checked', 'uploaded', 'received', 'verified', 'clearable', 'cleared', 'held already')"
"""Copied and read back here, or held by the server: the recorder is not needed for them any more."""
RECEIVED = "state IN ('received', 'verified', 'clearable', 'cleared', 'held already')"
TO_COPY = "state IN ('found', 'copied')"
"""The recorder is still needed for them."""
CLEARABLE = "state IN ('clearable', 'cleared')"
"""Verified, the delay over, read back at the storage a second time: the spool's bytes may go."""
