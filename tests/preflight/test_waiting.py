"""Whom the rules of the moment would stop now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from campaign.job import Job
from campaign.preflight.forecast import forecast
from campaign.preflight.waiting import waiting
from campaign.rules.moment import Hold, Who
from tests.plan.planned import HEADER, LIST, SMS, plan_of, write
from tests.preflight.checked import people


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
        return rows.with_columns(found.alias(f"foreseen:{self.name}"))


RULES = (Sleeping("one", "01", "capped_for_now"), Sleeping("two", "12", "opted_out"))


def test_the_first_rule_that_objects_gives_the_reason(tmp_path: Path) -> None:
    rows = [*people("Ana", "Bo", "Cem", "Ida"), *people("Ana again")]
    plan = plan_of(tmp_path, SMS + LIST, HEADER, *rows)
    assert waiting(plan, RULES, 0.0) == {"capped_for_now": 2, "opted_out": 1}


def test_rules_that_cannot_tell_beforehand_are_left_to_the_sending(tmp_path: Path) -> None:
    job = Job.load(write(tmp_path, SMS + LIST, HEADER, *people("Ana")))
    plan = plan_of(tmp_path, SMS + LIST, HEADER, *people("Ana"))
    rules = job.moment_rules(pl.Series("identity", [], dtype=pl.String))
    assert waiting(plan, rules, 0.0) == {}
    assert forecast(job, {}).as_dict()["waiting"] == {}
