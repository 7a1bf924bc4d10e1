-- The ledger's statements about what came back. Where PostgreSQL needs another one, it is in postgres.sql.

-- Each time is the earliest that was ever heard. A comparison with a time that is not there is not true,
-- so ELSE takes the one of both that is. Only for somebody who was claimed, and of their newest claim:
-- of a newer one than is known all begins anew. What is said of another message than of the one that is
-- known counts only if that one was made earlier, and then instead of all that was said of a message.
-- name: hear
INSERT INTO delivery (run_id, number, claimed_at, made,
                      sent_at, delivered_at, read_at, replied_at, closed_at)
SELECT run_id, number, claimed_at, CAST(:made AS bigint),
       CAST(:sent_at AS bigint), CAST(:delivered_at AS bigint),
       CAST(:read_at AS bigint), CAST(:replied_at AS bigint), CAST(:closed_at AS bigint)
FROM recipient WHERE run_id = :run_id AND number = :number
  AND claimed_at = coalesce(CAST(:claimed_at AS bigint), claimed_at)
ON CONFLICT (run_id, number) DO UPDATE
SET claimed_at = excluded.claimed_at,
    made = CASE WHEN excluded.claimed_at > delivery.claimed_at OR excluded.made < delivery.made
                THEN excluded.made ELSE delivery.made END,
    sent_at = CASE WHEN excluded.claimed_at > delivery.claimed_at OR excluded.made < delivery.made
                   THEN excluded.sent_at
                   WHEN excluded.made > delivery.made OR delivery.sent_at <= excluded.sent_at
                   THEN delivery.sent_at
                   ELSE coalesce(excluded.sent_at, delivery.sent_at) END,
    delivered_at = CASE WHEN excluded.claimed_at > delivery.claimed_at OR excluded.made < delivery.made
                   THEN excluded.delivered_at
                   WHEN excluded.made > delivery.made OR delivery.delivered_at <= excluded.delivered_at
                   THEN delivery.delivered_at
                   ELSE coalesce(excluded.delivered_at, delivery.delivered_at) END,
    read_at = CASE WHEN excluded.claimed_at > delivery.claimed_at OR excluded.made < delivery.made
                   THEN excluded.read_at
                   WHEN excluded.made > delivery.made OR delivery.read_at <= excluded.read_at
                   THEN delivery.read_at
                   ELSE coalesce(excluded.read_at, delivery.read_at) END,
    replied_at = CASE WHEN excluded.claimed_at > delivery.claimed_at THEN excluded.replied_at
                   WHEN delivery.replied_at <= excluded.replied_at THEN delivery.replied_at
                   ELSE coalesce(excluded.replied_at, delivery.replied_at) END,
    closed_at = CASE WHEN excluded.claimed_at > delivery.claimed_at THEN excluded.closed_at
                   WHEN delivery.closed_at <= excluded.closed_at THEN delivery.closed_at
                   ELSE coalesce(excluded.closed_at, delivery.closed_at) END,
    undelivered_at = CASE WHEN excluded.claimed_at > delivery.claimed_at OR excluded.made < delivery.made
                   THEN NULL ELSE delivery.undelivered_at END,
    code = CASE WHEN excluded.claimed_at > delivery.claimed_at OR excluded.made < delivery.made
                   THEN NULL ELSE delivery.code END,
    detail = CASE WHEN excluded.claimed_at > delivery.claimed_at OR excluded.made < delivery.made
                   THEN NULL ELSE delivery.detail END
WHERE excluded.claimed_at > delivery.claimed_at
   OR (excluded.claimed_at = delivery.claimed_at AND (
       excluded.made < delivery.made
       OR (excluded.made = delivery.made AND (
           excluded.sent_at < coalesce(delivery.sent_at, 9223372036854775807)
           OR excluded.delivered_at < coalesce(delivery.delivered_at, 9223372036854775807)
           OR excluded.read_at < coalesce(delivery.read_at, 9223372036854775807)))
       OR excluded.replied_at < coalesce(delivery.replied_at, 9223372036854775807)
       OR excluded.closed_at < coalesce(delivery.closed_at, 9223372036854775807)))
RETURNING run_id, number;

-- The same for a message that did not arrive, whose reason is that of the earliest time; of two reasons
-- at one time the first in the order of the alphabet, and any before none.
-- name: hear_undelivered
INSERT INTO delivery (run_id, number, claimed_at, made, undelivered_at, code, detail)
SELECT run_id, number, claimed_at, CAST(:made AS bigint),
       CAST(:at AS bigint), CAST(:code AS text), CAST(:detail AS text)
FROM recipient WHERE run_id = :run_id AND number = :number
  AND claimed_at = coalesce(CAST(:claimed_at AS bigint), claimed_at)
