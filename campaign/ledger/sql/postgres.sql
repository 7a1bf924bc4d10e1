-- What PostgreSQL says differently, because its writers do not wait for each other by themselves.

-- name: lock_run
SELECT * FROM run WHERE id = :run_id FOR UPDATE;

-- A run that is being taken over waits for the writers that were let through, and none comes after
-- them; heartbeats, which change no key, wait for nobody.
-- name: fence
SELECT 1 FROM run WHERE id = :run_id AND epoch = :epoch AND owner = :owner FOR KEY SHARE;

-- name: clock
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now;

-- name: transaction
SELECT pg_current_xact_id()::text AS id;

-- name: fate
SELECT pg_xact_status(:id::xid8) AS status;
