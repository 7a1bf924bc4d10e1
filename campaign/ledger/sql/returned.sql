-- The ledger's statements about what came back. Where PostgreSQL needs another one, it is in postgres.sql.

-- Each time is the earliest that was ever heard. A comparison with a time that is not there is not true,
-- so ELSE takes the one of both that is. Only for somebody who was claimed.
-- name: hear
INSERT INTO delivery (run_id, number, sent_at, delivered_at, read_at, replied_at, closed_at)
SELECT run_id, number, CAST(:sent_at AS bigint), CAST(:delivered_at AS bigint),
       CAST(:read_at AS bigint), CAST(:replied_at AS bigint), CAST(:closed_at AS bigint)
FROM recipient WHERE run_id = :run_id AND number = :number AND claimed_at IS NOT NULL
ON CONFLICT (run_id, number) DO UPDATE
SET sent_at = CASE WHEN delivery.sent_at <= excluded.sent_at THEN delivery.sent_at
                   ELSE coalesce(excluded.sent_at, delivery.sent_at) END,
    delivered_at = CASE WHEN delivery.delivered_at <= excluded.delivered_at
                        THEN delivery.delivered_at
                        ELSE coalesce(excluded.delivered_at, delivery.delivered_at) END,
    read_at = CASE WHEN delivery.read_at <= excluded.read_at THEN delivery.read_at
                   ELSE coalesce(excluded.read_at, delivery.read_at) END,
    replied_at = CASE WHEN delivery.replied_at <= excluded.replied_at THEN delivery.replied_at
                      ELSE coalesce(excluded.replied_at, delivery.replied_at) END,
    closed_at = CASE WHEN delivery.closed_at <= excluded.closed_at THEN delivery.closed_at
                     ELSE coalesce(excluded.closed_at, delivery.closed_at) END
WHERE excluded.sent_at < coalesce(delivery.sent_at, 9223372036854775807)
   OR excluded.delivered_at < coalesce(delivery.delivered_at, 9223372036854775807)
   OR excluded.read_at < coalesce(delivery.read_at, 9223372036854775807)
   OR excluded.replied_at < coalesce(delivery.replied_at, 9223372036854775807)
   OR excluded.closed_at < coalesce(delivery.closed_at, 9223372036854775807)
RETURNING run_id, number;

-- The same for a message that did not arrive, whose reason is that of the earliest time; of two reasons
-- at one time the first in the order of the alphabet, and any before none.
-- name: hear_undelivered
INSERT INTO delivery (run_id, number, undelivered_at, code, detail)
SELECT run_id, number, CAST(:at AS bigint), CAST(:code AS text), CAST(:detail AS text)
FROM recipient WHERE run_id = :run_id AND number = :number AND claimed_at IS NOT NULL
ON CONFLICT (run_id, number) DO UPDATE
SET undelivered_at = excluded.undelivered_at, code = excluded.code, detail = excluded.detail
WHERE delivery.undelivered_at IS NULL
   OR (excluded.undelivered_at, excluded.code IS NULL, coalesce(excluded.code, ''),
       excluded.detail IS NULL, coalesce(excluded.detail, ''))
    < (delivery.undelivered_at, delivery.code IS NULL, coalesce(delivery.code, ''),
       delivery.detail IS NULL, coalesce(delivery.detail, ''))
RETURNING run_id, number;

-- Of those whom the vendor took, may have taken, or refused: others were not written to in this run.
-- name: deliveries
SELECT delivery.status, count(*) AS rows, count(delivery.replied_at) AS replied
FROM delivery JOIN recipient
  ON recipient.run_id = delivery.run_id AND recipient.number = delivery.number
WHERE delivery.run_id = :run_id
  AND recipient.state IN ('accepted', 'scheduled', 'failed', 'unknown')
GROUP BY delivery.status;

-- name: any_delivery
SELECT 1 FROM delivery WHERE run_id = :run_id AND number BETWEEN :first AND :last LIMIT 1;

-- name: delivery_columns
SELECT json_group_array(number) AS number, json_group_array(status) AS delivery,
       json_group_array(sent_at) AS sent_at, json_group_array(delivered_at) AS delivered_at,
       json_group_array(read_at) AS read_at, json_group_array(replied_at) AS replied_at,
       json_group_array(closed_at) AS closed_at,
       json_group_array(undelivered_at) AS undelivered_at,
       json_group_array(code) AS delivery_code, json_group_array(detail) AS delivery_detail
