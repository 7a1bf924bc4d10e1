-- The ledger's statements by name. Where PostgreSQL needs another one, it is in postgres.sql.

-- name: find_run
SELECT * FROM run WHERE name = :name AND run = :run;

-- name: latest_run
SELECT * FROM run WHERE name = :name AND sandbox = :sandbox ORDER BY id DESC LIMIT 1;

-- name: runs_of
SELECT run FROM run WHERE name = :name ORDER BY id DESC;

-- name: add_run
INSERT INTO run (name, run, created_at, provider, channel, sandbox)
VALUES (:name, :run, :created_at, :provider, :channel, :sandbox)
ON CONFLICT (name, run) DO NOTHING;

-- name: get_run
SELECT * FROM run WHERE id = :run_id;

-- name: lock_run
SELECT * FROM run WHERE id = :run_id;

-- name: take_lease
UPDATE run
SET epoch = epoch + 1, owner = :owner, owner_host = :host, owner_pid = :pid,
    owned_since = :now, heartbeat_at = :now
WHERE id = :run_id;

-- name: beat
UPDATE run SET heartbeat_at = :now WHERE id = :run_id AND epoch = :epoch AND owner = :owner;

-- name: release
UPDATE run SET owner = NULL WHERE id = :run_id AND epoch = :epoch AND owner = :owner;

-- name: fence
SELECT 1 FROM run WHERE id = :run_id AND epoch = :epoch AND owner = :owner;

-- name: set_plan
UPDATE run
SET plan_path = :plan_path, plan_hash = :plan_hash, definition_hash = :definition_hash,
    definition = :definition, list_hash = :list_hash, planned = :planned, sendable = :sendable
WHERE id = :run_id;

-- name: any_decided
SELECT 1 FROM recipient
WHERE run_id = :run_id AND state <> 'pending' AND NOT (state = 'held' AND attempts = 0)
UNION ALL
SELECT 1 FROM decision WHERE run_id = :run_id
LIMIT 1;

-- name: decide
UPDATE recipient
SET state = :becomes, reason = :reason, code = :code, detail = :detail, settled_at = :now,
    resend = :resend, not_before = NULL,
    -- A decision that found something says so; what was known before stays known.
    provider_id = coalesce(:provider_id, provider_id), evidence = coalesce(:evidence, evidence)
WHERE run_id = :run_id AND number = :number AND state = :was
RETURNING number;

-- name: add_decision
INSERT INTO decision (run_id, number, at, was, becomes, who, why, evidence)
VALUES (:run_id, :number, :now, :was, :becomes, :who, :why, :evidence);

-- name: decisions
SELECT at, was, becomes, who, why, evidence FROM decision
WHERE run_id = :run_id AND number = :number ORDER BY id;

-- name: in_state
SELECT * FROM recipient WHERE run_id = :run_id AND state = :state AND number > :after ORDER BY number LIMIT :page;

-- name: claim_test
INSERT INTO test_send (name, provider, channel, sandbox, address, source, who, claimed_at, state)
VALUES (:name, :provider, :channel, :sandbox, :address, :source, :who, :now, 'sending')
RETURNING id;

-- name: settle_test
UPDATE test_send
SET state = :state, reason = :reason, code = :code, detail = :detail, provider_id = :provider_id,
    settled_at = :settled_at
WHERE id = :id AND state = 'sending'
RETURNING id;

-- name: last_test
SELECT * FROM test_send WHERE name = :name AND sandbox = :sandbox AND address = :address
ORDER BY id DESC LIMIT 1;

-- name: home
SELECT machine, file, file_system FROM home;

-- name: set_home
INSERT INTO home (only_one, machine, file, file_system) VALUES (1, :machine, :file, :file_system)
ON CONFLICT (only_one) DO UPDATE
SET machine = excluded.machine, file = excluded.file, file_system = excluded.file_system;

-- name: forget_recipients
DELETE FROM recipient WHERE run_id = :run_id;

-- name: forget_attempts
DELETE FROM attempt WHERE run_id = :run_id;

-- name: forget_refusals
DELETE FROM refusal WHERE run_id = :run_id;

-- name: add_refusal
INSERT INTO refusal (run_id, verdict, reason, rows) VALUES (:run_id, :verdict, :reason, :rows);

-- name: refusals
SELECT verdict AS state, reason, rows FROM refusal WHERE run_id = :run_id;

-- `numbers` is a JSON array of them.
-- name: known_among
SELECT number FROM recipient
WHERE run_id = :run_id AND number IN (SELECT value FROM json_each(:numbers));

-- For those whom the ledger does not know yet, as nearly all are when they are claimed.
-- name: claim_new
INSERT INTO recipient (run_id, number, key, state, attempts, claimed_at, identity, initiated)
VALUES (:run_id, :number, :key, 'sending', 1, :now, :identity, :initiated);

