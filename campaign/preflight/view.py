"""What a run would do, on a terminal of eighty columns: the figures of the page and the JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from campaign.preflight.answer import Forecast
from campaign.preflight.cost import Cost
from campaign.preflight.headline import standing
from campaign.preflight.lengths import Lengths
from campaign.preflight.samples import Sample
from campaign.preflight.timing import Timing
from campaign.reporting import words
from campaign.reporting.tables import reasons_table

_LINES = 10
"""So many lines of the cost are shown; the page has all."""


def forecast_view(found: Forecast) -> Group:
    """Return what a run would do, for a person."""
    return Group(*_parts(found))


def _parts(found: Forecast) -> Iterator[Text | Padding]:
    where = " (sandbox)" if found.sandbox else ""
    yield Text.assemble(
        (found.name, "bold"), f" {found.run}: {found.channel} through {found.provider}{where}"
    )
    yield Text(found.headline)
    if found.already is not None:
        yield Text(standing(found.already), style="cyan")
    if found.refusals:
        yield _below(reasons_table(found.refusals))
        yield _below(_examples(found.examples))
    if found.odd:
        yield _below(reasons_table({("warning", code): n for code, (n, _) in found.odd.items()}))
        yield _below(_examples({code: shown for code, (_, shown) in found.odd.items()}))
    if found.waiting:
        yield _below(reasons_table({("if sent now", code): n for code, n in found.waiting.items()}))
    if found.samples:
        yield _below(_samples(found.samples))
    if found.lengths is not None:
        yield _below(_histogram(found.lengths))
    if found.cost is not None and (found.cost.lines or found.cost.unpriced):
        yield _below(_cost(found.cost))
    yield Text()
    yield from _days(found.timing)
    yield from (Text(warning, style="yellow") for warning in found.warnings)
    if found.rejected.limit is not None:
        ending = ": no run would begin." if found.refused else "."
        style = "red" if found.refused else ""
        yield Text(found.rejected.sentence() + ending, style=style)
    if found.refusals:
        yield Text(f"Refused rows: {found.rejects}")
    yield Text(f"As a page: {found.page}")


def _below(table: Table) -> Padding:
    return Padding(table, (1, 0, 0, 0))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        right = name.startswith(">")
        table.add_column(
            name.removeprefix(">"), justify="right" if right else "left", overflow="fold"
        )
    return table


def _days(found: Timing) -> Iterator[Text]:
    """Yield what lies behind the days: what a tier has room for, what quiet hours leave."""
    if not found.people:
        return
    yield from (Text(f"{one.why}.") for one in found.days if one.why)
    if found.awake is not None:
        yield Text(f"By the quiet hours, each person can be messaged {found.awake.room()}.")


def _examples(found: Mapping[str, list[dict[str, Any]]]) -> Table:
    table = _table("reason", "for example")
    for reason, rows in found.items():
        texts = []
        for row in rows:
            cell = f" {words.cell(row['value'])}" if row["value"] else ""
            detail = f" ({row['reason_detail']})" if row["reason_detail"] else ""
            texts.append(f"{row['place']}{cell}{detail}")
        # As text: what stands in brackets in a cell is no mark-up of ours.
        table.add_row(reason, Text("; ".join(texts)))
    return table


def _samples(found: list[Sample]) -> Table:
    table = _table(">row", "to", "as", "message")
    for sample in found:
        message = Text(words.shortened("\n".join(sample.lines)))
        kinds = ", ".join(kind for kind in sample.kinds if kind != "first")
        if kinds:
            message.append(f"\n({kinds})", style="dim")
        place = sample.place.removeprefix("row ")
        table.add_row(Text(place), Text(sample.address), sample.form, message)
    return table


def _histogram(found: Lengths) -> Table:
    table = _table(">messages", "parts each (160 characters, or 70 where one is not in GSM-7)")
    for parts, messages in found.histogram.items():
        table.add_row(words.number(messages), Text(f"{parts}"))
    table.add_row(words.number(found.total), Text("parts in all"))
    if found.switched:
        named = ", ".join(
            f"{words.visible(one.character)} in {words.number(one.rows)} (first {one.place})"
            for one in found.characters
        )
        table.add_row(words.number(found.switched), Text(f"not in GSM-7, because of {named}"))
    return table


def _cost(found: Cost) -> Table:
    table = _table("country", "category", ">people", ">units", ">price", f">{found.currency}")
    for line in found.lines[:_LINES]:
        table.add_row(
            line.country or "–",
            line.category or "–",
            words.number(line.recipients),
            words.number(line.units),
            f"{line.price:f}",
            words.money(line.total),
        )
    if rest := found.lines[_LINES:]:
        people, units = sum(one.recipients for one in rest), sum(one.units for one in rest)
        total = found.total - sum(one.total for one in found.lines[:_LINES])
        others = f"{len(rest)} others", "", words.number(people), words.number(units)
        table.add_row(*others, "", words.money(total))
    for country, people in list(found.unpriced.items())[:_LINES]:
        table.add_row(country or "–", "", words.number(people), "", "no rate", "")
    return table
