"""Groups side by side: is the difference of their response rates more than chance?

Invariant: nobody is compared of whom nothing could have been heard. Of a holdout is known only who
wrote by themselves, and where no vendor told of such messages there is no comparison with it.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from campaign.reporting.figures import Column, Kind, Table, Value
from campaign.reporting.holdout import DAYS
from campaign.reporting.intervals import newcombe
from campaign.reporting.sums import Sums


def differences(sums: Sums, comparable: Sums) -> Table | None:
    """Return by how much the response rates of groups differ, and how sure that is.

    Each variant is compared with the first; and who got a message with the holdout, of whom is
    known only who wrote by themselves. That is of the ``comparable`` runs alone: those that have a
    holdout of which something can be heard. Of several runs there is no range, because somebody who
    is in two of them is no two people, as the range would have it.
    """
    if not is_heard(sums):
        return None
    pairs: list[tuple[str, tuple[int, int], tuple[int, int]]] = []
    variants = sums.by("variant").filter(pl.col("value").is_not_null()).sort("value")
    each = list(variants.iter_rows(named=True))
    for one in each[1:]:
        name = f"{one['value']} compared with {each[0]['value']}"
        pairs.append((name, rate_of(one), rate_of(each[0])))
    if comparable.held_out:
        everybody = rate_of(counts_of(comparable))
        name = "with a message compared with the holdout"
        told_of = comparable.held_out - comparable.held_out_later
        pairs.append((name, everybody, (comparable.held_out_wrote, told_of)))
    rows: list[list[Value]] = []
    for name, mine, other in pairs:
        between = newcombe(*mine, *other)
        if between is None:
            continue
        difference = mine[0] / mine[1] - other[0] / other[1]
        if sums.runs > 1:
            rows.append([name, *mine, *other, difference, None, None, "see the report of each run"])
            continue
        low, high = between
        sure = "cannot be told yet" if low <= 0 <= high else "yes"
        rows.append([name, *mine, *other, difference, low, high, sure])
    if not rows:
        return None
    columns = (
        Column("groups", "groups", Kind.TEXT),
        Column("responded", "responded"),
        Column("of", "of"),
        Column("other", "of the other group"),
        Column("of_other", "of"),
        Column("difference", "difference", Kind.DIFFERENCE),
        Column("low", "95 % from", Kind.DIFFERENCE),
        Column("high", "95 % to", Kind.DIFFERENCE),
        Column("sure", "is there one?", Kind.TEXT),
    )
    says = (
        "The range holds the true difference in 95 of 100 such comparisons (Newcombe's interval, "
        "made of Wilson's). Where 0 is in it, chance alone may have made the difference. "
    )
    if sums.runs > 1:
        says = (
            "Several runs have no range: somebody who is in two of them would count as two people "
            "who know nothing of each other. "
        )
    if comparable.held_out:
        says += (
            f"Of the holdout, only who wrote by themselves within {DAYS} days of the run's start "
            "can be known, and only as far as the vendor's messages were received meanwhile."
        )
    return Table("differences", "Is it more than chance?", columns, rows, says.strip())


def counts_of(sums: Sums) -> Mapping[str, int]:
    """Return how many people of all did what; nothing where there is nobody."""
    found = sums.by("all")
    return found.row(0, named=True) if len(found) else {}


def is_heard(sums: Sums) -> bool:
    """Return whether anything was heard of anybody since they were sent to."""
    counts = counts_of(sums)
    return counts.get("claimed", 0) > counts.get("silent", 0)


def rate_of(row: Mapping[str, int]) -> tuple[int, int]:
    """Return how many responded, of how many whom the vendor took."""
    return row.get("responded", 0), row.get("accepted", 0)
