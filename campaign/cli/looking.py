"""``status``, ``results`` and ``show``: what the ledger and the plan say of a run."""

from __future__ import annotations

import json as jsonlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from campaign import api
from campaign.errors import InvalidInput
from campaign.plan.variants import VARIANT
from campaign.reasons import reasons
from campaign.reporting import words
from campaign.reporting.results import is_results
from campaign.reporting.tables import counts_table, reasons_table
from campaign.status import Found, inputs_of


def status(definition: Path, *, run: str | None, env_file: Path | None, json: bool) -> None:
    """Print the counts and reasons of a run."""
    campaign = api.load(definition, env_file=env_file, past_ok=True)
    with campaign.view(run) as view:
        counts, found = view.counts, view.reasons
        held_since = view.run.owned_since if view.running else None
        if json:
            print(
                jsonlib.dumps(
                    {
                        "name": view.run.name,
                        "run": view.run.run,
                        "sandbox": view.run.sandbox,
                        "running_since": _when(held_since),
                        "counts": counts.as_dict(),
                        "held_until": _when(view.held_until),
                        "reasons": [
                            {"state": state, "reason": reason, "rows": rows}
                            for (state, reason), rows in found.items()
                        ],
                        "events": [
                            {"at": _when(at), "what": what, "detail": detail}
                            for at, what, detail in view.events
                        ],
                    },
                    indent=2,
                )
            )
            return
        console = Console()
        now = f"held by process {view.run.owner_pid} since {_when(held_since)}"
        console.print(
            Text(f"{view.run.name} {view.run.run}") + Text(f", {now}" if held_since else "")
        )
        console.print(Padding(counts_table(counts), (1, 0)))
        if found:
            console.print(Padding(reasons_table(found), (0, 0, 1, 0)))
        if view.held_until is not None:
            console.print(Text(words.held(view.held_until, view.run.run)))
        for at, what, detail in view.events:
            console.print(Text(f"{_when(at)}  {what}" + (f": {detail}" if detail else "")))


def results(definition: Path, *, out: Path | None, run: str | None, env_file: Path | None) -> None:
    """Write the results of a run and say where."""
    campaign = api.load(definition, env_file=env_file, past_ok=True)
    if out is not None and out.exists() and campaign.job.lives_from(out):
        raise InvalidInput(f"{out} is a file that the campaign itself needs; name another one.")
    if out is not None and out.exists() and not is_results(out):
        raise InvalidInput(
            f"{out} is there already, and holds no results; name another file or remove it first."
        )
    with campaign.view(run) as view:
        path = out or campaign.job.folder / view.run.run / "results.csv"
        view.results(path)
    Console(stderr=True).print(Text(f"Results: {path}"))


def show(
    definition: Path, recipient: str, *, run: str | None, env_file: Path | None, json: bool
) -> None:
    """Print all that is known about one recipient."""
    campaign = api.load(definition, env_file=env_file, past_ok=True)
    with campaign.view(run) as view:
        found = view.find(recipient)
    if not found:
        raise InvalidInput(f"No row of this run has the key, address or row number {recipient}.")
    if json:
        print(jsonlib.dumps([_as_dict(row) for row in found], indent=2))
        return
    console = Console()
    for row in found:
        console.print(_table(row))


def _as_dict(found: Found) -> dict[str, Any]:
    planned, entry = found.planned, found.entry
    return {
        "file": planned["file"],
        "row": planned["row"],
        "key": planned["key"],
        "address": planned["address"],
        "variant": planned.get(VARIANT),
        "state": _state(found),
        "reason": _reason(found),
        "detail": (entry.detail if entry else None) or planned["reason_detail"],
        "earlier_messages": [_when(at) for at in found.earlier],
        "held_until": _when(entry.not_before) if entry else None,
        "provider_id": entry.provider_id if entry else None,
        "conversation": dict(entry.evidence) if entry else {},
        "message": {
            name: value
            for name, value in planned.items()
            if ":" in name and not name.startswith("in:") and value is not None
        },
        "input": inputs_of(planned),
        "decisions": [
            {
                "at": _when(decided.at),
                "was": decided.was,
                "becomes": decided.becomes,
                "who": decided.who,
                "why": decided.why,
                "evidence": dict(decided.evidence),
            }
            for decided in found.decisions
        ],
        "attempts": [
            {
                "attempt": attempt.attempt,
                "started_at": _when(attempt.started_at),
                "ended_at": _when(attempt.ended_at),
                "outcome": attempt.outcome,
                "reason": attempt.reason,
                "code": attempt.code,
                "http_status": attempt.http_status,
                "detail": attempt.detail,
            }
            for attempt in found.attempts
        ],
    }


def _state(found: Found) -> str:
    if found.entry is not None:
        return found.entry.state.value
    verdict: str = found.planned["verdict"]
    return "pending" if verdict == "send" else verdict


def _reason(found: Found) -> str | None:
    if found.entry is not None:
        return found.entry.reason
    reason: str | None = found.planned["reason"]
    return reason


def _table(found: Found) -> Table:
    facts = _as_dict(found)
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("row", Text(f"{facts['row']} of {facts['file']}"))
    for name in ("key", "address", "variant", "state", "held_until", "reason"):
        if facts[name] is not None:
            table.add_row(name.replace("_", " "), Text(str(facts[name])))
    known = reasons().get(facts["reason"] or "")
    if known is not None:
        table.add_row("", Text(f"{known.sentence} {known.advice}"))
    if facts["detail"]:
        table.add_row("detail", Text(facts["detail"]))
    for at in facts["earlier_messages"]:
        table.add_row("messaged", Text(f"{at} by another run"))
    if facts["provider_id"]:
        table.add_row("provider id", Text(facts["provider_id"]))
    for name, value in facts["conversation"].items():
        table.add_row(f"  {name}", Text(str(value)))
    for name, value in facts["message"].items():
        table.add_row(Text(name), Text(str(value)))
    for attempt in facts["attempts"]:
        code = f" (code {attempt['code']})" if attempt["code"] else ""
        detail = f": {attempt['detail']}" if attempt["detail"] else ""
        table.add_row(
            f"attempt {attempt['attempt']}",
            Text(f"{attempt['started_at']} {attempt['outcome']}{code}{detail}"),
        )
    for decided in facts["decisions"]:
        why = f": {decided['why']}" if decided["why"] else ""
        text = f"{decided['at']} {decided['was']} → {decided['becomes']} by {decided['who']}{why}"
        table.add_row("decided", Text(text))
    for name, value in facts["input"].items():
        table.add_row(Text(f"list: {name}"), Text("" if value is None else str(value)))
    return table


def _when(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone()
    return moment.isoformat(sep=" ", timespec="seconds")
