"""``show``: everything that the ledger and the plan know of one recipient."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from campaign.cli.writing import print_json, when
from campaign.errors import InvalidInput
from campaign.loading import definition_at, environment_of
from campaign.plan.variants import VARIANT
from campaign.reasons import reasons
from campaign.status import Found, inputs_of, open_run


def show(
    definition: Path, recipient: str, *, run: str | None, env_file: Path | None, json: bool
) -> None:
    """Print all that is known about one recipient."""
    loaded = definition_at(definition, past_ok=True)
    with open_run(loaded, environment_of(env_file), run) as view:
        found = view.find(recipient)
    if not found:
        raise InvalidInput(f"No row of this run has the key, address or row number {recipient}.")
    if json:
        print_json([_as_dict(row) for row in found])
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
        "earlier_messages": [when(at) for at in found.earlier],
        "held_until": when(entry.not_before) if entry else None,
        "provider_id": entry.provider_id if entry else None,
        "conversation": dict(entry.evidence) if entry else {},
        "delivery": {
            name: when(value) if name.endswith("_at") else value
            for name, value in found.returned.items()
        },
        "message": {
            name: value
            for name, value in planned.items()
            if ":" in name and not name.startswith("in:") and value is not None
        },
        "input": inputs_of(planned),
        "decisions": [
            {
                "at": when(decided.at),
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
                "started_at": when(attempt.started_at),
                "ended_at": when(attempt.ended_at),
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
    for name, value in facts["delivery"].items():
        table.add_row(name.removesuffix("_at").replace("_", " "), Text(str(value)))
    for decided in facts["decisions"]:
        why = f": {decided['why']}" if decided["why"] else ""
        text = f"{decided['at']} {decided['was']} → {decided['becomes']} by {decided['who']}{why}"
        table.add_row("decided", Text(text))
    for name, value in facts["input"].items():
        table.add_row(Text(f"list: {name}"), Text("" if value is None else str(value)))
    return table