FROM delivery WHERE run_id = :run_id AND number BETWEEN :first AND :last;

-- name: forget_deliveries
DELETE FROM delivery WHERE run_id = :run_id;

-- name: forget_readings
DELETE FROM reading WHERE run_id = :run_id;

-- name: any_claimed
SELECT 1 FROM recipient WHERE run_id = :run_id AND claimed_at IS NOT NULL LIMIT 1;

-- Reads all aliases, and so is done only where somebody of the run may have one.
-- name: forget_aliases
DELETE FROM alias WHERE run_id = :run_id;

-- name: learned
SELECT claimed_at, decision FROM learned WHERE provider = :provider AND sandbox = :sandbox;

-- Of two who learn at once each is right about how far all names are known.
-- name: set_learned
INSERT INTO learned (provider, sandbox, claimed_at, decision)
VALUES (:provider, :sandbox, :claimed_at, :decision)
ON CONFLICT (provider, sandbox) DO UPDATE
SET claimed_at = CASE WHEN learned.claimed_at > excluded.claimed_at THEN learned.claimed_at
                      ELSE excluded.claimed_at END,
    decision = CASE WHEN learned.decision > excluded.decision THEN learned.decision
                    ELSE excluded.decision END;

-- name: any_open_claim
SELECT 1 FROM tally JOIN run ON run.id = tally.run_id
WHERE run.provider = :provider AND run.sandbox = :sandbox
  AND tally.state = 'sending' AND tally.rows > 0
LIMIT 1;

-- The plus leads SQLite to the index on the time, here and below.
-- name: oldest_open_claim
SELECT recipient.claimed_at AS at FROM recipient JOIN run ON run.id = +recipient.run_id
WHERE recipient.claimed_at >= :since AND recipient.state = 'sending'
  AND run.provider = :provider AND run.sandbox = :sandbox
ORDER BY recipient.claimed_at LIMIT 1;

-- name: end_of_page
SELECT claimed_at, run_id, number FROM recipient
WHERE claimed_at >= :at AND (claimed_at, run_id, number) > (:at, :run_id, :number)
ORDER BY claimed_at, run_id, number LIMIT 1 OFFSET :others;

-- Who was claimed in a page, has an outcome (or none for so long that none is waited for), and is not
-- known by this claim yet. Whoever is pending, held or skipped was certainly not written to, but for the
-- one whom a person gave up.
-- name: to_learn
SELECT recipient.*, coalesce(recipient.identity, recipient.key) AS person
FROM recipient JOIN run ON run.id = +recipient.run_id
WHERE recipient.claimed_at BETWEEN :at AND :until
  AND (recipient.claimed_at, recipient.run_id, recipient.number) > (:at, :run_id, :number)
  AND (recipient.claimed_at, recipient.run_id, recipient.number)
      <= (:until, :last_run, :last_number)
  AND run.provider = :provider AND run.sandbox = :sandbox
  AND (recipient.state IN ('accepted', 'scheduled', 'failed', 'unknown')
       OR (recipient.state = 'skipped' AND recipient.reason = :given_up)
       OR (recipient.state = 'sending' AND recipient.claimed_at < :waited_for))
  -- One row at most, and asked for each by the primary key: a join might read all aliases for it.
  AND coalesce((
      SELECT alias.claimed_at FROM alias
      WHERE alias.kind = 'person' AND alias.value = coalesce(recipient.identity, recipient.key)
        AND alias.run_id = recipient.run_id AND alias.number = recipient.number
  ), -1) <> recipient.claimed_at;

-- name: settled_decision
SELECT id FROM decision WHERE at < :at ORDER BY id DESC LIMIT 1;

-- name: newest_decision
SELECT max(id) AS id FROM decision HAVING max(id) IS NOT NULL;

-- Who was decided about, and may have got another id of the vendor's by it.
-- name: to_learn_of_decisions
SELECT recipient.*, coalesce(recipient.identity, recipient.key) AS person
FROM decision JOIN recipient
  ON recipient.run_id = decision.run_id AND recipient.number = decision.number
JOIN run ON run.id = decision.run_id
WHERE decision.id > :after AND decision.id <= :until AND recipient.claimed_at IS NOT NULL
  AND recipient.state IN ('accepted', 'scheduled', 'failed')
  AND run.provider = :provider AND run.sandbox = :sandbox;

