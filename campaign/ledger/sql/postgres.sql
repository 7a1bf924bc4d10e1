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

-- name: taken_off
SELECT identity, at FROM taken_off
WHERE kind = :kind AND identity IN (SELECT json_array_elements_text(:identities::json));

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

-- name: delivery_columns
SELECT coalesce(json_agg(delivery.number), '[]')::text AS number,
       coalesce(json_agg(status), '[]')::text AS delivery,
       coalesce(json_agg(sent_at), '[]')::text AS sent_at,
       coalesce(json_agg(delivered_at), '[]')::text AS delivered_at,
       coalesce(json_agg(read_at), '[]')::text AS read_at,
       coalesce(json_agg(replied_at), '[]')::text AS replied_at,
       coalesce(json_agg(closed_at), '[]')::text AS closed_at,
       coalesce(json_agg(undelivered_at), '[]')::text AS undelivered_at,
       coalesce(json_agg(delivery.code), '[]')::text AS delivery_code,
       coalesce(json_agg(delivery.detail), '[]')::text AS delivery_detail
FROM delivery JOIN recipient
  ON recipient.run_id = delivery.run_id AND recipient.number = delivery.number
  AND recipient.claimed_at = delivery.claimed_at
WHERE delivery.run_id = :run_id AND delivery.number BETWEEN :first AND :last
  AND recipient.state NOT IN ('pending', 'held');

-- name: add_aliases
INSERT INTO alias (kind, value, run_id, number, claimed_at, made)
SELECT :kind::text, one->>0, (one->>1)::bigint, (one->>2)::bigint, (one->>3)::bigint,
       (one->>4)::bigint
FROM json_array_elements(:aliases::json) AS one
ON CONFLICT (kind, value, run_id, number) DO UPDATE
SET claimed_at = excluded.claimed_at, made = excluded.made
WHERE excluded.claimed_at > alias.claimed_at
   OR (excluded.claimed_at = alias.claimed_at AND excluded.made < alias.made);

-- name: places_of_ids
SELECT alias.value, alias.run_id, alias.number, alias.claimed_at, alias.made,
    coalesce(recipient.identity, recipient.key) AS identity
FROM alias JOIN run ON run.id = alias.run_id
JOIN recipient ON recipient.run_id = alias.run_id AND recipient.number = alias.number
WHERE alias.kind = 'id' AND alias.value IN (SELECT json_array_elements_text(:names::json))
  AND run.provider = :provider AND run.sandbox = :sandbox
  -- Of whoever is being sent to again the id may be of the new message: who knows that has learnt it.
  AND (alias.claimed_at = recipient.claimed_at OR EXISTS (
      SELECT 1 FROM alias AS person
      WHERE person.kind = 'person' AND person.value = coalesce(recipient.identity, recipient.key)
        AND person.run_id = alias.run_id AND person.number = alias.number
        AND person.claimed_at = recipient.claimed_at))
ORDER BY alias.claimed_at DESC, alias.run_id DESC, alias.number DESC;

-- name: places_of_people
SELECT alias.value, alias.run_id, alias.number, alias.claimed_at, alias.made,
    coalesce(recipient.identity, recipient.key) AS identity
FROM alias JOIN run ON run.id = alias.run_id
JOIN recipient ON recipient.run_id = alias.run_id AND recipient.number = alias.number
WHERE alias.kind = 'person' AND alias.value IN (SELECT json_array_elements_text(:names::json))
  AND run.provider = :provider AND run.sandbox = :sandbox
  AND (recipient.state IN ('sending', 'accepted', 'scheduled', 'unknown')
       OR (recipient.state = 'skipped' AND recipient.reason = :given_up))
ORDER BY alias.claimed_at DESC, alias.run_id DESC, alias.number DESC;

-- name: last_inbound
SELECT identity, max(at) AS at FROM inbound
WHERE kind = :kind AND channel = :channel AND identity > :after AND at >= :since
  AND ((:provider IN ('', provider)
        AND (:any_sender = 1 OR (:nameless = 1 AND sender = '')))
       OR (sender <> '' AND sender IN (SELECT json_array_elements_text(:senders::json))))
GROUP BY identity ORDER BY identity LIMIT :rows;

-- name: posted_among
SELECT name FROM posted
WHERE provider = :provider AND sandbox = :sandbox
  AND name IN (SELECT json_array_elements_text(:names::json));
