"""A user's own rates: what one message costs, by country and category.

Invariant: a price is never guessed. There are none built in, a cell that can be read in two ways is
refused, and whoever has no rate is counted as such and not as free.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from campaign.audience.columns import require
from campaign.audience.phones import REGIONS
from campaign.audience.reading import open_list
from campaign.channel import Channel
from campaign.errors import InvalidInput, Problem

ANYWHERE = "*"
"""How a file of rates says "every other country"."""
CATEGORIES = ("marketing", "utility", "authentication", "service", *(one.value for one in Channel))
"""What a rate may be for: a template's category, a free-form message, or a channel."""

_NOWHERE = "001"  # libphonenumber's region of numbers that belong to no country, such as +800
_SHOWN = 20
_PRICE = re.compile(r"(\d{1,6})(?:([.,])(\d{1,9}))?")


@dataclass(frozen=True, slots=True)
class Rate:
    """What one message, or one part of a text message, costs from a date on."""

    country: str
    category: str
    price: Decimal
    since: date


@dataclass(frozen=True, slots=True)
class Rates:
    """All rates of a file, in one currency; the newest of each country and category first."""

    currency: str
    of: Mapping[tuple[str, str], list[Rate]]

    def find(self, country: str, category: str, on: date) -> Rate | None:
        """Return the rate of a day: the country's own before ``*``, the category's before any."""
        for where in (country, ANYWHERE):
            for what in (category, ""):
                for rate in self.of.get((where, what), ()):
                    if rate.since <= on:
                        return rate
        return None

    def begins(self, on: date) -> date | None:
        """Return when the first price begins, where on a day none has begun; else ``None``."""
        first = min((rates[-1].since for rates in self.of.values()), default=None)
        return first if first is not None and first > on else None


def read_rates(path: Path) -> Rates:
    """Read a file of rates.

    Raises:
        InvalidInput: with every row that is not a rate; a price cannot be read, is given twice, or
            is in another currency than the first.
    """
    with open_list([path]) as lst:
        problems: list[Problem] = []
        for name in ("country", "price", "currency"):
            try:
                require(lst, name, wanted_for="the prices", what="the rates file")
            except InvalidInput as error:
                problems += error.problems
        if problems:
            raise InvalidInput(problems)
        rows = lst.frame.collect().to_dicts()
    found: dict[tuple[str, str], dict[date, Rate]] = {}
    lines: dict[tuple[str, str, date], int] = {}
    currency: str | None = None
    for row in rows:
        try:
            rate = _rate(row)
            currency = _currency(row["currency"], currency)
            above = lines.setdefault((rate.country, rate.category, rate.since), row["_row"])
            if above != row["_row"]:
                raise _Wrong(
                    f"line {above} has a price for the same country and category already, from the "
                    "same date",
                    "remove one of the two, or give the newer one its first day in `from`",
                )
            found.setdefault((rate.country, rate.category), {})[rate.since] = rate
        except _Wrong as wrong:
            problems.append(Problem(wrong.told, path, row["_row"], hint=wrong.hint))
    if problems:
        more = [Problem(f"and {len(problems) - _SHOWN} more rows like these", path)]
        raise InvalidInput(problems[:_SHOWN] + (more if len(problems) > _SHOWN else []))
    newest = {
        place: sorted(rates.values(), key=lambda rate: rate.since, reverse=True)
        for place, rates in found.items()
    }
    return Rates(currency or "", newest)


class _Wrong(Exception):
    def __init__(self, told: str, hint: str | None = None) -> None:
        super().__init__(told)
        self.told, self.hint = told, hint


def _rate(row: Mapping[str, str | None]) -> Rate:
    country, category, price, since = (
        (row.get(name) or "").strip() for name in ("country", "category", "price", "from")
    )
    return Rate(_country(country), _category(category), _price(price), _since(since))


def _country(cell: str) -> str:
    country = cell.upper()
    if country not in REGIONS and country not in (ANYWHERE, _NOWHERE):
        raise _Wrong(
            f'"{cell}" is not a two-letter country code' if cell else "the country is missing",
            "write DE, GB (not UK) or US as in ISO 3166-1, or * for every other country",
        )
    return country


def _category(cell: str) -> str:
    category = cell.lower()
    if category and category not in CATEGORIES:
        raise _Wrong(
            f'"{cell}" is not a category',
            f"write one of {', '.join(CATEGORIES)}, or leave the cell empty for all of them",
        )
    return category


def _price(cell: str) -> Decimal:
    found = _PRICE.fullmatch(cell)
    if found is None:
        raise _Wrong(
            f'the price "{cell}" is not a number from 0 to 999999' if cell else "there is no price",
            "write the price of one message like 0.0456, without a currency",
        )
    whole, mark, part = found.groups()
    if mark == "," and len(part) == 3 and int(whole) > 0:
        raise _Wrong(
            f'the price "{cell}" reads both as a thousand and as a decimal number',
            "write it with a point",
        )
    return Decimal(f"{whole}.{part or 0}")


def _currency(cell: str | None, known: str | None) -> str:
    currency = (cell or "").strip().upper()
    if not re.fullmatch("[A-Z]{3}", currency):
        told = f'"{cell}" is not a currency code of three letters'
        raise _Wrong(told if currency else "the currency is missing", "write EUR, USD or GBP")
    if known not in (None, currency):
        raise _Wrong(
            f"the price is in {currency}, and those above are in {known}",
            "a file holds one currency, so that its sum means something",
        )
    return currency


def _since(cell: str) -> date:
    if not cell:
        return date.min
    try:
        return date.fromisoformat(cell)
    except ValueError:
        told = f'"{cell}" in `from` is not a date'
        raise _Wrong(told, "write it like 2026-10-01") from None
