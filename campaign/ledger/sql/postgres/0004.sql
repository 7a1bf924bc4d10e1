-- Version 4; sql/sqlite/0004.sql says what each table and column means. Two texts of a vendor are
-- compared byte by byte, as everywhere else, whatever the database's own order is.

CREATE TABLE delivery (
    run_id         bigint NOT NULL,
    number         bigint NOT NULL,
    claimed_at     bigint NOT NULL,
    made           bigint NOT NULL,
    sent_at        bigint,
    delivered_at   bigint,
    read_at        bigint,
    replied_at     bigint,
    closed_at      bigint,
    undelivered_at bigint,
    code           text COLLATE "C",
    detail         text COLLATE "C",
    status         text GENERATED ALWAYS AS (
        CASE WHEN undelivered_at IS NOT NULL THEN 'undelivered'
             WHEN closed_at IS NOT NULL THEN 'closed'
             WHEN replied_at IS NOT NULL THEN 'replied'
             WHEN read_at IS NOT NULL THEN 'read'
             WHEN delivered_at IS NOT NULL THEN 'delivered'
             WHEN sent_at IS NOT NULL THEN 'sent'
        END
    ) STORED,
    PRIMARY KEY (run_id, number)
);

CREATE TABLE alias (
    kind       text   NOT NULL CHECK (kind IN ('id', 'person')),
    value      text   NOT NULL,
    run_id     bigint NOT NULL,
    number     bigint NOT NULL,
    claimed_at bigint NOT NULL,
    made       bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, value, run_id, number)
);

CREATE TABLE learned (
    provider   text     NOT NULL,
    sandbox    smallint NOT NULL,
    claimed_at bigint   NOT NULL,
    decision   bigint   NOT NULL,
    PRIMARY KEY (provider, sandbox)
);

CREATE TABLE awaited (
    provider   text     NOT NULL,
    sandbox    smallint NOT NULL,
    run_id     bigint   NOT NULL,
    number     bigint   NOT NULL,
    claimed_at bigint   NOT NULL,
    PRIMARY KEY (provider, sandbox, run_id, number, claimed_at)
);

CREATE TABLE inbound (
    kind     text   NOT NULL,
    channel  text   NOT NULL,
    identity text   NOT NULL,
    provider text   NOT NULL,
    sender   text   NOT NULL,
    at       bigint NOT NULL,
    PRIMARY KEY (kind, channel, identity, provider, sender)
);

CREATE TABLE unmatched (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider text     NOT NULL,
    sandbox  smallint NOT NULL,
    kept_at  bigint   NOT NULL,
    digest   text     NOT NULL,
    event    text     NOT NULL,
    UNIQUE (provider, sandbox, digest)
);

CREATE TABLE posted (
    provider text     NOT NULL,
    sandbox  smallint NOT NULL,
    name     text     NOT NULL,
    kept_at  bigint   NOT NULL,
    PRIMARY KEY (provider, sandbox, name)
);

CREATE INDEX posted_kept_at ON posted (kept_at);

CREATE TABLE looked_at (
    provider text     NOT NULL,
    sandbox  smallint NOT NULL,
    id       bigint   NOT NULL,
    PRIMARY KEY (provider, sandbox)
);

CREATE TABLE taken_off (
    kind     text   NOT NULL,
    identity text   NOT NULL,
    at       bigint NOT NULL,
    PRIMARY KEY (kind, identity)
);

CREATE TABLE reading (
    run_id bigint NOT NULL,
    source text   NOT NULL,
    cursor text   NOT NULL,
    PRIMARY KEY (run_id, source)
);

UPDATE schema_version SET version = 4;
