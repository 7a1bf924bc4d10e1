"""What a campaign costs, by the user's own rates.

Invariant: the sum is exact to the last digit of the prices, and every recipient is either in it or
counted as one without a rate. A text message costs by the part, everything else by the message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

import polars as pl

from campaign.channel import Channel
from campaign.errors import InvalidInput
from campaign.job import Job
from campaign.message.form import Form
from campaign.plan.frozen import Plan
from campaign.plan.saying import SEGMENTS
from campaign.plan.variants import VARIANT
from campaign.preflight.rates import Rates, read_rates
from campaign.reporting import words

_Place = TypeVar("_Place", str, tuple[str, str])

_NAMED = 3
"""So many of the missing rates are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Line:
    """``recipients`` of a country, whose messages come to so many ``units`` at one price."""

    country: str
    category: str
    recipients: int
    units: int
    price: Decimal

    @property
    def total(self) -> Decimal:
        """What they cost together."""
        return self.units * self.price


@dataclass(frozen=True, slots=True)
class Cost:
    """The lines of an estimate, the dearest first, and who has no rate, by country.

    ``unread`` text messages are ones whose text only the vendor knows; each counts as one part.
    ``lacking`` are the country and category of each rate that is missing. ``begins`` is when the
    first price does, where today none has.
    """

    currency: str
    lines: Sequence[Line]
    unpriced: Mapping[str, int]
    unread: int = 0
    lacking: Sequence[tuple[str, str]] = ()
    begins: date | None = None

    @property
    def total(self) -> Decimal:
        """What everybody with a rate costs."""
        return sum((line.total for line in self.lines), Decimal(0))

    @property
    def without_rate(self) -> int:
        """How many recipients are not in the total."""
        return sum(self.unpriced.values())

    @property
    def is_known(self) -> bool:
        """Whether anybody has a rate, so that there is an amount to name."""
        return bool(self.lines) or not self.unpriced

    def sentence(self) -> str:
        """Return what it costs, and for what there is no rate."""
        named = [f"{place or 'no country'}/{what or 'no category'}" for place, what in self.lacking]
        if (more := len(named) - _NAMED) > 1:
            named = [*named[:_NAMED], f"{more} more"]
        lacking = f"no rate for {', '.join(named)}"
        if not self.is_known:
            return f"What it costs is not known: {lacking}."
        said = f"It costs about {words.money(self.total)} {self.currency}"
        if self.without_rate:
            said += f", without {words.people(self.without_rate)}: {lacking}"
        return said + "."

    def warnings(self) -> list[str]:
        """Say that no price of the rates file has begun."""
        if self.begins is None:
            return []
        told = f"No price in the rates file holds yet; the first begins on {self.begins}"
        return [f"{told}. Add a row with the price of today, or correct `from`."]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data; amounts are texts, so that no digit is lost."""
        return {
            "currency": self.currency,
            "total": f"{self.total:f}" if self.is_known else None,
            "lines": [
                {
                    "country": line.country,
                    "category": line.category,
                    "recipients": line.recipients,
                    "units": line.units,
                    "price": f"{line.price:f}",
                    "total": f"{line.total:f}",
                }
                for line in self.lines
            ],
            "without_rate": self.without_rate,
            "countries_without_rate": dict(self.unpriced),
            "unread": self.unread,
        }


def cost(job: Job, plan: Plan, rows: pl.LazyFrame, today: date) -> Cost | None:
    """Estimate what these rows of a plan cost; ``None`` where the definition names no rates.

    Raises:
        InvalidInput: the file of rates is missing or wrong.
    """
    rates = _rates(job)
    if rates is None:
        return None
    in_parts = job.loaded.definition.channel is Channel.SMS
    units = _parts(plan) if in_parts else pl.lit(1, pl.UInt32)
    groups = (
        rows.select("region", "form", VARIANT, units.alias("units"))
        .group_by("region", "form", VARIANT)
        .agg(
            pl.len(),
            pl.col("units").fill_null(1).sum().cast(pl.UInt64).alias("units"),
            pl.col("units").null_count().alias("unread"),
        )
        .sort("region", "form", VARIANT, nulls_last=True)
        .collect(engine="streaming")
    )
    priced: dict[tuple[str, str], Line] = {}
    unpriced: dict[str, int] = {}
    lacking: dict[tuple[str, str], int] = {}
    for region, form, variant, recipients, count, _ in groups.iter_rows():
        of_it = job if variant is None else job.variants[variant]
        country, category = region or "", _category(of_it, form)
        rate = rates.find(country, category, today)
        if rate is None:
            unpriced[country] = unpriced.get(country, 0) + recipients
            place = (country, category)
            lacking[place] = lacking.get(place, 0) + recipients
            continue
        line = priced.get((country, category), Line(country, category, 0, 0, rate.price))
        priced[country, category] = replace(
            line, recipients=line.recipients + recipients, units=line.units + count
        )
    lines = sorted(priced.values(), key=lambda line: (-line.total, line.country, line.category))
    unread = int(groups["unread"].sum())
    begins = rates.begins(today)
    return Cost(
        rates.currency, lines, _most_first(unpriced), unread, list(_most_first(lacking)), begins
    )


def _rates(job: Job) -> Rates | None:
    named = job.loaded.definition.cost
    if named is None:
        return None
    path = job.loaded.beside(named.rates)
    if not path.is_file():
        raise InvalidInput(
            job.loaded.locate("cost", "rates", message=f"there is no file {named.rates}")
        )
    return read_rates(path)


def _parts(plan: Plan) -> pl.Expr:
    """Return the parts of each text, null where only the vendor knows it."""
    return pl.col(SEGMENTS) if SEGMENTS in plan.columns else pl.lit(None, dtype=pl.UInt32)


def _category(job: Job, form: str) -> str:
    """Return under which category a message is billed, "" where that is not known."""
    definition = job.loaded.definition
    if definition.channel is not Channel.WHATSAPP:
        return definition.channel.value
    if form != Form.TEMPLATE.value:
        return "service"
    template = definition.message.template if definition.message else None
    return (template.category if template else None) or ""


def _most_first(counts: Mapping[_Place, int]) -> dict[_Place, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
