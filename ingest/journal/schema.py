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
        word TEXT NOT NULL DEFAULT '',   -- why, as a key of ingest.words.words
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
    # What was called `copied` had been read back as well: it is `checked` now.
    """
    CREATE TABLE file_new (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        docking TEXT NOT NULL REFERENCES docking (id),
        serial TEXT NOT NULL,
        path BLOB NOT NULL,
        size INTEGER,
        modified_ns INTEGER,
        state TEXT NOT NULL CHECK (state IN ('found', 'copied', 'checked', 'uploaded', 'received', 'verified',
            'clearable', 'cleared', 'held already', 'changed while read', 'vanished', 'refused')),
        word TEXT NOT NULL DEFAULT '',
        detail TEXT NOT NULL DEFAULT '',
        attention INTEGER NOT NULL DEFAULT 0,
        spool TEXT,
        sha256 TEXT, sm3 TEXT, head TEXT, tail TEXT,
        parts BLOB,
        bad_ranges TEXT NOT NULL DEFAULT '[]',
        read_method TEXT,
        copied_at REAL,
        waits_for INTEGER REFERENCES file (id),
        clip TEXT, page TEXT NOT NULL DEFAULT '',
        held_already INTEGER NOT NULL DEFAULT 0,
        received TEXT, verified TEXT,
        verified_at REAL,
        reported INTEGER NOT NULL DEFAULT 0,
        reread TEXT,                     -- SignedStatement as JSON, checked
        named TEXT,                      -- NameFacts as JSON; NULL where no profile fits
        important INTEGER NOT NULL DEFAULT 0,  -- marked on the recorder: never cleared from it
        new INTEGER,                     -- whether these bytes were held nowhere before; NULL while not known
        clear_from REAL,                 -- read again on the recorder, about to be removed: seconds since 1970
        cleared_at REAL,                 -- when it was removed from the recorder, seconds since 1970
        cleared_reported INTEGER NOT NULL DEFAULT 0,  -- the server knows that
        UNIQUE (docking, path)
    );
    INSERT INTO file_new (id, docking, serial, path, size, modified_ns, state, word, detail, attention, spool,
        sha256, sm3, head, tail, parts, bad_ranges, read_method, copied_at, waits_for, clip, page, held_already,
        received, verified, verified_at, reported, new)
    SELECT id, docking, serial, path, size, modified_ns, iif(state = 'copied', 'checked', state), word, detail,
        attention, spool, sha256, sm3, head, tail, parts, bad_ranges, read_method, copied_at, waits_for, clip, page,
        held_already, received, verified, verified_at, reported, iif(received IS NULL, NULL, 1 - held_already)
    FROM file;
    DROP TABLE file;
    ALTER TABLE file_new RENAME TO file;
    CREATE INDEX file_by_state ON file (state, id);
    CREATE INDEX file_by_docking_state ON file (docking, state, id);
    CREATE INDEX file_by_recorder ON file (serial, path);
    CREATE INDEX file_by_digest ON file (sha256) WHERE sha256 IS NOT NULL;
    CREATE INDEX file_by_spool ON file (spool) WHERE spool IS NOT NULL;
    CREATE INDEX file_failed ON file (docking) WHERE attention = 1;
    CREATE INDEX file_to_tell ON file (docking) WHERE cleared_at IS NOT NULL AND cleared_reported = 0;
    ALTER TABLE docking ADD COLUMN answer TEXT;          -- the last DockingOpened as JSON
    ALTER TABLE docking ADD COLUMN picked TEXT;          -- PickedOfficer as JSON
    ALTER TABLE docking ADD COLUMN picked_sent INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE docking ADD COLUMN confirmed_by TEXT;    -- who confirmed at the station that files may be cleared
    ALTER TABLE docking ADD COLUMN sheet_revision INTEGER NOT NULL DEFAULT 0;  -- the last one that was made
    ALTER TABLE docking ADD COLUMN sheet_sent INTEGER NOT NULL DEFAULT 0;      -- the last one the server keeps
    CREATE TABLE order_done (
        id TEXT PRIMARY KEY,             -- of an order of the office that was carried out, or could not be
        result TEXT NOT NULL,            -- as in OrderDone
        told INTEGER NOT NULL DEFAULT 0  -- the server knows
    );
    """,
)
