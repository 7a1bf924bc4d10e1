-- What PostgreSQL says differently, because its writers do not wait for each other by themselves.

-- name: lock_run
SELECT * FROM run WHERE id = :run_id FOR UPDATE;

-- A run that is being taken over waits for the writers that were let through, and none comes after
-- them; heartbeats, which change no key, wait for nobody.
-- name: fence
SELECT 1 FROM run WHERE id = :run_id AND epoch = :epoch AND owner = :owner FOR KEY SHARE;

-- name: clock
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now;

-- name: number_write
INSERT INTO last_write (connection, number) VALUES (:connection, :number)
ON CONFLICT (connection) DO UPDATE SET number = excluded.number;

-- Changes nothing, but waits for a write of that connection which the server has not ended yet.
-- name: last_write
INSERT INTO last_write (connection, number) VALUES (:connection, 0)
ON CONFLICT (connection) DO UPDATE SET number = last_write.number
RETURNING number;

-- name: forget_writes
DELETE FROM last_write WHERE connection = :connection;

-- Claims of runs that count what other runs do come one after the other: who waited here sees what the
-- one before has claimed. Until the end of the transaction.
-- name: one_claims
SELECT pg_advisory_xact_lock(hashtext('campaign claims')) AS waited;

-- Entries are committed in the order of their times, so that "what came since" misses none.
-- name: one_suppresses
SELECT pg_advisory_xact_lock(hashtext('campaign suppressions')) AS waited;

-- The same as elsewhere, with PostgreSQL's way to read a JSON array.
-- name: add_suppressions
INSERT INTO suppression (kind, identity, added_at, who, why)
SELECT :kind::text, value, :now::bigint, :who::text, :why::text
FROM json_array_elements_text(:identities::json)
ON CONFLICT (kind, identity) DO NOTHING
RETURNING identity;

-- name: remove_suppressions
DELETE FROM suppression
WHERE kind = :kind AND identity IN (SELECT json_array_elements_text(:identities::json))
RETURNING identity;

-- name: suppressed_among
SELECT identity FROM suppression
WHERE kind = :kind AND identity IN (SELECT json_array_elements_text(:identities::json));

-- name: decided
SELECT coalesce(json_agg(number), '[]')::text AS numbers FROM recipient
WHERE run_id = :run_id AND number BETWEEN :first AND :last AND state <> 'pending';

-- name: columns
SELECT coalesce(json_agg(number), '[]')::text AS number,
       coalesce(json_agg(key), '[]')::text AS key,
       coalesce(json_agg(state), '[]')::text AS state,
       coalesce(json_agg(reason), '[]')::text AS reason,
       coalesce(json_agg(detail), '[]')::text AS detail,
       coalesce(json_agg(provider_id), '[]')::text AS provider_id,
       coalesce(json_agg(code), '[]')::text AS code,
       coalesce(json_agg(attempts), '[]')::text AS attempts,
       coalesce(json_agg(claimed_at), '[]')::text AS claimed_at,
       coalesce(json_agg(settled_at), '[]')::text AS settled_at
FROM recipient WHERE run_id = :run_id AND number BETWEEN :first AND :last;
