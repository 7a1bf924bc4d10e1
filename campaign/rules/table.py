"""The rules, in the order in which they are asked. The first that objects gives the reason.

Adding one is a module with a function, a line here, a reason in ``reasons.toml`` and a test. Rules
about what is said stand in a list of their own: they are asked for every form of the message, and
the plan keeps the answers, so that no form leaves later that was not judged. The duplicates come
after these rules and are not in this table: they need the whole list, and only a row that may be
sent to makes a later one a duplicate. Last of all the holdout is drawn, among those who are left.
Rules about the moment of sending stand in `campaign.rules.moments`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from campaign.message.form import Form
from campaign.rules.address import usable_address
from campaign.rules.blocked import not_blocked
from campaign.rules.consent import consented
from campaign.rules.content import (
    FORM_BLAME,
    FORM_DETAIL,
    complete,
    fits_its_form,
    window_allows,
)
from campaign.rules.context import Context, Finding, FormRule, Rule
from campaign.rules.form import PROBLEM
from campaign.rules.key import has_key
from campaign.rules.length import short_enough
from campaign.rules.number_type import reachable_type
from campaign.rules.own_number import not_ourselves
from campaign.rules.quiet_hours import zone_known
from campaign.rules.selected import selected
from campaign.rules.spreadsheet import no_failed_formula
from campaign.rules.suppression import not_suppressed
from campaign.rules.us_marketing import not_us_marketing
from campaign.rules.values import sendable_values


class _Row(NamedTuple):
    """A rule; ``of_address``: it asks for nothing but the address."""

    rule: Rule
    of_address: bool = False


_TABLE = (
    _Row(selected),
    _Row(no_failed_formula),
    _Row(usable_address, of_address=True),
    _Row(reachable_type, of_address=True),
    _Row(has_key),
    _Row(not_suppressed, of_address=True),
    _Row(consented),
    _Row(not_ourselves, of_address=True),
    _Row(not_blocked, of_address=True),
    _Row(window_allows),
    _Row(fits_its_form),
    _Row(zone_known),
)

RULES: tuple[Rule, ...] = tuple(row.rule for row in _TABLE)

ADDRESS_RULES: tuple[Rule, ...] = tuple(row.rule for row in _TABLE if row.of_address)
"""Those that can be asked of an address that is on no list."""

FORM_RULES: tuple[FormRule, ...] = (
    not_us_marketing,
    complete,
    sendable_values,
    short_enough,
)

REASON, BLAME, DETAIL = "reason", "reason_column", "reason_detail"


def judged(frame: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """Add the reason code of the first rule that objects, the column to blame and the detail.

    And for each :class:`~campaign.message.form.Form` ``F``, ``problem:F`` with the reason code why
    the message may not leave in it.
    """
    for form in Form:
        of_form = [found for rule in FORM_RULES if (found := rule(form, context)) is not None]
        names = (f"{PROBLEM}{form}", f"{FORM_BLAME}{form}", f"{FORM_DETAIL}{form}")
        frame = _first(frame, of_form, names)
    findings = [found for rule in RULES if (found := rule(context)) is not None]
    frame = _first(frame, findings, (REASON, BLAME, DETAIL))
    return frame.drop(f"{prefix}{form}" for prefix in (FORM_BLAME, FORM_DETAIL) for form in Form)


def _first(
    frame: pl.LazyFrame, findings: Sequence[Finding], names: tuple[str, str, str]
) -> pl.LazyFrame:
    """Add what the first finding that objects says, in columns with these names."""
    nothing = pl.lit(None, dtype=pl.String)
    codes = [f"_rule:{number}" for number in range(len(findings))]
    frame = frame.with_columns(
        finding.code.cast(pl.String).alias(code)
        for code, finding in zip(codes, findings, strict=True)
    )
    reason, blame, detail = nothing, nothing, nothing
    for code, finding in reversed(list(zip(codes, findings, strict=True))):
        objects = pl.col(code).is_not_null()
        reason = pl.when(objects).then(pl.col(code)).otherwise(reason)
        blame = pl.when(objects).then(_or(finding.column, nothing)).otherwise(blame)
        detail = pl.when(objects).then(_or(finding.detail, nothing)).otherwise(detail)
    said = zip((reason, blame, detail), names, strict=True)
    return frame.with_columns(found.alias(name) for found, name in said).drop(codes)


def _or(expression: pl.Expr | None, default: pl.Expr) -> pl.Expr:
    return default if expression is None else expression
