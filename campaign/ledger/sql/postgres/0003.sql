-- Version 3; sql/sqlite/0003.sql says what each table and column means.

ALTER TABLE recipient ADD COLUMN identity text;
ALTER TABLE recipient ADD COLUMN initiated smallint;
CREATE INDEX recipient_by_claim ON recipient (claimed_at) WHERE claimed_at IS NOT NULL;

CREATE TABLE suppression (
    kind     text   NOT NULL CHECK (kind IN ('number', 'email', 'user_id')),
    identity text   NOT NULL,
    added_at bigint NOT NULL,
    who      text   NOT NULL,
    why      text,
    PRIMARY KEY (kind, identity)
);
CREATE INDEX suppression_by_time ON suppression (kind, added_at);

CREATE TABLE test_send (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text     NOT NULL,
    provider    text     NOT NULL,
    channel     text     NOT NULL,
    sandbox     smallint NOT NULL,
    address     text     NOT NULL,
    source      text,
    who         text     NOT NULL,
    claimed_at  bigint   NOT NULL,
    settled_at  bigint,
    state       text     NOT NULL CHECK (state IN
                ('sending', 'accepted', 'scheduled', 'failed', 'unknown')),
    reason      text,
    code        text,
    detail      text,
    provider_id text
);

UPDATE schema_version SET version = 3;
