"""The rules about what is said: each for every form, whichever would be sent now."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.message.form import Form
from campaign.message.limits import Said
from campaign.reasons import reasons
from campaign.rules.context import Context
from campaign.rules.form import FORM
from campaign.rules.table import FORM_RULES, judged
from tests.rules.test_table import GOOD, PLAIN

ALL = Said(
    values={"template:1": "plan", "template:2": None},
    us_marketing_is_blocked=True,
    body=True,
    header=True,
    longest_text=4096,
    longest_value=1600,
)
BREAK = "the value of the placeholder 1 holds a line break"


def _judge(
    said: Said, form: str | None, row: dict[str, str | None]
) -> tuple[dict[str, str], tuple[str | None, ...]]:
    """Return the problems by form, and the reason, column and detail of the form that is wanted."""
    frame = pl.LazyFrame([GOOD | row | {FORM: form}], schema=dict.fromkeys(GOOD, pl.String))
    found = judged(frame, Context(**PLAIN | {"said": said})).collect().to_dicts()[0]
    problems = {str(f): code for f in Form if (code := found[f"problem:{f}"]) is not None}
    return problems, tuple(found[name] for name in ("reason", "reason_column", "reason_detail"))


@pytest.mark.parametrize(
    ("row", "reason", "column", "detail"),
    [
        ({"template:1": "a\nb"}, "unsendable_value", "plan", BREAK),
        ({"template:1": "a\r\nb"}, "unsendable_value", "plan", BREAK),
        ({"template:1": "a\u2028b"}, "unsendable_value", "plan", BREAK),
        ({"template:1": "a\n"}, "unsendable_value", "plan", BREAK),
        (
            {"template:1": "a\tb"},
            *("unsendable_value", "plan", "the value of the placeholder 1 holds a tab"),
        ),
        (
            {"template:2": "a     b"},
            *("unsendable_value", None),
            "the value of the placeholder 2 holds more than four spaces in a row",
        ),
        # The first placeholder is named, and of it the first trouble.
        ({"template:1": "a\tb\nc", "template:2": "\n"}, "unsendable_value", "plan", BREAK),
        (
            {"template:1": "x" * 1601},
            *("too_long", "plan"),
            "the value of the placeholder 1 has 1601 characters, and 1600 are the most",
        ),
        (
            {"message:preview": "x" * 1025},
            *("too_long", None),
            "the template with its values has 1025 characters, and 1024 are the most",
        ),
        (
            {"message:header": "x" * 61},
            *("too_long", None),
            "the header with its value has 61 characters, and 60 are the most",
        ),
        ({"_region": "US"}, "us_marketing_template", "phone", None),
        ({"_region": "US", "missing:template": "age"}, "us_marketing_template", "phone", None),
        (
            {"missing:template": "age", "template:1": "\n"},
            "missing_variable",
            "age",
            "age is blank",
        ),
    ],
)
def test_what_the_vendor_would_refuse_of_a_template_is_refused_and_named(
    row: dict[str, str | None], reason: str, column: str | None, detail: str | None
) -> None:
    problems, found = _judge(ALL, "template", row)
    assert problems == {"template": reason}
    assert found == (reason, column, detail)
    assert reasons()[reason].state == "skipped"


@pytest.mark.parametrize(
    "row",
    [
        {"template:1": "a    b"},  # four blanks are allowed
        {"template:1": "é" * 1600},
        {"message:preview": "😀" * 1024},
        {"message:header": "x" * 60},
        {"template:1": None, "message:preview": None},
        {"_region": "CA"},
        {"_region": "PR"},
        {"_region": None},
    ],
)
def test_what_is_within_the_limits_is_let_through(row: dict[str, str | None]) -> None:
    assert _judge(ALL, "template", row) == ({}, (None, None, None))


def test_a_problem_of_the_other_form_refuses_nobody_now_but_is_kept() -> None:
    row = {"_region": "US"}
    assert _judge(ALL, "text", row) == ({"template": "us_marketing_template"}, (None, None, None))
    row = {"message:text": "x" * 4097}
    assert _judge(ALL, "template", row) == ({"text": "too_long"}, (None, None, None))


def test_a_text_is_as_long_as_the_provider_takes() -> None:
    long = {"message:text": "x" * 1601}
    detail = "the text has 1601 characters, and 1600 are the most"
    assert _judge(Said(longest_text=1600), "text", long)[1] == ("too_long", None, detail)
    assert _judge(Said(longest_text=4096), "text", long)[1] == (None, None, None)
    assert _judge(Said(), "text", long)[1] == (None, None, None)


def test_a_utility_template_may_go_to_the_united_states() -> None:
    assert _judge(Said(), "template", {"_region": "US"})[0] == {}


def test_nothing_is_asked_of_a_form_that_has_nothing_to_ask() -> None:
    plain: dict[str, Any] = PLAIN
    asked = [rule(Form.AGENT, Context(**plain | {"said": ALL})) is not None for rule in FORM_RULES]
    assert asked == [False, True, False, False]


@given(st.text(st.sampled_from("a \n\t\u2029"), max_size=14))
def test_a_value_is_refused_if_and_only_if_meta_would_refuse_it(value: str) -> None:
    refused = any(c in value for c in "\n\t\u2029") or " " * 5 in value
    assert bool(_judge(ALL, "template", {"template:1": value})[0]) is refused
