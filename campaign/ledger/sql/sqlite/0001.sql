-- Version 1 of the ledger. Times are whole milliseconds since 1970 UTC.

CREATE TABLE run (
    id              INTEGER PRIMARY KEY,
    name            TEXT    NOT NULL,
    run             TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    provider        TEXT    NOT NULL,
    channel         TEXT    NOT NULL,
    sandbox         INTEGER NOT NULL,
    -- The frozen plan; null until it is written.
    plan_path       TEXT,
    plan_hash       TEXT,
    definition_hash TEXT,
    definition      TEXT,   -- JSON: a hash for each part of the definition, to say what differs
    list_hash       TEXT,
    planned         INTEGER,
    sendable        INTEGER,
    -- The lease: who may claim and settle now. The epoch grows with every owner and fences out
    -- all earlier ones.
    epoch           INTEGER NOT NULL DEFAULT 0,
    owner           TEXT,
    owner_host      TEXT,
    owner_pid       INTEGER,
    owned_since     INTEGER,
    heartbeat_at    INTEGER,
    UNIQUE (name, run)
);

-- What the rules refused when the plan was made: one row for each verdict and reason.
CREATE TABLE refusal (
    run_id  INTEGER NOT NULL REFERENCES run (id),
    verdict TEXT    NOT NULL CHECK (verdict IN ('skipped', 'held')),
    reason  TEXT    NOT NULL,
    rows    INTEGER NOT NULL,
    PRIMARY KEY (run_id, verdict, reason)
) WITHOUT ROWID;

-- One row for each recipient that was ever claimed (or refused at the moment of sending). The
-- primary key is the only door to the provider. `number` is the position of the recipient's row
-- in the plan, whose keys are unique: whole numbers in order are ten times cheaper to insert than
-- text, and `key` says who it is without the plan.
CREATE TABLE recipient (
    run_id      INTEGER NOT NULL REFERENCES run (id),
    number      INTEGER NOT NULL,
    key         TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN
                ('sending', 'pending', 'accepted', 'scheduled', 'failed', 'unknown', 'skipped')),
    reason      TEXT,
    code        TEXT,
    detail      TEXT,
    provider_id TEXT,
    evidence    TEXT,   -- JSON: what the vendor's answer says about the conversation
    attempts    INTEGER NOT NULL,
    claimed_at  INTEGER,
    settled_at  INTEGER,
    PRIMARY KEY (run_id, number)
) WITHOUT ROWID;

CREATE TABLE attempt (
    run_id      INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    attempt     INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER NOT NULL,
    outcome     TEXT    NOT NULL,
    reason      TEXT,
    code        TEXT,
    http_status INTEGER,
    detail      TEXT,
    PRIMARY KEY (run_id, number, attempt)
) WITHOUT ROWID;

-- What a person decided about a recipient, with who, when and why. Only these move a recipient out
-- of `unknown` or `failed`.
CREATE TABLE decision (
    id      INTEGER PRIMARY KEY,
    run_id  INTEGER NOT NULL REFERENCES run (id),
    number  INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    was     TEXT    NOT NULL,
    becomes TEXT    NOT NULL,
    who     TEXT    NOT NULL,
    why     TEXT
);
CREATE INDEX decision_of_recipient ON decision (run_id, number);

-- How many recipients are in each state, kept in the same transaction as the states themselves,
-- so that progress costs nothing on a long list. Pending is what remains and is not kept.
CREATE TABLE tally (
    run_id INTEGER NOT NULL REFERENCES run (id),
    state  TEXT    NOT NULL,
    rows   INTEGER NOT NULL,
    PRIMARY KEY (run_id, state)
) WITHOUT ROWID;

-- What happened to the run as a whole: started, stopped, taken over, and why.
CREATE TABLE event (
    run_id INTEGER NOT NULL REFERENCES run (id),
    at     INTEGER NOT NULL,
    epoch  INTEGER NOT NULL,
    what   TEXT    NOT NULL,
    detail TEXT
);
