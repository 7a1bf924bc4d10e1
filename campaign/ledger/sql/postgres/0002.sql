-- The ledger in PostgreSQL, which begins with version 2. The tables and columns are those of SQLite's
-- ledger; see there (sql/sqlite/0001.sql and 0002.sql) for what each one means.

CREATE TABLE run (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name            text     NOT NULL,
    run             text     NOT NULL,
    created_at      bigint   NOT NULL,
    provider        text     NOT NULL,
    channel         text     NOT NULL,
    sandbox         smallint NOT NULL,
    plan_path       text,
    plan_hash       text,
    definition_hash text,
    definition      text,
    list_hash       text,
    planned         bigint,
    sendable        bigint,
    epoch           bigint   NOT NULL DEFAULT 0,
    owner           text,
    owner_host      text,
    owner_pid       bigint,
    owned_since     bigint,
    heartbeat_at    bigint,
    UNIQUE (name, run)
);

CREATE TABLE refusal (
    run_id  bigint NOT NULL REFERENCES run (id),
    verdict text   NOT NULL CHECK (verdict IN ('skipped', 'held')),
    reason  text   NOT NULL,
    rows    bigint NOT NULL,
    PRIMARY KEY (run_id, verdict, reason)
);

CREATE TABLE recipient (
    run_id      bigint NOT NULL,    -- no foreign key: each claim would lock the run's row once more
    number      bigint NOT NULL,
    key         text   NOT NULL,
    state       text   NOT NULL CHECK (state IN
                ('sending', 'pending', 'accepted', 'scheduled', 'failed', 'unknown', 'skipped',
                 'held')),
    reason      text,
    code        text,
    detail      text,
    provider_id text,
    evidence    text,
    attempts    integer NOT NULL,
    claimed_at  bigint,
    settled_at  bigint,
    resend      smallint,
    not_before  bigint,
    PRIMARY KEY (run_id, number)
);

CREATE TABLE attempt (
    run_id      bigint  NOT NULL,
    number      bigint  NOT NULL,
    attempt     integer NOT NULL,
    started_at  bigint  NOT NULL,
    ended_at    bigint  NOT NULL,
    outcome     text    NOT NULL,
    reason      text,
    code        text,
    http_status integer,
    detail      text,
    PRIMARY KEY (run_id, number, attempt)
);

CREATE TABLE decision (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id   bigint NOT NULL REFERENCES run (id),
    number   bigint NOT NULL,
    at       bigint NOT NULL,
    was      text   NOT NULL,
    becomes  text   NOT NULL,
    who      text   NOT NULL,
    why      text,
    evidence text
);
CREATE INDEX decision_of_recipient ON decision (run_id, number);

CREATE TABLE tally (
    run_id bigint NOT NULL REFERENCES run (id),
    state  text   NOT NULL,
    rows   bigint NOT NULL,
    PRIMARY KEY (run_id, state)
);

CREATE TABLE event (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint NOT NULL REFERENCES run (id),
    at     bigint NOT NULL,
    epoch  bigint NOT NULL,
    what   text   NOT NULL,
    detail text
);

-- What each connection wrote last, for the one whose COMMIT nobody answered. The id of its transaction
-- would not do: after a crash of the server, one that was not on disk yet is given to another
-- transaction (pgsql-hackers, 20210308.173242.463790587797836129.horikyota.ntt@gmail.com).
CREATE TABLE last_write (
    connection text   PRIMARY KEY,
    number     bigint NOT NULL
);

CREATE TABLE schema_version (
    only_one integer PRIMARY KEY CHECK (only_one = 1),
    version  integer NOT NULL
);
INSERT INTO schema_version (only_one, version) VALUES (1, 2);