ON CONFLICT (run_id, number) DO UPDATE
SET claimed_at = excluded.claimed_at, made = excluded.made,
    undelivered_at = excluded.undelivered_at, code = excluded.code, detail = excluded.detail,
    sent_at = CASE WHEN excluded.claimed_at > delivery.claimed_at OR excluded.made < delivery.made
                   THEN NULL ELSE delivery.sent_at END,
    delivered_at = CASE WHEN excluded.claimed_at > delivery.claimed_at OR excluded.made < delivery.made
                   THEN NULL ELSE delivery.delivered_at END,
    read_at = CASE WHEN excluded.claimed_at > delivery.claimed_at OR excluded.made < delivery.made
                   THEN NULL ELSE delivery.read_at END,
    replied_at = CASE WHEN excluded.claimed_at > delivery.claimed_at
                   THEN NULL ELSE delivery.replied_at END,
    closed_at = CASE WHEN excluded.claimed_at > delivery.claimed_at
                   THEN NULL ELSE delivery.closed_at END
WHERE excluded.claimed_at > delivery.claimed_at
   OR (excluded.claimed_at = delivery.claimed_at AND (
       excluded.made < delivery.made
       OR (excluded.made = delivery.made AND (
           delivery.undelivered_at IS NULL
           OR (excluded.undelivered_at, excluded.code IS NULL, coalesce(excluded.code, ''),
               excluded.detail IS NULL, coalesce(excluded.detail, ''))
            < (delivery.undelivered_at, delivery.code IS NULL, coalesce(delivery.code, ''),
               delivery.detail IS NULL, coalesce(delivery.detail, ''))))))
RETURNING run_id, number;

-- Of those whom the vendor took, may have taken, or refused: others were not written to in this run.
-- What is of an earlier claim says nothing of the present one, here and below.
-- name: deliveries
SELECT delivery.status, count(*) AS rows, count(delivery.replied_at) AS replied
FROM delivery JOIN recipient
  ON recipient.run_id = delivery.run_id AND recipient.number = delivery.number
  AND recipient.claimed_at = delivery.claimed_at
WHERE delivery.run_id = :run_id
  AND recipient.state IN ('accepted', 'scheduled', 'failed', 'unknown')
GROUP BY delivery.status;

-- name: any_delivery
SELECT 1 FROM delivery WHERE run_id = :run_id AND number BETWEEN :first AND :last LIMIT 1;

-- Who is to be sent to, or to be sent to again, has none yet.
-- name: delivery_columns
SELECT json_group_array(delivery.number) AS number, json_group_array(status) AS delivery,
       json_group_array(sent_at) AS sent_at, json_group_array(delivered_at) AS delivered_at,
       json_group_array(read_at) AS read_at, json_group_array(replied_at) AS replied_at,
       json_group_array(closed_at) AS closed_at,
       json_group_array(undelivered_at) AS undelivered_at,
       json_group_array(delivery.code) AS delivery_code,
       json_group_array(delivery.detail) AS delivery_detail
FROM delivery JOIN recipient
  ON recipient.run_id = delivery.run_id AND recipient.number = delivery.number
  AND recipient.claimed_at = delivery.claimed_at
WHERE delivery.run_id = :run_id AND delivery.number BETWEEN :first AND :last
  AND recipient.state NOT IN ('pending', 'held');

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

-- Whoever has an outcome by now, or none for so long that none is waited for; `person` is NULL of whom
-- nothing is to be learnt: they were certainly not written to, or were claimed again.
-- name: came_of_awaited
SELECT awaited.run_id AS of_run, awaited.number AS of_number, awaited.claimed_at AS since, recipient.*,
       CASE WHEN recipient.state IN ('sending', 'accepted', 'scheduled', 'failed', 'unknown')
              OR (recipient.state = 'skipped' AND recipient.reason = :given_up)
            THEN coalesce(recipient.identity, recipient.key) END AS person
FROM awaited LEFT JOIN recipient
  ON recipient.run_id = awaited.run_id AND recipient.number = awaited.number
  AND recipient.claimed_at = awaited.claimed_at
WHERE awaited.provider = :provider AND awaited.sandbox = :sandbox
  AND (recipient.state IS NULL OR recipient.state <> 'sending'
       OR awaited.claimed_at < :waited_for)
ORDER BY awaited.run_id, awaited.number, awaited.claimed_at;

-- name: wait_for
INSERT INTO awaited (provider, sandbox, run_id, number, claimed_at)
VALUES (:provider, :sandbox, :run_id, :number, :claimed_at)
ON CONFLICT (provider, sandbox, run_id, number, claimed_at) DO NOTHING;

-- name: wait_no_more
DELETE FROM awaited
WHERE provider = :provider AND sandbox = :sandbox
  AND run_id = :run_id AND number = :number AND claimed_at = :claimed_at;

-- name: end_of_page
SELECT claimed_at, run_id, number FROM recipient
WHERE claimed_at >= :at AND (claimed_at, run_id, number) > (:at, :run_id, :number)
ORDER BY claimed_at, run_id, number LIMIT 1 OFFSET :others;

