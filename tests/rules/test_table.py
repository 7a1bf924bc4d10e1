from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.reasons import reasons
from campaign.rules.context import KEY, Context, Rule
from campaign.rules.form import FORM
from campaign.rules.table import ADDRESS_RULES, RULES, judged
from campaign.rules.window import LAST_INBOUND, UNREADABLE, Window

GOOD: dict[str, str | None] = {
    "phone": "+491713920000",
    "country": "DE",
    "age": "18",
    "last_inbound": None,
    LAST_INBOUND: None,
    "opted_in": "yes",
    KEY: "k1",
    "_identity": "+491713920000",
    "_address": "+491713920000",
    "_address_problem": None,
    "_address_detail": None,
    "_number_type": "mobile",
    "_region": "DE",
    FORM: "text",
    "_zones": "Europe/Berlin",
    "_zone_unreadable": None,
    "message:text": "Hi",
    "message:preview": "Your plan is Basic.",
    "message:header": "News",
    "template:1": "Basic",
    "template:2": "12 May",
    **{f"{what}:{form}": None for what in ("missing", "failure") for form in ("text", "template")},
    "missing:agent": None,
    "failure:agent": None,
}
PLAIN: dict[str, Any] = {
    "channel": "sms",
    "address": "phone",
    "key": None,
    "used": (),
    "where": None,
    "own": (),
    "suppressed": pl.Series("identity", [], dtype=pl.String),
    "window": Window(matters=False),
}


def _context(**settings: Any) -> Context:
    return Context(**PLAIN | settings)


def _judge(
    context: Context, *rows: dict[str, str | None]
) -> list[tuple[str | None, str | None, str | None]]:
    schema = dict.fromkeys(GOOD, pl.String) | {"_zone_unreadable": pl.Boolean}
    frame = pl.LazyFrame(list(rows), schema=schema)
    found = judged(frame, context).collect()
    problems = ["problem:text", "problem:template", "problem:agent"]
    assert found.columns == [*GOOD, *problems, "reason", "reason_column", "reason_detail"]
    return found.select("reason", "reason_column", "reason_detail").rows()


SUPPRESSED = pl.Series("identity", ["+491713920000"])
SOMEBODY_ELSE = {"_identity": "+12025550123", "_address": "+12025550123"}
# Sent to under one number and known by another form of it.
ARGENTINE = {"_identity": "+541123456789", "_address": "+5491123456789"}
BRAZILIAN = {"_identity": "+551161234567", "_address": "+5511961234567"}


@pytest.mark.parametrize(
    ("settings", "row", "expected"),
    [
        ({}, {}, (None, None, None)),
        ({"where": "country = 'DE'"}, {}, (None, None, None)),
        ({"where": "country = 'US'"}, {}, ("filtered", None, None)),
        ({"where": "country = 'US'"}, {"country": None}, ("filtered", None, None)),
        ({"where": "country <> 'US'"}, {"country": None}, ("filtered", None, None)),
        ({"where": "country IS NULL"}, {"country": None}, (None, None, None)),
        ({"where": "TRY_CAST(age AS INT) >= 18"}, {}, (None, None, None)),
        ({"where": "TRY_CAST(age AS INT) >= 18"}, {"age": "old"}, ("filtered", None, None)),
        ({}, {"_address_problem": "invalid_number"}, ("invalid_number", "phone", None)),
        ({}, {"_address_problem": "empty_row"}, ("empty_row", None, None)),
        (
            {"country": "plan"},
            {"_address_problem": "unknown_region", "_address_detail": "write GB"},
            ("unknown_region", "plan", "write GB"),
        ),
        ({"key": "Customer"}, {KEY: None}, ("missing_key", "Customer", None)),
        ({}, {KEY: None}, (None, None, None)),
        ({}, {"_number_type": "fixed_line"}, ("wrong_number_type", "phone", "fixed_line")),
        ({"channel": "whatsapp"}, {"_number_type": "fixed_line"}, (None, None, None)),
        ({"used": ["age"]}, {"age": "#N/A"}, ("spreadsheet_error", "age", None)),
        ({"used": ["country"]}, {"age": "#N/A"}, (None, None, None)),
        (
            {},
            {"phone": "#N/A", "_address_problem": "number_with_letters"},
            ("spreadsheet_error", "phone", None),
        ),
        ({"key": "Customer"}, {KEY: "#REF!"}, ("spreadsheet_error", "Customer", None)),
        ({"suppressed": SUPPRESSED}, {}, ("suppressed", "phone", None)),
        ({"suppressed": SUPPRESSED}, SOMEBODY_ELSE, (None, None, None)),
        ({"own": ["+491713920000"]}, {}, ("sender_is_recipient", "phone", None)),
        ({"own": ["+12025550100", "7"]}, {}, (None, None, None)),
        (
            {"window": Window(True, "last_inbound")},
            {FORM: None},
            ("window_closed", "last_inbound", None),
        ),
        (
            {"window": Window(True, "last_inbound")},
            {FORM: None, "last_inbound": "yesterday"},
            ("window_closed", "last_inbound", UNREADABLE),
        ),
        (
            {"window": Window(True, "last_inbound")},
            {FORM: None, "last_inbound": "2026-11-20T10:00Z", LAST_INBOUND: "1"},
            ("window_closed", "last_inbound", None),
        ),
        ({"blocked_prefixes": ["+53", "+49"]}, {}, ("blocked_prefix", "phone", None)),
        ({"blocked_prefixes": ["+53", "+4"]}, SOMEBODY_ELSE, (None, None, None)),
        ({"blocked_prefixes": ["+549", "+55119"]}, ARGENTINE, ("blocked_prefix", "phone", None)),
        ({"blocked_prefixes": ["+549", "+55119"]}, BRAZILIAN, ("blocked_prefix", "phone", None)),
        ({"blocked_prefixes": ["+541", "+55116"]}, ARGENTINE, (None, None, None)),
        ({"window": Window(True)}, {FORM: None}, ("window_closed", None, None)),
        ({"window": Window(True, "last_inbound")}, {}, (None, None, None)),
        ({}, {"missing:text": "age"}, ("missing_variable", "age", "age is blank")),
        ({}, {"failure:text": "TypeError: x"}, ("unrendered", None, "TypeError: x")),
        ({}, {"message:text": " \n "}, ("missing_text", None, None)),
        ({}, {FORM: "template", "message:text": None}, (None, None, None)),
        (
            {},
            {FORM: "template", "missing:template": "age"},
            ("missing_variable", "age", "age is blank"),
        ),
        ({}, {FORM: "template", "missing:text": "age"}, (None, None, None)),
        ({}, {"missing:template": "age", "failure:template": "x"}, (None, None, None)),
        (
            {},
            {FORM: "agent", "missing:agent": "age", "message:text": None},
            ("missing_variable", "age", "age is blank"),
        ),
        ({}, {FORM: "agent", "message:text": None}, (None, None, None)),
        ({}, {"_zones": None}, (None, None, None)),
        ({"hold_unknown_zone": True}, {"_zones": None}, ("unknown_timezone", None, None)),
        ({"hold_unknown_zone": True}, {}, (None, None, None)),
    ],
)
def test_each_rule_gives_its_reason_and_names_the_cell(
    settings: dict[str, Any],
    row: dict[str, str | None],
    expected: tuple[str | None, str | None, str | None],
) -> None:
    assert _judge(_context(**settings), GOOD | row) == [expected]


