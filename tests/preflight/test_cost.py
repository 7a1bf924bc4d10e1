"""What a campaign costs, to the last digit, and who is not in the sum."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.errors import InvalidInput
from campaign.job import Job
from campaign.preflight.cost import Cost, Line
from campaign.preflight.page import page
from tests.plan.planned import ANA, BO, CEM, HEADER, LIST, SMS, write
from tests.preflight.checked import WITH_TEMPLATE, checked, people

RATES = "country,category,price,currency\n"


def test_a_text_message_costs_by_the_part(tmp_path: Path) -> None:
    long = "x" * 170
    found = checked(
        tmp_path,
        *people("Ana", long, "x" * 60 + "Ł"),
        (BO, "Bo"),
        ("broken", "Bo"),
        more="cost: rates.csv\n",
        rates=RATES + "DE,sms,0.0751,EUR\n*,,0.01,EUR\n",
    )
    assert found.cost is not None
    # 1 part, 2 parts of 153 septets, 1 part of 70 units; and one to the United States.
    assert found.cost.lines == [
        Line("DE", "sms", 3, 4, Decimal("0.0751")),
        Line("US", "sms", 1, 1, Decimal("0.01")),
    ]
    assert found.cost.total == Decimal("0.3104")
    assert found.cost.without_rate == 0
    assert "It costs about 0.31 EUR." in found.headline
    assert found.as_dict()["cost"]["total"] == "0.3104"


def test_whatsapp_costs_by_the_message_and_its_category(tmp_path: Path) -> None:
    lately = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    rows = [(ANA, "Ana", ""), (CEM, "Cem", lately), ("+4917139200" + "99", "Bo" * 200, "")]
    found = checked(
        tmp_path,
        *rows,
        definition=WITH_TEMPLATE,
        header=("Phone", "First Name", "Last inbound"),
        more="cost: {rates: rates.csv}\n",
        rates=RATES + "DE,marketing,0.1131,EUR\nDE,service,9,EUR\nSE,service,0.02,EUR\n",
    )
    assert found.cost is not None
    assert found.cost.lines == [
        Line("DE", "marketing", 2, 2, Decimal("0.1131")),
        Line("SE", "service", 1, 1, Decimal("0.02")),
    ]


def test_each_variant_costs_what_its_template_does(tmp_path: Path) -> None:
    definition = (
        WITH_TEMPLATE[: WITH_TEMPLATE.index("message:")]
        + """
variants:
  a: {template: {id: HX00000000000000000000000000000000, category: marketing}}
  b: {template: {id: HX11111111111111111111111111111111, category: utility}}
"""
    )
    found = checked(
        tmp_path,
        *people(*"abcdefghijklmnopqrst"),
        definition=definition,
        more="cost: rates.csv\n",
        rates=RATES + "DE,marketing,0.10,EUR\nDE,utility,0.05,EUR\n",
    )
    assert found.cost is not None
    paid = {line.category: line.recipients for line in found.cost.lines}
    assert paid == {"marketing": found.variants["a"], "utility": found.variants["b"]}
    assert min(paid.values()) > 0
    assert sum(paid.values()) == 20


def test_a_template_without_a_category_takes_the_rate_for_all_of_them(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        (ANA, "Ana", ""),
        definition=WITH_TEMPLATE.replace("    category: marketing\n", ""),
        header=("Phone", "First Name", "Last inbound"),
        more="cost: rates.csv\n",
        rates=RATES + "DE,marketing,5,EUR\nDE,,7,EUR\n",
    )
    assert found.cost is not None
    assert found.cost.total == 7


def test_whoever_has_no_rate_is_counted_and_not_free(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        *people("Ana"),
        (BO, "Bo"),
        (CEM, "Cem"),
        more="cost: rates.csv\n",
        rates=RATES + "DE,sms,1,EUR\n",
    )
    assert found.cost is not None
    assert (found.cost.total, found.cost.without_rate) == (1, 2)
    assert found.cost.unpriced == {"SE": 1, "US": 1}
    assert "about 1.00 EUR, without 2 recipients: no rate for SE/sms, US/sms." in found.headline


def test_where_nobody_has_a_rate_no_amount_is_named(tmp_path: Path) -> None:
    rates = RATES + "AT,sms,1,EUR\n"
    found = checked(tmp_path, *people("Ana", "Bo"), more="cost: rates.csv\n", rates=rates)
    assert found.headline.endswith("What it costs is not known: no rate for DE/sms.")
    assert found.as_dict()["cost"]["total"] is None
    assert 'data-count="cost"' not in page(found)


def test_a_template_whose_category_is_not_given_has_no_rate_of_a_category(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        (ANA, "Ana", ""),
        definition=WITH_TEMPLATE.replace("    category: marketing\n", ""),
        header=("Phone", "First Name", "Last inbound"),
        more="cost: rates.csv\n",
        rates=RATES + "DE,marketing,5,EUR\n",
    )
    assert found.headline.endswith("not known: no rate for DE/no category.")


def test_prices_that_all_begin_later_are_warned_of(tmp_path: Path) -> None:
    rates = "country,category,price,currency,from\nDE,sms,1,EUR,2999-01-01\nDE,,2,EUR,2999-02-01\n"
    found = checked(tmp_path, *people("Ana"), more="cost: rates.csv\n", rates=rates)
    (told,) = [one for one in found.warnings if "rates file" in one]
    assert told.startswith("No price in the rates file holds yet; the first begins on 2999-01-01.")
    found = checked(
        tmp_path, *people("Ana"), more="cost: rates.csv\n", rates=rates + "AT,sms,1,EUR,\n"
    )
    assert not any("rates file" in one for one in found.warnings)


def test_many_missing_rates_are_counted() -> None:
    lacking = [(country, "sms") for country in ("AT", "BE", "CH", "DK", "ES")]
    told = Cost("EUR", [], dict.fromkeys("ABCDE", 1), lacking=lacking).sentence()
    assert told == "What it costs is not known: no rate for AT/sms, BE/sms, CH/sms, 2 more."


def test_without_rates_there_is_no_word_of_cost(tmp_path: Path) -> None:
    found = checked(tmp_path, *people("Ana"))
    assert found.cost is None
    assert found.as_dict()["cost"] is None
    assert "cost" not in found.headline


def test_a_file_that_is_not_there_is_told_at_its_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        checked(tmp_path, *people("Ana"), more="cost: rates.csv\n")
    (problem,) = caught.value.problems
    assert problem.message == "there is no file rates.csv"
    assert problem.file == tmp_path / "campaign.yaml"


def test_results_are_never_written_over_the_rates(tmp_path: Path) -> None:
    path = write(tmp_path, SMS + LIST + "cost: rates.csv\n", HEADER, (ANA, "Ana"), rates=RATES)
    assert Job.load(path).lives_from(tmp_path / "rates.csv")


prices = st.decimals("0", "999999", places=9)


@given(st.lists(st.tuples(st.integers(1, 10**9), prices), max_size=250))
def test_the_sum_is_exact(parts: list[tuple[int, Decimal]]) -> None:
    lines = [Line("DE", "sms", units, units, price) for units, price in parts]
    billionths = sum(units * int(price.scaleb(9)) for units, price in parts)
    assert Cost("EUR", lines, {}).total.scaleb(9) == billionths
