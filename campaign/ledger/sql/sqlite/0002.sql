-- Version 2: recipients that wait for their time (`held`), whether a resend can mend a failure, what a
-- decision rests on, and where this file lives. SQLite changes a table's checks only by a new table.

CREATE TABLE recipient_2 (
    run_id      INTEGER NOT NULL REFERENCES run (id),
    number      INTEGER NOT NULL,
    key         TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN
                ('sending', 'pending', 'accepted', 'scheduled', 'failed', 'unknown', 'skipped',
                 'held')),
    reason      TEXT,
    code        TEXT,
    detail      TEXT,
    provider_id TEXT,
    evidence    TEXT,   -- JSON: what the vendor's answer says about the conversation
    attempts    INTEGER NOT NULL,
    claimed_at  INTEGER,
    settled_at  INTEGER,
    resend      INTEGER,    -- of a failure: 1 a resend can mend it, 0 it cannot, null: see the reason
    not_before  INTEGER,    -- of a held one: when it may be sent to
    PRIMARY KEY (run_id, number)
) WITHOUT ROWID;
INSERT INTO recipient_2
SELECT run_id, number, key, state, reason, code, detail, provider_id, evidence, attempts, claimed_at,
       settled_at, NULL, NULL
FROM recipient;
DROP TABLE recipient;
ALTER TABLE recipient_2 RENAME TO recipient;

ALTER TABLE decision ADD COLUMN evidence TEXT;  -- JSON: what the decision rests on

CREATE TABLE event_2 (
    id     INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES run (id),
    at     INTEGER NOT NULL,
    epoch  INTEGER NOT NULL,
    what   TEXT    NOT NULL,
    detail TEXT
);
INSERT INTO event_2 (run_id, at, epoch, what, detail)
SELECT run_id, at, epoch, what, detail FROM event ORDER BY rowid;
DROP TABLE event;
ALTER TABLE event_2 RENAME TO event;

-- The file that this ledger is, so that a copy of it is noticed: one row, none before the first run.
CREATE TABLE home (
    only_one    INTEGER PRIMARY KEY CHECK (only_one = 1),
    machine     TEXT    NOT NULL,
    file        TEXT    NOT NULL,   -- the file's number on its file system
    file_system TEXT    NOT NULL
);
