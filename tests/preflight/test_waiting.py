"""Whom the rules of the moment would stop now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from campaign.channel import Channel
from campaign.preflight.left import still_to_send
from campaign.preflight.waiting import stopped
from campaign.rules.history import History
from campaign.rules.moment import FORESEEN, Hold, Who
from campaign.rules.tier import Tier
from campaign.rules.window import Window
from campaign.sandbox import SandboxServer
from tests.plan.planned import HEADER, LIST, SMS, plan_of
from tests.preflight.checked import checked, people
from tests.preflight.test_page import RATES, agree
from tests.run.lists import number
from tests.run.several import later, one


@dataclass(frozen=True)
class Sleeping:
    """Holds everybody whose number ends in one of these digits."""

    name: str
    digits: str
    code: str

    def objection(self, who: Who, now: float) -> Hold | None:
        return Hold(self.code, now + 60) if who.identity[-1] in self.digits else None

    def foreseen(self, rows: pl.LazyFrame, now: float) -> pl.LazyFrame:
        asleep = pl.col("identity").str.slice(-1).is_in(list(self.digits))
        found = pl.when(asleep).then(pl.lit(self.code, pl.String))
        return rows.with_columns(found.alias(FORESEEN + self.name))


RULES = (Sleeping("one", "01", "capped_for_now"), Sleeping("two", "12", "opted_out"))


def test_the_first_rule_that_objects_gives_the_reason(tmp_path: Path) -> None:
    rows = [*people("Ana", "Bo", "Cem", "Ida"), *people("Ana again")]
    plan = plan_of(tmp_path, SMS + LIST, HEADER, *rows)
    found = stopped(still_to_send(plan, None), RULES, 0.0)
    assert found.reasons == {"capped_for_now": 2, "opted_out": 1}


def test_whom_one_rule_stops_takes_no_room_from_the_others(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, *people("Ana", "Bo", "Cem", "Ida"))
    room_for_one = Tier(1, History(), Window(matters=False))
    rules = (RULES[0], room_for_one)
    assert stopped(still_to_send(plan, None), rules, 0.0).reasons == {
        "capped_for_now": 2,
        "tier_reached": 1,
    }


def test_a_check_knows_what_other_runs_did_and_says_what_the_run_then_does(tmp_path: Path) -> None:
    more = "frequency_cap: 1 in 1 day\n"
    tier = "rate: {limit: 100000/s, concurrency: 16, tier: 5}\n"
    with SandboxServer() as server:
        one(tmp_path, server, "spring", range(3), channel=Channel.WHATSAPP).run()
        later(tmp_path, 1)
        chat = one(tmp_path, server, "summer", range(10), more, Channel.WHATSAPP, rate=tier)
        chat.suppressions.add([number(9)])
        found = chat.plan()
        assert found.waiting == {"tier_reached": 4, "frequency_cap": 3}
        assert found.refusals == {("skipped", "suppressed"): 1}
        assert found.headline.startswith(
            "6 of 10 on the list will get it. 1 will not: the recipient is on a suppression list "
            "(1). 3 would be left out now: the recipient has had as many messages lately as "
            "`frequency_cap` allows (3). It takes"
        )
        assert "If it were sent now, 4 of them would wait." in found.headline
        agree(found)
        summary = chat.run()
    assert summary.counts.accepted == found.left - sum(found.waiting.values())
    assert (summary.counts.pending, summary.reasons["skipped", "frequency_cap"]) == (4, 3)


def test_whom_a_cap_leaves_out_is_in_no_number_time_cost_length_or_sample(tmp_path: Path) -> None:
    more = "frequency_cap: 1 in 1 day\ncost: rates.csv\n"
    with SandboxServer() as server:
        one(tmp_path, server, "spring", range(8)).run()
        summer = one(tmp_path, server, "summer", range(10), more)
        (tmp_path / "summer" / "rates.csv").write_text(RATES.replace("DE", "*"), encoding="utf-8")
        found = summer.plan()
        named = summer.plan(only=number(0))
    assert found.headline.startswith(
        "2 of 10 on the list will get it. 8 would be left out now: the recipient has had as many "
        "messages lately as `frequency_cap` allows (8). It takes"
    )
    assert (found.sendable, found.left, found.left_out) == (10, 10, {"frequency_cap": 8})
    assert found.timing.people == 2
    assert found.cost is not None
    assert found.lengths is not None
    assert (sum(line.recipients for line in found.cost.lines), found.lengths.messages) == (2, 2)
    assert [sample.address for sample in found.samples] == [number(8), number(9)]
    assert [sample.address for sample in named.samples] == [number(0)]
    agree(found)


def test_where_everybody_would_be_left_out_nothing_is_said_of_time_and_cost(tmp_path: Path) -> None:
    with SandboxServer() as server:
        one(tmp_path, server, "spring", range(3)).run()
        found = one(tmp_path, server, "summer", range(3), "frequency_cap: 1 in 1 day\n").plan()
    assert found.headline == (
        "0 of 3 on the list will get it. 3 would be left out now: the recipient has had as many "
        "messages lately as `frequency_cap` allows (3)."
    )
    agree(found)


def test_variants_and_those_who_are_left_add_up_where_a_cap_leaves_some_out(tmp_path: Path) -> None:
    more = "frequency_cap: 1 in 1 day\nholdout: 20%\n"
    message = "variants: {a: 'Hi {{ first_name }}', b: Hello}\n"
    with SandboxServer() as server:
        one(tmp_path, server, "spring", range(8)).run()
        summer = one(tmp_path, server, "summer", range(40), more, message=message)
        assert sum(summer.plan().variants.values()) == summer.plan().will_get
        summer.run(limit=5)
        found = summer.plan()
    assert found.will_get == found.sendable - sum(found.left_out.values())
    assert "have an outcome in this run already" in found.headline
    agree(found)


def test_a_tier_is_known_before_there_is_a_ledger(tmp_path: Path) -> None:
    definition = SMS.replace("channel: sms", "channel: whatsapp").replace(
        'message: "Hi {{ first_name }}"', f"message: {{template: {{id: HX{'0' * 32}}}}}"
    )
    found = checked(
        tmp_path, *people("Ana", "Bo", "Cem"), definition=definition, more="rate: {tier: 2}\n"
    )
    assert found.waiting == {"tier_reached": 1}
    assert not (tmp_path / "ledger.db").exists()


def test_a_rehearsal_is_asked_for_no_quiet_hours(tmp_path: Path) -> None:
    always = "quiet_hours: {hours: '00:00-23:59'}\n"
    live = SMS.replace("sandbox: true", "api_key: '${KEY}'")
    assert checked(tmp_path, *people("Ana"), more=always).waiting == {}
    found = checked(tmp_path, *people("Ana"), definition=live, more=always)
    assert (found.waiting, found.left) == ({"quiet_hours": 1}, 1)
