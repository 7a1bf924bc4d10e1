"""``status`` and ``results``: what the ledger and the plan say of a run.

Invariant: ``status`` loads what it prints and no more, so that it may be asked every few seconds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from campaign import whereabouts
from campaign.cli.writing import print_json, when
from campaign.errors import InvalidInput
from campaign.ledger.delivery_records import Deliveries
from campaign.loading import definition_at, environment_of
from campaign.status import RunView, open_run


def status(definition: Path, *, run: str | None, env_file: Path | None, json: bool) -> None:
    """Print the counts and reasons of a run."""
    loaded = definition_at(definition, past_ok=True)
    with open_run(loaded, environment_of(env_file), run) as view:
        if json:
            print_json(_as_dict(view))
        else:
            _print(view)


def _as_dict(view: RunView) -> dict[str, Any]:
    return {
        "name": view.run.name,
        "run": view.run.run,
        "sandbox": view.run.sandbox,
        "running_since": when(view.run.owned_since) if view.running else None,
        "counts": view.counts.as_dict(),
        "held_until": when(view.held_until),
        "deliveries": _deliveries(view.deliveries),
        "reasons": [
            {"state": state, "reason": reason, "rows": rows}
            for (state, reason), rows in view.reasons.items()
        ],
        "events": [
            {"at": when(at), "what": what, "detail": detail} for at, what, detail in view.events
        ],
    }


def _deliveries(found: Deliveries) -> dict[str, int]:
    by_status = {status.value: rows for status, rows in found.by_status.items()}
    return by_status | {"ever_replied": found.replied, "nothing_heard": found.silent}


def _print(view: RunView) -> None:
    # Not above: a program that asks for JSON waits for no tables.
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    from campaign.reporting import words
    from campaign.reporting.tables import counts_table, reasons_table

    counts, found = view.counts, view.reasons
    console = Console()
    title = f"{view.run.name} {view.run.run}"
    if view.running:
        title += f", held by process {view.run.owner_pid} since {when(view.run.owned_since)}"
    console.print(Text(title))
    console.print(Padding(counts_table(counts), (1, 0)))
    if found:
        console.print(Padding(reasons_table(found), (0, 0, 1, 0)))
    if (returned := words.came_back(view.deliveries)) is not None:
        console.print(Text(returned))
    if view.held_until is not None:
        console.print(Text(words.held(view.held_until, view.run.run)))
    for at, what, detail in view.events:
        console.print(Text(f"{when(at)}  {what}" + (f": {detail}" if detail else "")))


def results(
    definition: Path, *, out: Path | None, excel: bool, run: str | None, env_file: Path | None
) -> None:
    """Write the results of a run and say where."""
    # Not above: they take longer to load than the state of a run takes to tell.
    from rich.console import Console
    from rich.text import Text

    from campaign.reporting.results import is_results

    loaded = definition_at(definition, past_ok=True)
    if out is not None and out.exists() and whereabouts.lives_from(loaded, out):
        raise InvalidInput(f"{out} is a file that the campaign itself needs; name another one.")
    if out is not None and out.exists() and not is_results(out):
        raise InvalidInput(
            f"{out} is there already, and holds no results; name another file or remove it first."
        )
    with open_run(loaded, environment_of(env_file), run) as view:
        name = "results-excel.csv" if excel else "results.csv"
        path = out or whereabouts.folder_of(loaded) / view.run.run / name
        view.results(path, excel=excel)
    Console(stderr=True).print(Text(f"Results: {path}"))