STRICT = _context(
    key="Customer",
    used=["age"],
    where="country = 'DE'",
    own=["+12025550100"],
    consent=("opted_in", ["yes"]),
    suppressed=SUPPRESSED,
    window=Window(True, "last_inbound"),
    blocked_prefixes=["+53"],
    hold_unknown_zone=True,
)
# In the order in which the rules are asked.
OBJECTIONS: list[tuple[str, dict[str, str | None]]] = [
    ("filtered", {"country": None}),
    ("spreadsheet_error", {"age": "#VALUE!"}),
    ("invalid_number", {"_address_problem": "invalid_number"}),
    ("wrong_number_type", {"_number_type": "pager"}),
    ("missing_key", {KEY: None}),
    ("suppressed", {"_identity": "+491713920000"}),
    ("no_consent", {"opted_in": None}),
    ("sender_is_recipient", {"_identity": "+12025550100"}),
    ("blocked_prefix", {"_address": "+5351234567"}),
    ("window_closed", {FORM: None}),
    ("missing_variable", {"missing:text": "age"}),
    ("unknown_timezone", {"_zones": None}),
]
FREE = GOOD | SOMEBODY_ELSE


@given(st.sets(st.integers(0, len(OBJECTIONS) - 1)))
def test_the_first_rule_that_objects_gives_the_reason(chosen: set[int]) -> None:
    # One identity cannot be two.
    chosen -= {7} if 5 in chosen else set()
    row = dict(FREE)
    for number in chosen:
        row |= OBJECTIONS[number][1]
    expected = OBJECTIONS[min(chosen)][0] if chosen else None
    assert _judge(STRICT, row)[0][0] == expected


def test_rows_are_judged_each_by_itself() -> None:
    rows = [FREE | change for _, change in OBJECTIONS]
    assert [found[0] for found in _judge(STRICT, *rows, FREE)] == [
        *(code for code, _ in OBJECTIONS),
        None,
    ]


def test_a_detail_of_one_rule_never_stands_beside_the_reason_of_another() -> None:
    row = FREE | {"_address_problem": "invalid_number", "missing:text": "age"}
    assert _judge(STRICT, row) == [("invalid_number", "phone", None)]


def test_a_rule_that_nobody_asked_for_is_not_there() -> None:
    assert sum(rule(_context()) is None for rule in RULES) == 8
    assert all(rule(STRICT) is not None for rule in RULES)


def test_the_rules_marked_as_of_an_address_are_those_that_read_nothing_else() -> None:
    def reads(rule: Rule) -> set[str]:
        found = rule(STRICT)
        assert found is not None
        said = [one for one in (found.code, found.column, found.detail) if one is not None]
        return {name for one in said for name in one.meta.root_names()}

    of_address = {
        "_address",
        "_address_detail",
        "_address_problem",
        "_identity",
        "_number_type",
        "_region",
    }
    assert list(ADDRESS_RULES) == [rule for rule in RULES if reads(rule) <= of_address]


def test_every_code_of_the_rules_is_explained() -> None:
    for code, _ in OBJECTIONS:
        assert reasons()[code].state == ("held" if code == "unknown_timezone" else "skipped")
