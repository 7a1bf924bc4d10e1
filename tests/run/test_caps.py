"""Caps, tiers and pair rate in whole runs: what one campaign did is known to the next."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

import campaign
from campaign.api import Campaign
from campaign.channel import Channel
from campaign.deciding import As
from campaign.gate import OtherRuns
from campaign.ledger.records import State
from campaign.plan import making
from campaign.rules.moment import FORESEEN
from campaign.sandbox import SandboxServer
from campaign.sending.ending import Ending
from tests.run.lists import number
from tests.run.several import later, one

CAP = "frequency_cap: at most 2 in 7 days\n"
TIER = "rate: {limit: 100000/s, concurrency: 16, tier: 5}\n"
CHAT = Channel.WHATSAPP
_FAST = "rate: 100000/s\n"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as made:
        yield made


def test_who_had_two_messages_of_other_campaigns_this_week_gets_no_third(
    tmp_path: Path, server: SandboxServer
) -> None:
    one(tmp_path, server, "spring", range(6)).run()
    one(tmp_path, server, "summer", range(4)).run()
    summary = one(tmp_path, server, "autumn", range(8), CAP).run()
    assert (summary.counts.accepted, summary.reasons["skipped", "frequency_cap"]) == (4, 4)
    assert summary.exit_code == 0
    sent = server.journal.addresses()
    assert [sent[number(person)] for person in range(8)] == [2, 2, 2, 2, 2, 2, 1, 1]


def test_a_week_later_the_same_people_may_be_messaged_again(
    tmp_path: Path, server: SandboxServer
) -> None:
    for name in ("spring", "summer"):
        one(tmp_path, server, name, range(4)).run()
    later(tmp_path, 7 * 24)
    assert one(tmp_path, server, "autumn", range(4), CAP).run().counts.accepted == 4


def test_a_message_that_failed_is_no_message(tmp_path: Path, server: SandboxServer) -> None:
    server.set_faults({"invalid_recipients": [number(0)]})
    once = "frequency_cap: 1 in 1 day\n"
    assert one(tmp_path, server, "spring", range(2), once).run().counts.failed == 1
    server.set_faults({})
    summary = one(tmp_path, server, "summer", range(2), once).run()
    assert (summary.counts.accepted, summary.counts.skipped) == (1, 1)


@pytest.mark.parametrize("channel", [Channel.SMS, CHAT])
def test_who_was_only_throttled_is_sent_to_although_the_cap_is_one(
    tmp_path: Path, server: SandboxServer, channel: Channel
) -> None:
    server.set_faults({"throttle": 0.5, "retry_after": 0.01})
    rate = "rate: {limit: 100000/s, concurrency: 8, tier: 40}\n" if channel is CHAT else _FAST
    cap = "frequency_cap: 1 in 1 day\n"
    summary = one(tmp_path, server, "spring", range(40), cap, channel, rate=rate).run()
    assert (summary.counts.accepted, summary.exit_code) == (40, 0)


def test_an_unknown_whom_a_person_gave_up_still_counts_for_the_cap(
    tmp_path: Path, server: SandboxServer
) -> None:
    server.set_faults({"error_after": 1.0})
    once = "frequency_cap: 1 in 1 day\n"
    spring = one(tmp_path, server, "spring", range(3), once)
    assert spring.run().counts.unknown == 3
    spring.resolve(As.SKIP, None)
    server.set_faults({})
    summary = one(tmp_path, server, "summer", range(4), once).run()
    assert (summary.counts.accepted, summary.reasons["skipped", "frequency_cap"]) == (1, 3)


def test_one_person_over_two_channels_has_one_cap(tmp_path: Path, server: SandboxServer) -> None:
    one(tmp_path, server, "chat", range(3), channel=CHAT).run()
    summary = one(tmp_path, server, "text", range(4), "frequency_cap: 1 in 1 day\n").run()
    assert (summary.counts.accepted, summary.counts.skipped) == (1, 3)


@pytest.mark.parametrize(
    "mobile", ["+5511987654321", "+5491123456789"], ids=["Brazilian", "Argentine"]
)
def test_the_cap_knows_whom_an_earlier_version_messaged_under_another_form_of_the_number(
    tmp_path: Path, server: SandboxServer, mobile: str
) -> None:
    def to_them(name: str) -> Campaign:
        made = one(tmp_path, server, name, [], "frequency_cap: 1 in 1 day\n")
        rows = f"Phone,First Name,Plan,Last inbound at\n{mobile},Ana,Plus,\n"
        (tmp_path / name / "list.csv").write_text(rows, encoding="utf-8")
        return made

    assert to_them("spring").run().counts.accepted == 1
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as db, db:
        # Until version 3 there was but the key, which is the address.
        db.execute("UPDATE recipient SET identity = NULL")
    summary = to_them("summer").run()
    assert summary.reasons["skipped", "frequency_cap"] == 1


def test_a_rehearsal_uses_up_nobodys_cap(tmp_path: Path, server: SandboxServer) -> None:
    once = "frequency_cap: 1 in 1 day\n"
    rehearsal = one(tmp_path, server, "spring", range(3), once)
    path = rehearsal.job.loaded.path
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            "  base_url", "  sandbox: true\n  timeout: 9s\n# "
        ),
        encoding="utf-8",
    )
    assert campaign.load(path).run().counts.accepted == 3
    assert one(tmp_path, server, "summer", range(3), once).run().counts.accepted == 3


def test_a_full_tier_ends_the_run_leaves_the_rest_pending_and_says_when_there_is_room(
    tmp_path: Path, server: SandboxServer
) -> None:
    chat = one(tmp_path, server, "spring", range(8), channel=CHAT, rate=TIER)
    summary = chat.run()
    assert (summary.counts.accepted, summary.counts.pending) == (5, 3)
    assert (summary.ending, summary.exit_code) == (Ending.FULL, 5)
    assert summary.why is not None
    assert "The messaging tier is full: 5 people" in summary.why
    assert chat.run().sent == 0
    later(tmp_path, 24)
    done = chat.run()
    assert (done.sent, done.counts.accepted, done.exit_code) == (3, 8, 0)
    assert max(server.journal.addresses().values()) == 1


def test_the_tier_is_shared_by_all_campaigns_and_counts_people_once(
    tmp_path: Path, server: SandboxServer
) -> None:
    one(tmp_path, server, "spring", range(4), channel=CHAT).run()
    later(tmp_path, 1)
    summary = one(tmp_path, server, "summer", range(8), channel=CHAT, rate=TIER).run()
    assert (summary.counts.accepted, summary.counts.pending) == (5, 3)
    assert sorted(server.journal.addresses().values()) == [1, 2, 2, 2, 2]


def test_messages_over_other_channels_take_no_room_in_the_tier(
    tmp_path: Path, server: SandboxServer
) -> None:
    one(tmp_path, server, "text", range(10, 30)).run()
    assert one(tmp_path, server, "chat", range(5), channel=CHAT, rate=TIER).run().exit_code == 0


def test_with_a_full_tier_who_has_an_open_window_is_still_messaged(
    tmp_path: Path, server: SandboxServer
) -> None:
    chat = one(tmp_path, server, "spring", range(9), channel=CHAT, rate=TIER)
    file = tmp_path / "spring" / "list.csv"
    just_now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 600))
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([*lines[:-1], lines[-1] + just_now, ""]), encoding="utf-8")
    summary = chat.run()
    assert (summary.counts.accepted, summary.counts.pending) == (6, 3)
    with chat.view() as view:
        (last,) = view.find(number(8))
        assert last.entry is not None
        assert last.entry.state is State.ACCEPTED


def test_the_same_person_in_two_chats_waits_six_seconds_and_is_not_left_out(
    tmp_path: Path, server: SandboxServer
) -> None:
    one(tmp_path, server, "spring", range(1), channel=CHAT).run()
    later(tmp_path, 5.0 / 3600)
    summary = one(tmp_path, server, "summer", range(2), channel=CHAT).run()
    assert (summary.counts.accepted, summary.counts.held) == (2, 0)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as db:
        first, second = db.execute(
            "SELECT min(claimed_at), max(claimed_at) FROM recipient WHERE number = 0"
        ).fetchone()
    assert second - first >= 6000


def test_the_forecast_names_those_whom_the_run_then_refuses(
    tmp_path: Path, server: SandboxServer
) -> None:
    one(tmp_path, server, "spring", range(3), channel=CHAT).run()
    later(tmp_path, 1)
    more = "frequency_cap: 1 in 1 day\n"
    chat = one(tmp_path, server, "summer", range(10), more, CHAT, rate=TIER)
    chat.suppressions.add([number(9)])
    job = chat.job
    with closing(job.ledger({}).open()) as ledger:
        rules = job.moment_rules(job.suppressed(), OtherRuns(job, ledger, 0).rules)
    plan, _ = making.make(job.question(job.suppressed()), tmp_path / "plan.parquet")
    rows = plan.rows()
    for rule in rules:
        rows = rule.foreseen(rows, time.time())
    said = rows.select("number", pl.coalesce(f"^{FORESEEN}.*$").alias("said")).collect()
    expected = ["frequency_cap"] * 3 + [None] * 2 + ["tier_reached"] * 4 + ["suppressed"]
    assert said["said"].to_list() == expected
    summary = chat.run()
    assert (summary.counts.accepted, summary.counts.skipped, summary.counts.pending) == (2, 4, 4)