-- name: claim
INSERT INTO recipient (run_id, number, key, state, attempts, claimed_at, identity, initiated)
VALUES (:run_id, :number, :key, 'sending', 1, :now, :identity, :initiated)
ON CONFLICT (run_id, number) DO UPDATE
SET state = 'sending', attempts = recipient.attempts + 1, claimed_at = :now, settled_at = NULL,
    identity = :identity, initiated = :initiated,
    -- What the attempt before said is in `attempt`, and says nothing of this one.
    reason = NULL, code = NULL, detail = NULL, provider_id = NULL, evidence = NULL,
    resend = NULL, not_before = NULL
WHERE recipient.state = 'pending'
RETURNING attempts;

-- name: skip
INSERT INTO recipient (run_id, number, key, state, reason, attempts, settled_at, not_before)
VALUES (:run_id, :number, :key, :state, :reason, 0, :now, :not_before)
ON CONFLICT (run_id, number) DO UPDATE
SET state = :state, reason = :reason, settled_at = :now,
    code = NULL, detail = NULL, provider_id = NULL, evidence = NULL,
    resend = NULL, not_before = :not_before
WHERE recipient.state = 'pending'
RETURNING number;

-- name: settle
UPDATE recipient
SET state = :state, reason = :reason, code = :code, detail = :detail,
    provider_id = :provider_id, evidence = :evidence, settled_at = :now,
    resend = :resend, not_before = :not_before
WHERE run_id = :run_id AND number = :number AND state = 'sending' AND attempts = :attempt;

-- name: add_attempt
INSERT INTO attempt (run_id, number, attempt, started_at, ended_at, outcome, reason, code,
                     http_status, detail)
VALUES (:run_id, :number, :attempt, :started_at, :now, :outcome, :reason, :code,
        :http_status, :detail);

-- Open claims are among the newest, so they are looked for from there: the tally knows how many.
-- name: open_claims
SELECT number FROM recipient
WHERE run_id = :run_id AND state = 'sending' AND claimed_at IS NOT NULL
ORDER BY claimed_at DESC LIMIT :open;

-- name: add_open_attempt
INSERT INTO attempt (run_id, number, attempt, started_at, ended_at, outcome, reason)
SELECT run_id, number, attempts, claimed_at, :now, 'unknown', 'interrupted' FROM recipient
WHERE run_id = :run_id AND number = :number;

-- name: recover
UPDATE recipient
SET state = 'unknown', reason = 'interrupted', settled_at = :now
WHERE run_id = :run_id AND number = :number AND state = 'sending';

-- name: release_due
UPDATE recipient SET state = 'pending', not_before = NULL
WHERE run_id = :run_id AND state = 'held'
  AND (not_before <= :now OR (:ours = 1 AND attempts = 0));

-- name: next_due
SELECT min(not_before) AS due FROM recipient WHERE run_id = :run_id AND state = 'held';

-- name: add_to_tally
INSERT INTO tally (run_id, state, rows) VALUES (:run_id, :state, :rows)
ON CONFLICT (run_id, state) DO UPDATE SET rows = tally.rows + excluded.rows;

-- name: forget_tally
DELETE FROM tally WHERE run_id = :run_id;

-- name: in_tally
SELECT rows FROM tally WHERE run_id = :run_id AND state = :state;

-- name: tally
SELECT state, rows FROM tally WHERE run_id = :run_id;

-- name: reasons
SELECT state, reason, count(*) AS rows FROM recipient
WHERE run_id = :run_id AND reason IS NOT NULL GROUP BY state, reason;

-- A column of a range as one text: to make a value of each cell costs ten times as much.
-- name: decided
SELECT json_group_array(number) AS numbers FROM recipient
WHERE run_id = :run_id AND number BETWEEN :first AND :last AND state <> 'pending';

-- name: columns
SELECT json_group_array(number) AS number, json_group_array(key) AS key,
       json_group_array(state) AS state, json_group_array(reason) AS reason,
       json_group_array(detail) AS detail, json_group_array(provider_id) AS provider_id,
       json_group_array(code) AS code, json_group_array(attempts) AS attempts,
       json_group_array(claimed_at) AS claimed_at, json_group_array(settled_at) AS settled_at
FROM recipient WHERE run_id = :run_id AND number BETWEEN :first AND :last;

-- name: recipients
SELECT * FROM recipient
WHERE run_id = :run_id AND number BETWEEN :first AND :last ORDER BY number;

-- name: attempts
SELECT * FROM attempt WHERE run_id = :run_id AND number = :number ORDER BY attempt;

-- name: attempts_by_time
SELECT started_at / :width AS part, count(*) AS rows FROM attempt
WHERE run_id = :run_id AND outcome <> 'not_sent' GROUP BY part;

-- A clock that was set back while a request was under way took no time.
-- name: answer_times
SELECT CASE WHEN ended_at > started_at THEN ended_at - started_at ELSE 0 END AS took,
       count(*) AS rows
