"""The journal's tables. Changes are new entries of `STEPS`; the file's `user_version` counts those that were done."""

STEPS = (
    """
    CREATE TABLE docking (
        id TEXT PRIMARY KEY,
        slot TEXT NOT NULL,
        recorder TEXT NOT NULL,          -- RecorderIdentity as JSON
        serial TEXT NOT NULL,
        started TEXT NOT NULL,           -- UTC, RFC 3339
        ended TEXT,
        reason TEXT CHECK (reason IN ('done', 'unplugged', 'failed')),
        message TEXT NOT NULL DEFAULT '',
        page TEXT NOT NULL DEFAULT '',
        opened INTEGER NOT NULL DEFAULT 0,  -- the server knows of it
        closed INTEGER NOT NULL DEFAULT 0   -- the server knows that it ended
    );
    CREATE TABLE file (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        docking TEXT NOT NULL REFERENCES docking (id),
        serial TEXT NOT NULL,
        path BLOB NOT NULL,
        size INTEGER,
        modified_ns INTEGER,
        state TEXT NOT NULL CHECK (state IN ('found', 'copied', 'uploaded', 'received', 'verified',
            'held already', 'changed while read', 'vanished', 'refused')),
        word TEXT NOT NULL DEFAULT '',   -- why, as a key of ingest.words
        detail TEXT NOT NULL DEFAULT '',
        attention INTEGER NOT NULL DEFAULT 0,
        spool TEXT,                      -- name in the spool; NULL when freed or never there
        sha256 TEXT, sm3 TEXT, head TEXT, tail TEXT,
        parts BLOB,                      -- SHA-256 of the parts, 32 bytes each
        bad_ranges TEXT NOT NULL DEFAULT '[]',
        read_method TEXT,
        copied_at REAL,                  -- seconds since 1970 by the station's clock
        waits_for INTEGER REFERENCES file (id),  -- the same bytes, on their way under another row
        clip TEXT, page TEXT NOT NULL DEFAULT '',
        held_already INTEGER NOT NULL DEFAULT 0,
        received TEXT, verified TEXT,    -- SignedStatement as JSON, checked
        verified_at REAL,                -- from when the delay runs: the later of the statement's time and ours
        reported INTEGER NOT NULL DEFAULT 0,  -- the server knows of this end
        UNIQUE (docking, path)
    );
    CREATE INDEX file_by_state ON file (state, id);
    CREATE INDEX file_by_recorder ON file (serial, path);
    CREATE INDEX file_by_digest ON file (sha256) WHERE sha256 IS NOT NULL;
    CREATE INDEX file_by_spool ON file (spool) WHERE spool IS NOT NULL;
    """,
    """
    CREATE TABLE keeping (               -- one row
        id INTEGER PRIMARY KEY CHECK (id = 1),
        last REAL NOT NULL               -- the keeper's last round, seconds since 1970 by the station's clock
    );
    """,
)
