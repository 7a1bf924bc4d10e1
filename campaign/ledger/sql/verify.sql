-- What must hold in every ledger at every instant: each query returns what breaks it. `number` and
-- `key` name the recipient, `found` says what is there.

-- name: no_such_run_epoch
SELECT NULL AS number, NULL AS key, count(*) AS found FROM event JOIN run ON run.id = event.run_id
WHERE run.id = :run_id AND event.epoch > run.epoch HAVING count(*) > 0;

-- name: more_than_planned
SELECT NULL AS number, NULL AS key, sum(rows) AS found FROM (
    SELECT rows FROM tally WHERE run_id = :run_id
    UNION ALL
    SELECT rows FROM refusal WHERE run_id = :run_id
) AS known
HAVING sum(rows) > (SELECT coalesce(planned, 0) FROM run WHERE id = :run_id);

-- name: tally_differs
SELECT NULL AS number, state AS key, sum(counted) AS found FROM (
    SELECT state, 0 AS counted, rows AS kept FROM tally WHERE run_id = :run_id
    UNION ALL
    SELECT state, count(*) AS counted, 0 AS kept FROM recipient
    WHERE run_id = :run_id AND state <> 'pending' GROUP BY state
) AS both_ways
GROUP BY state HAVING sum(counted) <> sum(kept);

-- name: two_numbers
SELECT min(number) AS number, key, count(*) AS found FROM recipient
WHERE run_id = :run_id GROUP BY key HAVING count(*) > 1;

-- An attempt that may have reached the recipient, and another one after it, without a person (or a
-- look-up) who said so.
-- name: sent_again
SELECT recipient.number, recipient.key, count(*) AS found
FROM recipient JOIN attempt
  ON attempt.run_id = recipient.run_id AND attempt.number = recipient.number
WHERE recipient.run_id = :run_id AND attempt.attempt < recipient.attempts
  AND attempt.outcome IN ('accepted', 'scheduled', 'unknown')
GROUP BY recipient.run_id, recipient.number, recipient.key
HAVING count(*) > (
    SELECT count(*) FROM decision
    WHERE decision.run_id = recipient.run_id AND decision.number = recipient.number
      AND decision.was = 'unknown' AND decision.becomes = 'pending'
);

-- name: attempts_missing
SELECT recipient.number, recipient.key, count(attempt.attempt) AS found
FROM recipient LEFT JOIN attempt
  ON attempt.run_id = recipient.run_id AND attempt.number = recipient.number
WHERE recipient.run_id = :run_id
GROUP BY recipient.run_id, recipient.number, recipient.key, recipient.attempts, recipient.state
HAVING count(attempt.attempt)
    <> recipient.attempts - CASE WHEN recipient.state = 'sending' THEN 1 ELSE 0 END;

-- name: attempts_of_nobody
SELECT attempt.number, NULL AS key, count(*) AS found
FROM attempt LEFT JOIN recipient
  ON recipient.run_id = attempt.run_id AND recipient.number = attempt.number
WHERE attempt.run_id = :run_id AND recipient.number IS NULL
GROUP BY attempt.number;

-- name: decisions_of_nobody
SELECT decision.number, NULL AS key, count(*) AS found
FROM decision LEFT JOIN recipient
  ON recipient.run_id = decision.run_id AND recipient.number = decision.number
WHERE decision.run_id = :run_id AND recipient.number IS NULL
GROUP BY decision.number;

-- Who was never decided about is in the state that the last attempt left.
-- name: state_without_cause
SELECT recipient.number, recipient.key, recipient.state AS found
FROM recipient JOIN attempt
  ON attempt.run_id = recipient.run_id AND attempt.number = recipient.number
 AND attempt.attempt = recipient.attempts
WHERE recipient.run_id = :run_id
  AND NOT EXISTS (
      SELECT 1 FROM decision
      WHERE decision.run_id = recipient.run_id AND decision.number = recipient.number
  )
  AND NOT (
      (recipient.state = attempt.outcome)
      OR (recipient.state IN ('failed', 'held') AND attempt.outcome IN ('rejected', 'not_sent'))
      OR (recipient.state IN ('pending', 'skipped', 'held')
          AND attempt.outcome IN ('throttled', 'not_sent', 'rejected'))
  );

-- name: state_without_attempt
SELECT number, key, state AS found FROM recipient
WHERE run_id = :run_id AND attempts = 0 AND state NOT IN ('skipped', 'held', 'pending');

-- name: times_missing
SELECT number, key, state AS found FROM recipient
WHERE run_id = :run_id AND (
    (state = 'sending' AND claimed_at IS NULL)
    OR (state NOT IN ('sending', 'pending') AND settled_at IS NULL)
    OR (state = 'held' AND not_before IS NULL)
);

-- name: sent_without_plan
SELECT NULL AS number, NULL AS key, count(*) AS found
FROM recipient JOIN run ON run.id = recipient.run_id
WHERE run.id = :run_id AND run.plan_hash IS NULL HAVING count(*) > 0;

-- A test message has the time at which it was known what became of it, and none while nobody knows.
-- name: test_times_differ
SELECT NULL AS number, address AS key, state AS found FROM test_send
WHERE name = :name AND (
    (state IN ('sending', 'unknown') AND settled_at IS NOT NULL)
    OR (state NOT IN ('sending', 'unknown') AND settled_at IS NULL)
)
ORDER BY id;

-- Nothing can be heard of a message that nobody sent.
-- name: deliveries_of_nobody
SELECT delivery.number, recipient.key, count(*) AS found
FROM delivery LEFT JOIN recipient
  ON recipient.run_id = delivery.run_id AND recipient.number = delivery.number
WHERE delivery.run_id = :run_id AND recipient.claimed_at IS NULL
GROUP BY delivery.number, recipient.key;

-- Whatever was heard has its time, and so has the vendor's reason.
-- name: delivery_without_time
SELECT delivery.number, recipient.key, coalesce(delivery.status, 'nothing') AS found
FROM delivery LEFT JOIN recipient
  ON recipient.run_id = delivery.run_id AND recipient.number = delivery.number
WHERE delivery.run_id = :run_id AND (
    delivery.status IS NULL
    OR (delivery.undelivered_at IS NULL
        AND (delivery.code IS NOT NULL OR delivery.detail IS NOT NULL))
);
