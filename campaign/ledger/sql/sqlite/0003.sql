-- Version 3: who is behind a key, for rules that look at other runs; the ledger's own list of people
-- who must not be messaged; and test sends, which no count of a run includes.

-- Null where the key itself is the normalised address.
ALTER TABLE recipient ADD COLUMN identity TEXT;
-- 1: the message was sent outside a window that is known to be open, so the vendor counts it.
ALTER TABLE recipient ADD COLUMN initiated INTEGER;
-- Claims of all runs in the order of time: it grows at its end, so a claim costs hardly more.
CREATE INDEX recipient_by_claim ON recipient (claimed_at) WHERE claimed_at IS NOT NULL;

CREATE TABLE suppression (
    kind     TEXT    NOT NULL CHECK (kind IN ('number', 'email', 'user_id')),
    identity TEXT    NOT NULL,  -- the normalised address, or 'sha256:' and 64 hexadecimal digits
    added_at INTEGER NOT NULL,
    who      TEXT    NOT NULL,
    why      TEXT,
    PRIMARY KEY (kind, identity)
) WITHOUT ROWID;
-- What came since the last look, at every claim.
CREATE INDEX suppression_by_time ON suppression (kind, added_at);

CREATE TABLE test_send (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL,   -- of the campaign
    provider    TEXT    NOT NULL,
    channel     TEXT    NOT NULL,
    sandbox     INTEGER NOT NULL,
    address     TEXT    NOT NULL,
    source      TEXT,               -- the row of the list that was rendered, as "list.csv row 17"
    who         TEXT    NOT NULL,
    claimed_at  INTEGER NOT NULL,
    settled_at  INTEGER,            -- null: nobody knows whether it went out
    state       TEXT    NOT NULL CHECK (state IN
                ('sending', 'accepted', 'scheduled', 'failed', 'unknown')),
    reason      TEXT,
    code        TEXT,
    detail      TEXT,
    provider_id TEXT
);
