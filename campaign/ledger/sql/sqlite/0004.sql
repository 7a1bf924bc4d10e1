-- Version 4: what came back of the messages, and by which names the vendors and the people are known.
-- All of it is written afterwards, by who reads what came back; a claim costs what it did.

-- One row for each recipient of whom anything was heard: the earliest time of each thing that happened.
-- It is of one claim, and what is said of a message is of one message: of a newer claim, and of a
-- message that was made earlier, it begins anew.
CREATE TABLE delivery (
    run_id         INTEGER NOT NULL REFERENCES run (id),
    number         INTEGER NOT NULL,
    claimed_at     INTEGER NOT NULL,
    -- When the message was made that was taken for ours by its address; 0 where the vendor's answer
    -- named it, and the largest number where nothing was said of any.
    made           INTEGER NOT NULL,
    sent_at        INTEGER,
    delivered_at   INTEGER,
    read_at        INTEGER,
    replied_at     INTEGER,
    closed_at      INTEGER,
    undelivered_at INTEGER,
    code           TEXT,   -- the vendor's own, of the earliest `undelivered`
    detail         TEXT,
    -- The one place that says what outweighs what.
    status         TEXT GENERATED ALWAYS AS (
        CASE WHEN undelivered_at IS NOT NULL THEN 'undelivered'
             WHEN closed_at IS NOT NULL THEN 'closed'
             WHEN replied_at IS NOT NULL THEN 'replied'
             WHEN read_at IS NOT NULL THEN 'read'
             WHEN delivered_at IS NOT NULL THEN 'delivered'
             WHEN sent_at IS NOT NULL THEN 'sent'
        END
    ) VIRTUAL,
    PRIMARY KEY (run_id, number)
) WITHOUT ROWID;

-- By which names the recipients are known: `id`, the vendor's for a message or a conversation, and
-- `person`, the identity. Each points to a claim. A name may have several: one conversation with a
-- person goes on through many runs. `made` is as in `delivery`.
CREATE TABLE alias (
    kind       TEXT    NOT NULL CHECK (kind IN ('id', 'person')),
    value      TEXT    NOT NULL,
    run_id     INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    claimed_at INTEGER NOT NULL,
    made       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, value, run_id, number)
) WITHOUT ROWID;

-- How far the names of a provider's recipients are known: of all who were claimed before `claimed_at`,
-- but for those in `awaited`, and of all decisions up to `decision`.
CREATE TABLE learned (
    provider   TEXT    NOT NULL,
    sandbox    INTEGER NOT NULL,
    claimed_at INTEGER NOT NULL,
    decision   INTEGER NOT NULL,
    PRIMARY KEY (provider, sandbox)
) WITHOUT ROWID;

-- Claims from before that time which had no outcome when they were looked at.
CREATE TABLE awaited (
    provider   TEXT    NOT NULL,
    sandbox    INTEGER NOT NULL,
    run_id     INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    claimed_at INTEGER NOT NULL,
    PRIMARY KEY (provider, sandbox, run_id, number, claimed_at)
) WITHOUT ROWID;

-- When each person last wrote to us. `kind` is that of the identity, as in `suppression`.
CREATE TABLE inbound (
    kind     TEXT    NOT NULL,
    channel  TEXT    NOT NULL,
    identity TEXT    NOT NULL,
    provider TEXT    NOT NULL,  -- whose vendor told it
    sender   TEXT    NOT NULL,  -- the address of ours that got it, '' where nobody said
    at       INTEGER NOT NULL,
    PRIMARY KEY (kind, channel, identity, provider, sender)
) WITHOUT ROWID;

-- Events that fit nobody yet. An id is never given again, or who drops an event that was matched could
-- drop another one.
CREATE TABLE unmatched (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    provider TEXT    NOT NULL,
    sandbox  INTEGER NOT NULL,
    kept_at  INTEGER NOT NULL,
    digest   TEXT    NOT NULL,  -- SHA-256, in hexadecimal, of what makes it the same event
    event    TEXT    NOT NULL,  -- JSON
    UNIQUE (provider, sandbox, digest)
);

-- Posts that name no time of their own and were taken in: posted again, one would say that it happens now.
CREATE TABLE posted (
    provider TEXT    NOT NULL,
    sandbox  INTEGER NOT NULL,
    name     TEXT    NOT NULL,
    kept_at  INTEGER NOT NULL,
    PRIMARY KEY (provider, sandbox, name)
) WITHOUT ROWID;

CREATE INDEX posted_kept_at ON posted (kept_at);

-- Up to which of them the last look at a part of them came; the next one goes on behind it.
CREATE TABLE looked_at (
    provider TEXT    NOT NULL,
    sandbox  INTEGER NOT NULL,
    id       INTEGER NOT NULL,
    PRIMARY KEY (provider, sandbox)
) WITHOUT ROWID;

-- When people were last taken off the suppression list, by the entry that was there: what they wrote
-- before that puts them back on it no more.
CREATE TABLE taken_off (
    kind     TEXT    NOT NULL,
    identity TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (kind, identity)
) WITHOUT ROWID;

-- Where the reading of a vendor's pages goes on.
CREATE TABLE reading (
    run_id INTEGER NOT NULL,
    source TEXT    NOT NULL,
    cursor TEXT    NOT NULL,
    PRIMARY KEY (run_id, source)
) WITHOUT ROWID;
