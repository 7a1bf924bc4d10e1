"""To whom a test goes, and whose message it is.

Invariant: an address of the team is read and refused as one of the list is, by the same rules, and
a row whose person would not be sent to is nobody's test.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from campaign.audience.addresses import with_addresses
from campaign.errors import InvalidInput, Problem
from campaign.job import Job
from campaign.message.form import Form
from campaign.plan import making
from campaign.plan.frozen import SEND, Plan
from campaign.plan.own import own_identities
from campaign.plan.saying import said
from campaign.reasons import advice, sentence
from campaign.rules.context import Context
from campaign.rules.table import ADDRESS_RULES
from campaign.rules.us_marketing import not_us_marketing
from campaign.sending.todo import Todo

MOST = 20
"""People of one test; more of them are a campaign."""


def team(job: Job, to: Sequence[str], suppressed: pl.Series) -> list[str]:
    """Return the addresses, normalised as those of a list are.

    Raises:
        InvalidInput: with all that is wrong with them.
    """
    if not 1 <= len(to) <= MOST:
        raise InvalidInput(f"A test goes to at least 1 and at most {MOST} people, not {len(to)}.")
    context = _context(job, suppressed)
    findings = [found for rule in ADDRESS_RULES if (found := rule(context)) is not None]
    reason = pl.coalesce(found.code for found in findings)
    kind = pl.when(reason == "wrong_number_type").then("_number_type")
    columns = ("to", "_address", "_identity", reason.alias("reason"), kind.alias("kind"))
    problems: list[Problem] = []
    people: dict[str, str] = {}
    for written, address, identity, why, kind_of in _read(job, to).select(columns).iter_rows():
        if why is not None:
            detail = f" ({kind_of})" if kind_of else ""
            problems.append(
                Problem(f"no test is sent to {written}: {sentence(why)}{detail}", hint=advice(why))
            )
        elif identity in people:
            problems.append(Problem(f"{written} is named twice; each person gets one test"))
        else:
            people[identity] = address
    if problems:
        raise InvalidInput(problems)
    return list(people.values())


def refuse_undelivered(job: Job, people: Sequence[str], form: Form) -> None:
    """Refuse addresses to which the message would not be delivered in its form.

    ``job`` is the one whose message it is: the variant's, in a split test.

    Raises:
        InvalidInput: with all of them.
    """
    found = not_us_marketing(form, _context(job, pl.Series(dtype=pl.String)))
    if found is None:
        return
    refused = _read(job, people).select("to", found.code.alias("reason")).drop_nulls()
    if not refused.is_empty():
        raise InvalidInput(
            [
                Problem(f"no test is sent to {address}: {sentence(why)}", hint=advice(why))
                for address, why in refused.iter_rows()
            ]
        )


def _read(job: Job, to: Sequence[str]) -> pl.DataFrame:
    return with_addresses(
        pl.LazyFrame({"to": list(to)}, schema={"to": pl.String}),
        kind=making.address_kind(job.loaded),
        column="to",
        country_column=None,
        default_region=job.loaded.definition.recipients.default_region,
        reading=making.reading(job.loaded),
    ).collect()


def _context(job: Job, suppressed: pl.Series) -> Context:
    definition = job.loaded.definition
    return Context(
        channel=definition.channel,
        address="to",
        key=None,
        used=(),
        where=None,
        own=own_identities(job.loaded),
        suppressed=suppressed,
        window=job.choice.window,
        said=said(job.loaded, job.composition),
        blocked_prefixes=definition.recipients.blocked_prefixes or (),
    )


def row_to_test(job: Job, suppressed: pl.Series, as_row: int | None) -> tuple[Todo, str]:
    """Return whose message is sent, and how that row is called.

    Raises:
        InvalidInput: there is no such row, or it would not be sent to.
    """
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        plan, _ = making.make(job.question(suppressed), Path(folder) / "plan.parquet")
        wanted = pl.col("verdict") == SEND if as_row is None else pl.col("row") == as_row
        rows = plan.rows().filter(wanted).head(1).collect().to_dicts()
        if not rows:
            raise InvalidInput(
                "Nobody on the list would be sent to, so there is no message to test. "
                "`campaign check` says why."
                if as_row is None
                else f"The list has no row {as_row}; rows count as a spreadsheet shows them, the "
                "header is row 1."
            )
        (row,) = rows
        source = f"row {row['row']} of {Path(row['file']).name}"
        if row["verdict"] != SEND:
            detail = f" ({row['reason_detail']})" if row["reason_detail"] else ""
            raise InvalidInput(
                Problem(
                    f"{source} would not be sent to: {sentence(row['reason'])}{detail}",
                    hint="Name another row, or leave --as-row out.",
                )
            )
        return _todo(plan, row), source


def _todo(plan: Plan, row: Mapping[str, Any]) -> Todo:
    todos = (todo for batch in plan.todo(row["key"]) for todo in batch)
    return next(todo for todo in todos if todo.number == row["number"])
