"""From what was counted to the figures of a report.

The words are Sendbird's (its page on proactive chat): *responded* is whoever replied or reacted,
*not responded* whoever the vendor took the message for and who did neither, and *resolution time*
runs from the person's first response to the close of the conversation. Time to first response runs
from our claim. Invariant: a rate is of those whom the vendor took (accepted or scheduled), and
where there is nothing to divide by, or nobody could have been heard, there is no figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import polars as pl

from campaign.reporting import words
from campaign.reporting.compared import counts_of, differences, is_heard
from campaign.reporting.figures import (
    FEWEST_DRAWN,
    MOST_ROWS,
    NOT_KNOWN,
    OTHERS,
    Column,
    Drawing,
    Kind,
    Table,
    Value,
)
from campaign.reporting.intervals import wilson
from campaign.reporting.sums import Sums

_STEPS = (
    ("rows", "rows of the list"),
    ("sendable", "the rules let them through when the plan was made"),
    ("claimed", "a request to the vendor was about to leave for them"),
    ("accepted", "the vendor took the message, or promised to send it later"),
    ("delivered", "it is known to have reached them: delivered, read or answered"),
    ("read", "they are known to have seen it: read or answered"),
    ("responded", "they replied, or reacted"),
    ("closed", "they responded, and the vendor calls the conversation over"),
)

_TOLD = {"delivered": ("told_delivered", "told_read"), "read": ("told_read",)}
"""Of which steps nothing is known where the vendor tells none of these."""

_RESPONSE = (
    Column("accepted", "accepted"),
    Column("responded", "responded"),
    Column("not_responded", "not responded"),
    Column("rate", "response rate", Kind.SHARE),
    Column("low", "95 % from", Kind.SHARE),
    Column("high", "95 % to", Kind.SHARE),
    Column("first_median", "first answer: median", Kind.SECONDS),
    Column("first_90", "first answer: 9 in 10", Kind.SECONDS),
    Column("resolution_median", "until close: median", Kind.SECONDS),
    Column("resolution_mean", "until close: mean", Kind.SECONDS),
)

_TITLES = {
    "all": ("response", "Who answered", "everybody"),
    "variant": ("variants", "Variants side by side", "variant"),
    "country": ("countries", "By country", "country"),
    "form": ("forms", "By form of the message", "form"),
    "hour": ("hours", "By hour of sending", "hour"),
}


def funnel(sums: Sums) -> Table:
    """Return how many got how far, from a row of the list to an answer."""
    counts = counts_of(sums)
    rows: list[list[Value]] = []
    before = None
    for name, what in _STEPS:
        # A vendor that says nothing of it leaves a gap, and not the few who answered.
        if name in _TOLD and not any(counts.get(told, 0) for told in _TOLD[name]):
            rows.append([name, what, None, None])
            continue
        people = counts.get(name, 0)
        share = people / before if before else None
        rows.append([name, what, people, share])
        before = people
    return Table(
        "funnel",
        "From the list to an answer",
        (
            Column("step", "step", Kind.TEXT),
            Column("what", "who counts", Kind.TEXT),
            Column("people", "people"),
            Column("share", "of the step before", Kind.SHARE),
        ),
        rows,
        drawing=Drawing("people", "How many people got as far as each step.", lying=True),
    )


def response(sums: Sums, dimension: str) -> Table:
    """Return who answered, and when: everybody, or those of each variant, country, form or hour."""
    name, title, first = _TITLES[dimension]
    found = sums.by(dimension)
    answers = sums.answers().with_columns(pl.lit("all").alias("all"))
    shown, rest = found.head(MOST_ROWS), found.slice(MOST_ROWS)
    if dimension != "all":
        shown, rest = shown.filter(pl.col("accepted") > 0), rest.filter(pl.col("accepted") > 0)
    if dimension == "hour":
        shown = shown.sort("value")
    if dimension == "variant":
        shown = shown.filter(pl.col("value").is_not_null()).sort("value")
    rows = []
    for row in shown.iter_rows(named=True):
        mine = pl.col(dimension).cast(pl.String).eq_missing(pl.lit(row["value"], dtype=pl.String))
        rows.append([row["value"] or NOT_KNOWN, *_of(row, answers.filter(mine), sums)])
    if len(rest):
        others = rest.select(pl.col("accepted", "responded", "not_responded").sum())
        kept = shown["value"].implode()
        row = others.row(0, named=True)
        is_shown = pl.col(dimension).cast(pl.String).is_in(kept, nulls_equal=True)
        theirs = answers.filter(~is_shown)
        rows.append([OTHERS, *_of(row, theirs, sums)])
    what = f"How many in a hundred of those whom the vendor took responded, by {first}."
    drawn = None
    large = [row for row in rows if int(cast("int", row[1])) >= FEWEST_DRAWN]
    if dimension in ("hour", "country") and len(large) > 1:
        what += f" Groups of fewer than {FEWEST_DRAWN} people are in the table only."
        drawn = Drawing("rate", what, of="accepted")
    return Table(name, title, (Column(first, first, Kind.TEXT), *_RESPONSE), rows, drawing=drawn)


def stopped(sums: Sums) -> Table | None:
    """Return how many asked to be left alone, where anything was heard at all."""
    counts = counts_of(sums)
    if not is_heard(sums):
        return None
    people, whole = counts["stopped"], (counts["responded"], counts["accepted"])
    shares = [people / one if one else None for one in whole]
    return Table(
        "stopped",
        "Who asked to be left alone",
        (
            Column("everybody", "everybody", Kind.TEXT),
            Column("people", "people"),
            Column("of_responded", "of who responded", Kind.SHARE),
            Column("of_accepted", "of all accepted", Kind.SHARE),
        ),
        [["all", people, *shares]],
        "They answered with nothing but a word such as STOP, are on the suppression list, and are "
        "counted among those who responded.",
    )


def _of(row: Mapping[str, int], answers: pl.DataFrame, sums: Sums) -> list[Value]:
    accepted, responded = row["accepted"], row["responded"]
    heard, several = is_heard(sums), sums.runs > 1
    # While nothing was heard of anybody, that nobody responded is no figure.
    rate = responded / accepted if heard and accepted else None
    between = wilson(responded, accepted) if rate is not None and not several else None
    first, resolution = answers["first"].drop_nulls(), answers["resolution"].drop_nulls()
    return [
        accepted,
        responded,
        row["not_responded"],
        rate,
        *(between or (None, None)),
        _seconds(first.median()),
        _seconds(_nine_in_ten(first)),
        _seconds(resolution.median()),
        _seconds(resolution.mean()),
    ]


def _nine_in_ten(times: pl.Series) -> int | None:
    """Return the time within which nine in ten of them are."""
    return None if times.is_empty() else int(times.sort()[(9 * len(times) + 9) // 10 - 1])


def _seconds(milliseconds: object) -> float | None:
    return None if milliseconds is None else round(cast("float", milliseconds) / 1000, 3)


def headline(sums: Sums) -> str:
    """Return the sentence that stands above everything."""
    counts, answers = counts_of(sums), sums.answers()
    accepted, responded = counts.get("accepted", 0), counts.get("responded", 0)
    if not accepted:
        return "The vendor took no message yet."
    told = (
        f"The vendor took the message for {accepted:,} of the {counts['rows']:,} rows of the list"
    )
    if not is_heard(sums):
        return f"{told}; nothing was heard of it since."
    if not responded:
        return f"{told}; nobody is known to have responded."
    people = "person" if responded == 1 else "people"
    told += f"; {responded:,} {people} responded ({100 * responded / accepted:.1f} %)"
    median = _seconds(answers["first"].median())
    return (
        f"{told}, half of them within {words.duration(median)}."
        if median is not None
        else f"{told}."
    )


def parts(sums: Sums, comparable: Sums) -> Iterator[Table]:
    """Yield who answered of each part of the people, and whether the parts differ.

    ``comparable`` are the runs of which a holdout can be told something; see :mod:`.holdout`.
    """
    for dimension in ("variant", "country", "form", "hour"):
        found = response(sums, dimension)
        if found.rows:
            yield found
        if dimension == "variant":
            compared = differences(sums, comparable)
            if compared is not None:
                yield compared


def runs(each: Sequence[tuple[str, Sums]]) -> Table:
    """Return one row for each of several runs."""
    rows = []
    for name, sums in each:
        counts = counts_of(sums)
        nothing: list[Value] = [0, 0, 0, *([None] * 7)]
        answered = _of(counts, sums.answers(), sums) if counts else nothing
        rows.append([name, counts.get("rows", 0), counts.get("undelivered", 0), *answered])
    head = (Column("run", "run", Kind.TEXT), Column("rows", "rows"))
    columns = (*head, Column("undelivered", "undelivered"), *_RESPONSE)
    return Table("runs", "Each run", columns, rows)
