"""To whom a test goes, and whose message it is.

Invariant: an address of the team is read and refused as one of the list is, and a row whose person
would not be sent to is nobody's test.
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
from campaign.plan import making
from campaign.plan.frozen import SEND, Plan
from campaign.reasons import sentence
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
    definition = job.loaded.definition
    found = with_addresses(
        pl.LazyFrame({"to": list(to)}, schema={"to": pl.String}),
        kind=job.loaded.provider.capabilities.channels[definition.channel],
        column="to",
        country_column=None,
        default_region=definition.recipients.default_region,
    ).collect()
    listed = frozenset(suppressed.to_list())
    own = {sender.casefold() for sender in definition.sender}
    problems: list[Problem] = []
    people: dict[str, str] = {}
    columns = ("to", "_address", "_identity", "_address_problem")
    for said, address, identity, problem in found.select(columns).iter_rows():
        if problem is None and identity in listed:
            problem = "suppressed"
        elif problem is None and identity.casefold() in own:
            problem = "sender_is_recipient"
        if problem is not None:
            problems.append(Problem(f"no test is sent to {said}: {sentence(problem)}"))
        elif identity in people:
            problems.append(Problem(f"{said} is named twice; each person gets one test"))
        else:
            people[identity] = address
    if problems:
        raise InvalidInput(problems)
    return list(people.values())


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
