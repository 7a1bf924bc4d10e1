"""The tables that end a run or a check: who got it, who did not, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from campaign.ledger.records import Counts, State
from campaign.reasons import reasons
from campaign.reporting import words

if TYPE_CHECKING:
    from campaign.reporting.summary import Summary

STYLES: Mapping[str, str] = {
    "accepted": "green",
    "scheduled": "cyan",
    "failed": "red",
    "unknown": "magenta",
    "skipped": "yellow",
    "held": "yellow",
    "pending": "blue",
    "sending": "blue",
}

_ORDER = (
    State.ACCEPTED,
    State.SCHEDULED,
    State.FAILED,
    State.UNKNOWN,
    State.SKIPPED,
    State.HELD,
    State.PENDING,
    State.SENDING,
)


def counts_table(counts: Counts) -> Table:
    """Return how many rows stand where; the last line is their sum."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right")
    table.add_column()
    table.add_column(justify="right", style="dim")
    for state in _ORDER:
        rows = getattr(counts, state.value)
        if rows or state is State.ACCEPTED:
            table.add_row(
                words.number(rows),
                Text(state.value, style=STYLES[state.value]),
                words.share(rows, counts.planned),
            )
    table.add_row(words.number(counts.planned), Text("rows in the list", style="bold"), "")
    return table


def reasons_table(found: Mapping[tuple[str, str], int]) -> Table:
    """Return why, most first: rows, state, code, sentence and what to do."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("rows", justify="right")
    table.add_column("state")
    table.add_column("reason")
    table.add_column("what it means, and what to do", overflow="fold")
    for (state, code), rows in sorted(found.items(), key=lambda item: (-item[1], item[0])):
        known = reasons().get(code)
        meaning = f"{known.sentence} {known.advice}" if known else ""
        table.add_row(words.number(rows), Text(state, style=STYLES.get(state, "")), code, meaning)
    return table


def summary_view(summary: Summary) -> Group:
    """Return the end of a run, for a person."""
    title = {
        0: "[green]Done.[/]",
        3: "[yellow]Done, but not everybody was reached.[/]",
        4: "[red]Stopped.[/]",
        5: "[blue]Stopped with recipients left to send to.[/]",
        130: "[blue]Interrupted.[/]",
    }[summary.exit_code]
    parts: list[Text | Table | Padding] = [
        Text.from_markup(f"{title} {summary.name} {summary.run}")
    ]
    if summary.why:
        parts.append(Text(summary.why, style="red"))
    parts.append(Padding(counts_table(summary.counts), (1, 0)))
    if summary.reasons:
        parts.append(Padding(reasons_table(summary.reasons), (0, 0, 1, 0)))
    parts += [Text(said) for said in summary.how_it_went()]
    parts.append(Text(summary.where_the_results_are()))
    if summary.rejects is not None:
        parts.append(Text(f"Refused rows: {summary.rejects}"))
    parts.append(Text(f"Ledger: {summary.ledger}"))
    if summary.counts.pending:
        parts.append(Text(words.going_on(summary.run)))
    if summary.held_until is not None:
        parts.append(Text(words.held(summary.held_until, summary.run)))
    if summary.counts.unknown:
        parts.append(Text(words.UNKNOWN))
    return Group(*parts)
