"""``status`` and ``results``: what the ledger and the plan say of a run.

Invariant: ``status`` loads what it prints and no more, so that it may be asked every few seconds.
"""

from __future__ import annotations

import json as jsonlib
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from campaign import whereabouts
from campaign.cli.moments import when
from campaign.errors import InvalidInput
from campaign.loading import definition_at, environment_of
from campaign.reporting import words
from campaign.reporting.tables import counts_table, reasons_table
from campaign.status import open_run


def status(definition: Path, *, run: str | None, env_file: Path | None, json: bool) -> None:
    """Print the counts and reasons of a run."""
    loaded = definition_at(definition, past_ok=True)
    with open_run(loaded, environment_of(env_file), run) as view:
        counts, found = view.counts, view.reasons
        held_since = view.run.owned_since if view.running else None
        if json:
            print(
                jsonlib.dumps(
                    {
                        "name": view.run.name,
                        "run": view.run.run,
                        "sandbox": view.run.sandbox,
                        "running_since": when(held_since),
                        "counts": counts.as_dict(),
                        "held_until": when(view.held_until),
                        "reasons": [
                            {"state": state, "reason": reason, "rows": rows}
                            for (state, reason), rows in found.items()
                        ],
                        "events": [
                            {"at": when(at), "what": what, "detail": detail}
                            for at, what, detail in view.events
                        ],
                    },
                    indent=2,
                )
            )
            return
        console = Console()
        now = f"held by process {view.run.owner_pid} since {when(held_since)}"
        console.print(
            Text(f"{view.run.name} {view.run.run}") + Text(f", {now}" if held_since else "")
        )
        console.print(Padding(counts_table(counts), (1, 0)))
        if found:
            console.print(Padding(reasons_table(found), (0, 0, 1, 0)))
        if view.held_until is not None:
            console.print(Text(words.held(view.held_until, view.run.run)))
        for at, what, detail in view.events:
            console.print(Text(f"{when(at)}  {what}" + (f": {detail}" if detail else "")))


def results(definition: Path, *, out: Path | None, run: str | None, env_file: Path | None) -> None:
    """Write the results of a run and say where."""
    # Not above: it needs polars, and the state of a run does not.
    from campaign.reporting.results import is_results

    loaded = definition_at(definition, past_ok=True)
    if out is not None and out.exists() and whereabouts.lives_from(loaded, out):
        raise InvalidInput(f"{out} is a file that the campaign itself needs; name another one.")
    if out is not None and out.exists() and not is_results(out):
        raise InvalidInput(
            f"{out} is there already, and holds no results; name another file or remove it first."
        )
    with open_run(loaded, environment_of(env_file), run) as view:
        path = out or whereabouts.folder_of(loaded) / view.run.run / "results.csv"
        view.results(path)
    Console(stderr=True).print(Text(f"Results: {path}"))