-- However many they are, one statement: `aliases` is a JSON array of [value, run, number, time].
-- name: add_aliases
INSERT INTO alias (kind, value, run_id, number, claimed_at)
SELECT :kind, json_extract(value, '$[0]'), json_extract(value, '$[1]'),
       json_extract(value, '$[2]'), json_extract(value, '$[3]')
FROM json_each(:aliases) WHERE true
ON CONFLICT (kind, value, run_id, number) DO UPDATE SET claimed_at = excluded.claimed_at
WHERE excluded.claimed_at > alias.claimed_at;

-- `names` is a JSON array of them. CROSS leads SQLite from the names to the aliases.
-- name: places_of_ids
SELECT alias.value, alias.run_id, alias.number, alias.claimed_at,
    coalesce(recipient.identity, recipient.key) AS identity
FROM json_each(:names) AS wanted
CROSS JOIN alias ON alias.kind = 'id' AND alias.value = wanted.value
JOIN recipient ON recipient.run_id = alias.run_id AND recipient.number = alias.number
JOIN run ON run.id = alias.run_id
WHERE run.provider = :provider AND run.sandbox = :sandbox
ORDER BY alias.claimed_at DESC, alias.run_id DESC, alias.number DESC;

-- Only where the person may have got the message.
-- name: places_of_people
SELECT alias.value, alias.run_id, alias.number, alias.claimed_at,
    coalesce(recipient.identity, recipient.key) AS identity
FROM json_each(:names) AS wanted
CROSS JOIN alias ON alias.kind = 'person' AND alias.value = wanted.value
JOIN recipient ON recipient.run_id = alias.run_id AND recipient.number = alias.number
JOIN run ON run.id = alias.run_id
WHERE run.provider = :provider AND run.sandbox = :sandbox
  AND (recipient.state IN ('sending', 'accepted', 'scheduled', 'unknown')
       OR (recipient.state = 'skipped' AND recipient.reason = :given_up))
ORDER BY alias.claimed_at DESC, alias.run_id DESC, alias.number DESC;

-- name: heard_from
INSERT INTO inbound (kind, channel, identity, sender, at)
VALUES (:kind, :channel, :identity, :sender, :at)
ON CONFLICT (kind, channel, identity, sender) DO UPDATE SET at = excluded.at
WHERE excluded.at > inbound.at;

-- `senders` is a JSON array of ours; `any_sender` is 1 for all.
-- name: last_inbound
SELECT identity, max(at) AS at FROM inbound
WHERE kind = :kind AND channel = :channel AND identity > :after AND at >= :since
  AND (:any_sender = 1 OR sender = '' OR sender IN (SELECT value FROM json_each(:senders)))
GROUP BY identity ORDER BY identity LIMIT :rows;

-- name: keep_unmatched
INSERT INTO unmatched (provider, sandbox, kept_at, digest, event)
VALUES (:provider, :sandbox, :now, :digest, :event)
ON CONFLICT (provider, sandbox, digest) DO NOTHING;

-- name: unmatched
SELECT id, kept_at, event FROM unmatched
WHERE provider = :provider AND sandbox = :sandbox AND id > :after ORDER BY id LIMIT :rows;

-- name: count_unmatched
SELECT count(*) AS rows FROM unmatched WHERE provider = :provider AND sandbox = :sandbox;

-- name: forget_unmatched
DELETE FROM unmatched WHERE provider = :provider AND sandbox = :sandbox AND kept_at < :before;

-- name: looked_at
SELECT id FROM looked_at WHERE provider = :provider AND sandbox = :sandbox;

-- name: set_looked_at
INSERT INTO looked_at (provider, sandbox, id) VALUES (:provider, :sandbox, :id)
ON CONFLICT (provider, sandbox) DO UPDATE SET id = excluded.id;

-- name: drop_unmatched
DELETE FROM unmatched WHERE id = :id;

-- name: cursor
SELECT cursor FROM reading WHERE run_id = :run_id AND source = :source;

-- name: set_cursor
INSERT INTO reading (run_id, source, cursor) VALUES (:run_id, :source, :cursor)
ON CONFLICT (run_id, source) DO UPDATE SET cursor = excluded.cursor;

-- name: forget_cursor
DELETE FROM reading WHERE run_id = :run_id AND source = :source;