FROM attempt WHERE run_id = :run_id AND http_status IS NOT NULL GROUP BY took;

-- name: refused
SELECT count(*) AS times FROM attempt
WHERE run_id = :run_id AND number = :number AND reason = :reason AND outcome = 'rejected';

-- name: add_event
INSERT INTO event (run_id, at, epoch, what, detail) VALUES (:run_id, :now, :epoch, :what, :detail);

-- name: events
SELECT at, what, detail FROM event WHERE run_id = :run_id ORDER BY id;

-- Claims that were not followed by a failure count; the caller looks at the state. `only` is the one
-- run to look at, `but` the one to leave out; 0 for none.
-- name: contacts
SELECT recipient.run_id, recipient.number, coalesce(recipient.identity, recipient.key) AS identity,
       recipient.claimed_at, recipient.initiated, recipient.state, recipient.reason, run.channel
-- The plus, and the first condition, lead SQLite to the index on the time.
FROM recipient JOIN run ON run.id = +recipient.run_id
WHERE recipient.claimed_at >= :at
  AND (recipient.claimed_at, recipient.run_id, recipient.number) > (:at, :run_id, :number)
  AND run.sandbox = :sandbox AND (:only = 0 OR recipient.run_id = :only) AND recipient.run_id <> :but
ORDER BY recipient.claimed_at, recipient.run_id, recipient.number
LIMIT :rows;

-- The same of one person and of real runs between two moments, by the same index.
-- name: contacts_of_one
SELECT recipient.run_id, recipient.number, coalesce(recipient.identity, recipient.key) AS identity,
       recipient.claimed_at, recipient.initiated, recipient.state, run.channel
FROM recipient JOIN run ON run.id = +recipient.run_id
WHERE recipient.claimed_at BETWEEN :since AND :until
  AND coalesce(recipient.identity, recipient.key) = :identity
  AND run.sandbox = 0 AND recipient.run_id <> :but
ORDER BY recipient.claimed_at, recipient.run_id, recipient.number;

-- How much an account was used, for the caps of `rate.at_most`. `only` is the one run to look at, `but`
-- the one to leave out; 0 for none. Every attempt counts that the vendor may have taken, whatever was
-- decided about its recipient since, and every claim without an attempt yet. Whose attempt began in the
-- window was claimed last at `claimed` or later: that leads to them by the index on the time (and the
-- plus leads SQLite to the index).
-- name: claimed_by_time
SELECT part, count(*) AS rows FROM (
    SELECT attempt.started_at / :width AS part
    FROM recipient JOIN run ON run.id = +recipient.run_id
    JOIN attempt ON attempt.run_id = recipient.run_id AND attempt.number = recipient.number
    WHERE recipient.claimed_at >= :claimed AND attempt.started_at >= :since
      AND attempt.outcome NOT IN ('throttled', 'not_sent')
      AND run.provider = :provider AND run.sandbox = :sandbox
      AND (:only = 0 OR recipient.run_id = :only) AND recipient.run_id <> :but
    UNION ALL
    SELECT recipient.claimed_at / :width AS part
    FROM recipient JOIN run ON run.id = +recipient.run_id
    WHERE recipient.claimed_at >= :since AND recipient.state = 'sending'
      AND run.provider = :provider AND run.sandbox = :sandbox
      AND (:only = 0 OR recipient.run_id = :only) AND recipient.run_id <> :but
) AS used
GROUP BY part;

-- Writers of a SQLite file wait for each other by themselves.
-- name: one_claims
SELECT 1 AS waited;

-- name: one_suppresses
SELECT 1 AS waited;

-- name: newest_suppression
SELECT coalesce(max(added_at), 0) AS at FROM suppression WHERE kind = :kind;

-- However many they are, one statement: `identities` is a JSON array of them. Without a condition,
-- SQLite would take ON CONFLICT for that of a join.
-- name: add_suppressions
INSERT INTO suppression (kind, identity, added_at, who, why)
SELECT :kind, value, :now, :who, :why FROM json_each(:identities) WHERE true
ON CONFLICT (kind, identity) DO NOTHING
RETURNING identity;

-- name: remove_suppressions
DELETE FROM suppression
WHERE kind = :kind AND identity IN (SELECT value FROM json_each(:identities))
RETURNING identity;

-- name: note_taken_off
INSERT INTO taken_off (kind, identity, at) VALUES (:kind, :identity, :now)
ON CONFLICT (kind, identity) DO UPDATE SET at = excluded.at WHERE excluded.at > taken_off.at;

-- name: taken_off
SELECT identity, at FROM taken_off
WHERE kind = :kind AND identity IN (SELECT value FROM json_each(:identities));

-- name: suppressed_among
SELECT identity FROM suppression
WHERE kind = :kind AND identity IN (SELECT value FROM json_each(:identities));

-- name: suppressions
SELECT identity, added_at, who, why FROM suppression
WHERE kind = :kind AND added_at > :after ORDER BY added_at, identity;
