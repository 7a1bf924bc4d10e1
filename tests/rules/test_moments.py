"""One list says which rules of the moment there are, and in which order they are asked."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import polars as pl

from campaign.channel import Channel
from campaign.gate import OtherRuns
from campaign.job import Job
from campaign.preflight.waiting import rules_now
from campaign.quiet import quiet_hours
from campaign.rules.frequency import AtMost
from campaign.rules.history import History
from campaign.rules.moments import MOMENT_RULES, Moment, asked
from campaign.rules.suppression import NotSuppressed
from campaign.rules.window import Window
from tests.run.campaigns import Recipe

EVERYTHING = "frequency_cap: 1 in 1 day\nquiet_hours: '21:00-08:00'\n"
NOBODY = pl.Series("identity", [], dtype=pl.String)
IN_ORDER = [
    "suppressed",
    "quiet_hours",
    "suppressed_in_ledger",
    "frequency_cap",
    "tier_reached",
    "pair_rate",
]


def asking_for_everything(folder: Path) -> Job:
    (folder / "list.csv").write_text("Phone,First Name,Plan\n", encoding="utf-8")
    made = Recipe(channel=Channel.WHATSAPP, more=EVERYTHING, rate="rate: {limit: 1/s, tier: 5}\n")
    return Job.load(made.write(folder, "list.csv", "http://127.0.0.1:1"))


def test_the_list_has_a_line_for_each_rule_and_no_rule_is_asked_without_one(tmp_path: Path) -> None:
    everything = Moment(
        suppressed=(),
        quiet=quiet_hours(asking_for_everything(tmp_path).loaded),
        listed=NotSuppressed((), "suppressed_in_ledger"),
        history=History(),
        limits=[AtMost(1, 60)],
        tier=5,
        window=Window(matters=True),
        is_chat=True,
    )
    assert [rule.name for rule in asked(everything)] == IN_ORDER
    assert len(MOMENT_RULES) == len(IN_ORDER)
    assert asked(Moment()) == ()


def test_sending_asks_them_in_the_order_of_the_list(tmp_path: Path) -> None:
    job = asking_for_everything(tmp_path)
    with closing(job.ledger({}).open()) as ledger:
        gate = OtherRuns(job, ledger, 0)
        assert [rule.name for rule in gate.rules] == IN_ORDER[2:]
        sending = job.moment_rules(NOBODY, gate.rules)
        foreseen = rules_now(job, NOBODY, ledger, 0)
    assert [rule.name for rule in sending] == IN_ORDER
    assert [rule.name for rule in foreseen] == IN_ORDER


def test_a_check_without_a_ledger_asks_all_but_the_ledgers_list(tmp_path: Path) -> None:
    found = rules_now(asking_for_everything(tmp_path), NOBODY, None, 0)
    assert [rule.name for rule in found] == [
        name for name in IN_ORDER if name != "suppressed_in_ledger"
    ]
