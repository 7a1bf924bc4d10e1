"""The rules, in the order in which they are asked. The first that objects gives the reason.

Adding one is a module with a function, a line here, a reason in ``reasons.toml`` and a test. The
duplicates come last and are not in this table: they need the whole list, and only a row that may
be sent to makes a later one a duplicate.
"""

from __future__ import annotations

import polars as pl

from campaign.rules.address import usable_address
from campaign.rules.content import complete, window_allows
from campaign.rules.context import Context, Rule
from campaign.rules.key import has_key
from campaign.rules.number_type import reachable_type
from campaign.rules.own_number import not_ourselves
from campaign.rules.selected import selected
from campaign.rules.spreadsheet import no_failed_formula
from campaign.rules.suppression import not_suppressed

RULES: tuple[Rule, ...] = (
    selected,
    no_failed_formula,
    usable_address,
    reachable_type,
    has_key,
    not_suppressed,
    not_ourselves,
    window_allows,
    complete,
)

REASON, BLAME, DETAIL = "reason", "reason_column", "reason_detail"


def judged(frame: pl.LazyFrame, context: Context) -> pl.LazyFrame:
    """Add the reason code of the first rule that objects, the column to blame and the detail."""
    nothing = pl.lit(None, dtype=pl.String)
    findings = [finding for rule in RULES if (finding := rule(context)) is not None]
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
    return frame.with_columns(reason.alias(REASON), blame.alias(BLAME), detail.alias(DETAIL)).drop(
        codes
    )


def _or(expression: pl.Expr | None, default: pl.Expr) -> pl.Expr:
    return default if expression is None else expression