-- Who was claimed in a page, and is not known by this claim yet. Whoever is pending, held or skipped was certainly not written to, but for the
-- one whom a person gave up.
-- The plus leads SQLite to the index on the time.
-- name: to_learn
SELECT recipient.*, coalesce(recipient.identity, recipient.key) AS person
FROM recipient JOIN run ON run.id = +recipient.run_id
WHERE recipient.claimed_at BETWEEN :at AND :until
  AND (recipient.claimed_at, recipient.run_id, recipient.number) > (:at, :run_id, :number)
  AND (recipient.claimed_at, recipient.run_id, recipient.number)
      <= (:until, :last_run, :last_number)
  AND run.provider = :provider AND run.sandbox = :sandbox
  AND (recipient.state IN ('sending', 'accepted', 'scheduled', 'failed', 'unknown')
       OR (recipient.state = 'skipped' AND recipient.reason = :given_up))
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

-- However many they are, one statement: `aliases` is a JSON array of [value, run, number, time, made].
-- name: add_aliases
INSERT INTO alias (kind, value, run_id, number, claimed_at, made)
SELECT :kind, json_extract(value, '$[0]'), json_extract(value, '$[1]'),
       json_extract(value, '$[2]'), json_extract(value, '$[3]'), json_extract(value, '$[4]')
FROM json_each(:aliases) WHERE true
ON CONFLICT (kind, value, run_id, number) DO UPDATE
SET claimed_at = excluded.claimed_at, made = excluded.made
WHERE excluded.claimed_at > alias.claimed_at
   OR (excluded.claimed_at = alias.claimed_at AND excluded.made < alias.made);

-- What was said of a message by its address was said of this very one, by the id that both share.
-- name: same_message
UPDATE delivery SET made = :made
WHERE run_id = :run_id AND number = :number AND claimed_at = :claimed_at AND made > :made
  AND EXISTS (SELECT 1 FROM alias
              WHERE alias.kind = 'id' AND alias.value = :value AND alias.run_id = :run_id
                AND alias.number = :number AND alias.claimed_at = :claimed_at
                AND alias.made = delivery.made);

-- `names` is a JSON array of them. CROSS leads SQLite from the names to the aliases.
-- name: places_of_ids
SELECT alias.value, alias.run_id, alias.number, alias.claimed_at, alias.made,
    coalesce(recipient.identity, recipient.key) AS identity
FROM json_each(:names) AS wanted
CROSS JOIN alias ON alias.kind = 'id' AND alias.value = wanted.value
JOIN recipient ON recipient.run_id = alias.run_id AND recipient.number = alias.number
JOIN run ON run.id = alias.run_id
WHERE run.provider = :provider AND run.sandbox = :sandbox
  -- Of whoever is being sent to again the id may be of the new message: who knows that has learnt it.
  AND (alias.claimed_at = recipient.claimed_at OR EXISTS (
      SELECT 1 FROM alias AS person
      WHERE person.kind = 'person' AND person.value = coalesce(recipient.identity, recipient.key)
        AND person.run_id = alias.run_id AND person.number = alias.number
        AND person.claimed_at = recipient.claimed_at))
ORDER BY alias.claimed_at DESC, alias.run_id DESC, alias.number DESC;

-- Only where the person may have got the message.
-- name: places_of_people
SELECT alias.value, alias.run_id, alias.number, alias.claimed_at, alias.made,
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
INSERT INTO inbound (kind, channel, identity, provider, sender, at)
VALUES (:kind, :channel, :identity, :provider, :sender, :at)
ON CONFLICT (kind, channel, identity, provider, sender) DO UPDATE SET at = excluded.at
WHERE excluded.at > inbound.at;

-- name: names_senders
SELECT 1 FROM inbound
WHERE kind = :kind AND channel = :channel AND provider = :provider AND sender <> '' LIMIT 1;

-- `senders` is a JSON array of ours, `any_sender` is 1 for all of the provider's; `provider` is '' for
-- every provider. `nameless` is 1 where those count of which nobody said whom they were for.
-- name: last_inbound
SELECT identity, max(at) AS at FROM inbound
WHERE kind = :kind AND channel = :channel AND identity > :after AND at >= :since
  AND ((:provider IN ('', provider)
        AND (:any_sender = 1 OR (:nameless = 1 AND sender = '')))
       OR (sender <> '' AND sender IN (SELECT value FROM json_each(:senders))))
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

-- `names` is a JSON array of them.
-- name: posted_among
SELECT name FROM posted
WHERE provider = :provider AND sandbox = :sandbox
  AND name IN (SELECT value FROM json_each(:names));

-- name: keep_posted
INSERT INTO posted (provider, sandbox, name, kept_at)
VALUES (:provider, :sandbox, :name, :now)
ON CONFLICT (provider, sandbox, name) DO NOTHING;

-- name: drop_posted
DELETE FROM posted WHERE kept_at < :before;

-- name: cursor
SELECT cursor FROM reading WHERE run_id = :run_id AND source = :source;

-- name: set_cursor
INSERT INTO reading (run_id, source, cursor) VALUES (:run_id, :source, :cursor)
ON CONFLICT (run_id, source) DO UPDATE SET cursor = excluded.cursor;

-- name: forget_cursor
DELETE FROM reading WHERE run_id = :run_id AND source = :source;
