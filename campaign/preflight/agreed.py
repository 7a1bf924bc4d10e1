"""What the consent column says that is neither a yes of the definition nor a plain no.

Invariant: nothing is taken for consent here. A word that nobody knows is named, so that a person
can say what it means.
"""

from __future__ import annotations

import polars as pl

from campaign.job import Job
from campaign.plan.frozen import Plan
from campaign.plan.rejects import blamed_cell
from campaign.reporting import words

_NO = (
    *("no", "n", "false", "f", "0", "0.0", "off", "never", "none", "null", "-"),
    *("opt-out", "opt out", "optout", "opted out", "unsubscribed", "declined", "withdrawn"),
    *("nein", "non", "nee", "nej", "nei", "nie", "não", "nao", "ne", "ei", "hayır", "falsch"),
    *("faux", "falso"),
)
"""What a cell says that plainly means no; a blank one does too."""
_NAMED = 3
"""So many words are named; the others are counted."""


def unknown_words(job: Job, plan: Plan) -> list[str]:
    """Warn of consent cells that say neither a yes of the definition nor a plain no."""
    if job.loaded.definition.consent is None:
        return []
    refused = plan.rows().filter(pl.col("reason") == "no_consent")
    columns = refused.select(pl.col("reason_column").unique()).collect().to_series().drop_nulls()
    if columns.is_empty():
        return []
    (column,) = columns
    said = blamed_cell([column]).str.strip_chars().str.to_lowercase()
    found = (
        refused.select(said.alias("said"))
        .filter(pl.col("said").is_not_null() & (pl.col("said") != "") & ~pl.col("said").is_in(_NO))
        .group_by("said")
        .len()
        .sort("len", "said", descending=[True, False])
        .collect(engine="streaming")
    )
    if found.is_empty():
        return []
    parts = [f'{rows:,} × "{words.cell(word)}"' for word, rows in found.head(_NAMED).iter_rows()]
    if more := found.height - len(parts):
        parts.append(f"{more:,} other {'word' if more == 1 else 'words'}")
    total = int(found["len"].sum())
    header = plan.headers.get(column) or column
    sentence = (
        f"{total:,} {'cell' if total == 1 else 'cells'} of `{header}` "
        f"{'says' if total == 1 else 'say'} what `consent.values` does not know, which is no "
        f"consent: {', '.join(parts)}. If that means yes, add it to `consent.values`."
    )
    return [sentence]
