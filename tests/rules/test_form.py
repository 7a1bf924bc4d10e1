from __future__ import annotations

from itertools import product

import polars as pl
import pytest

from campaign.message.form import Form
from campaign.rules.form import Choice
from campaign.rules.window import LAST_INBOUND, Window

NOW = 1_790_000_000.0
OPEN, CLOSED, NEVER = int(NOW * 1e6) - 60_000_000, int(NOW * 1e6) - 90_000 * 1_000_000, None
COMBINATIONS = list(product([True, False], repeat=4))


def _expected(
    matters: bool, text: bool, template: bool, writes: bool, outside: str, is_open: bool
) -> Form | None:
    """The decision as one would write it down on paper."""
    if not matters or is_open:
        if writes:
            return Form.AGENT
        if text:
            return Form.TEXT
        return Form.TEMPLATE if template else None
    return Form.TEMPLATE if template and outside == "template" else None


@pytest.mark.parametrize("outside", ["template", "skip"])
@pytest.mark.parametrize(("matters", "text", "template", "writes"), COMBINATIONS)
def test_the_form_is_the_same_over_a_column_and_for_one_recipient(
    matters: bool, text: bool, template: bool, writes: bool, outside: str
) -> None:
    choice = Choice(Window(matters, "at"), text, template, writes, outside)  # type: ignore[arg-type]
    times = [OPEN, CLOSED, NEVER]
    wanted = [
        _expected(matters, text, template, writes, outside, is_open)
        for is_open in (True, False, False)
    ]
    frame = pl.LazyFrame({LAST_INBOUND: times}, schema={LAST_INBOUND: pl.Int64})
    found = frame.with_columns(form=choice.expression(NOW)).collect()["form"]
    assert found.dtype == pl.String
    assert found.to_list() == wanted
    assert [choice.form(at, NOW) for at in times] == wanted


@pytest.mark.parametrize(("text", "template"), [(True, True), (True, False)])
def test_free_form_text_never_leaves_when_the_window_is_not_known_to_be_open(
    text: bool, template: bool
) -> None:
    choice = Choice(Window(True, "at"), text, template, False, "template")
    for at in (CLOSED, NEVER):
        assert choice.form(at, NOW) is not Form.TEXT


def test_a_run_that_outlives_the_window_goes_over_to_the_template() -> None:
    choice = Choice(Window(True, "at"), True, True, False, "template")
    assert choice.form(OPEN, NOW) is Form.TEXT
    assert choice.form(OPEN, NOW + 86_400) is Form.TEMPLATE
