"""A user's file of rates: what can be read, and what is refused with its line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from campaign.errors import InvalidInput
from campaign.preflight.rates import Rates, read_rates

TODAY = date(2026, 11, 21)
HEAD = "country,category,price,currency,from\n"


def read(folder: Path, text: str) -> Rates:
    (folder / "rates.csv").write_text(text, encoding="utf-8")
    return read_rates(folder / "rates.csv")


def price(rates: Rates, country: str, category: str, on: date = TODAY) -> Decimal | None:
    found = rates.find(country, category, on)
    return None if found is None else found.price


def test_the_nearest_rate_is_taken(tmp_path: Path) -> None:
    rates = read(
        tmp_path,
        HEAD + "DE,marketing,0.11,EUR,\nDE,,0.05,EUR,\n*,marketing,0.2,EUR,\n*,,0.3,EUR,\n",
    )
    assert rates.currency == "EUR"
    assert price(rates, "DE", "marketing") == Decimal("0.11")
    assert price(rates, "DE", "service") == Decimal("0.05")
    assert price(rates, "FR", "marketing") == Decimal("0.2")
    assert price(rates, "FR", "service") == Decimal("0.3")
    assert price(rates, "", "service") == Decimal("0.3")


def test_without_a_rate_for_others_a_country_that_is_not_there_has_none(tmp_path: Path) -> None:
    rates = read(tmp_path, HEAD + "DE,sms,0.08,EUR,\n")
    assert price(rates, "US", "sms") is None
    assert price(rates, "DE", "marketing") is None


def test_a_rate_holds_from_its_date_on(tmp_path: Path) -> None:
    rates = read(
        tmp_path, HEAD + "DE,sms,3,EUR,2027-01-01\nDE,sms,1,EUR,\nDE,sms,2,EUR,2026-11-21\n"
    )
    assert price(rates, "DE", "sms", date(2026, 11, 20)) == 1
    assert price(rates, "DE", "sms", date(2026, 11, 21)) == 2
    assert price(rates, "DE", "sms", date(2027, 5, 1)) == 3
    later = read(tmp_path, HEAD + "DE,sms,3,EUR,2027-01-01\n")
    assert price(later, "DE", "sms") is None


def test_a_file_from_excel_is_read_as_recipient_lists_are(tmp_path: Path) -> None:
    text = "Country;Category;Price;Currency\nde; Marketing ;0,1131;eur\n*;;1,25;EUR\n"
    rates = read(tmp_path, "\ufeff" + text)
    assert price(rates, "DE", "marketing") == Decimal("0.1131")
    assert price(rates, "AT", "utility") == Decimal("1.25")


def test_the_columns_for_category_and_date_may_be_missing(tmp_path: Path) -> None:
    rates = read(tmp_path, "country,price,currency\n*,0.1,USD\n")
    assert price(rates, "US", "sms") == Decimal("0.1")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("DEU,sms,0.1,EUR,", '"DEU" is not a two-letter country code'),
        (",sms,0.1,EUR,", "the country is missing"),
        ("UK,sms,0.1,EUR,", "write DE, GB (not UK) or US"),
        ("DE,marketting,0.1,EUR,", '"marketting" is not a category'),
        ("DE,sms,,EUR,", "there is no price write the price of one message like 0.0456"),
        ("DE,sms,-1,EUR,", 'the price "-1" is not a number from 0'),
        ("DE,sms,0.1 EUR,EUR,", 'the price "0.1 EUR" is not a number'),
        ("DE,sms,abc,EUR,", 'the price "abc" is not a number'),
        ('DE,sms,"1,234",EUR,', '"1,234" reads both as a thousand and as a decimal number'),
        ("DE,sms,0.1,euro,", '"euro" is not a currency code of three letters'),
        ("DE,sms,0.1,,", "the currency is missing"),
        ("DE,sms,0.1,EUR,1.10.2026", '"1.10.2026" in `from` is not a date'),
        ("AT,sms,0.1,USD,", "the price is in USD, and those above are in EUR"),
        ("AT,sms,0.3,EUR,", "line 2 has a price for the same country and category already"),
    ],
)
def test_what_is_no_rate_is_refused_with_file_and_line(tmp_path: Path, row: str, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, HEAD + f"AT,sms,0.2,EUR,\n{row}\n")
    (problem,) = caught.value.problems
    assert told in f"{problem.message} {problem.hint}"
    assert (problem.file, problem.line) == (tmp_path / "rates.csv", 3)


def test_all_wrong_rows_are_told_at_once_and_not_more_than_can_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, HEAD + "XX,sms,0.1,EUR,\n" * 30)
    assert len(caught.value.problems) == 21
    assert caught.value.problems[-1].message == "and 10 more rows like these"


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, "country,cost\nDE,1\n")
    told = "\n".join(problem.message for problem in caught.value.problems)
    assert 'the rates file has no column "price", wanted for the prices' in told
    assert '"currency"' in told
