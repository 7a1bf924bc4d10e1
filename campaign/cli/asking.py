"""``reconcile`` and ``ledger verify``: asking the vendor, and asking the ledger itself."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import anyio
import typer
from rich.console import Console
from rich.text import Text

from campaign import api
from campaign.cli.deciding import going_on
from campaign.cli.writing import print_json
from campaign.reconciling import Progress, Reconciled
from campaign.reporting import words


def reconcile(definition: Path, *, run: str | None, env_file: Path | None, json: bool) -> None:
    """Ask the vendor about unknown recipients, and print what it said."""
    campaign = api.load(definition, env_file=env_file, past_ok=True)
    screen = Console(stderr=True)

    async def main(show: Progress) -> Reconciled:
        return await campaign.reconcile_async(run=run, progress=show)

    if screen.is_terminal and not json:
        with screen.status("Reading the ledger …") as status:

            def show(way: str, done: int, total: int) -> None:
                status.update(f"Asked {way} about {done:,} of {total:,} …")

            found = anyio.run(main, show)
    else:
        found = anyio.run(main, lambda *_: None)
    if json:
        print_json(found.as_dict())
    else:
        for line in _lines(found, going_on(campaign, definition, run)):
            Console().print(Text(line))
    raise typer.Exit(found.exit_code)


def _lines(found: Reconciled, following: str) -> list[str]:
    if not found.asked:
        return ["Nobody is unknown in this run."]
    lines = [f"Asked about {words.people(found.asked)}: {' and '.join(found.ways)}."]
    if found.sent:
        lines.append(f"{words.people(found.sent)}: the vendor has the message; now accepted.")
    if found.failed:
        lines.append(f"{words.people(found.failed)}: the vendor could not deliver; now failed.")
    if found.not_sent:
        lines.append(f"{words.people(found.not_sent)}: not sent; now pending.")
    left = found.unknown.total()
    if left:
        lines.append(f"{words.people(left)}: still unknown.")
        lines += [f"  {rows:,} × {detail}" for detail, rows in found.unknown.most_common(5)]
    if found.again_at is not None:
        lines.append(f"Asking again can tell more from {_clock(found.again_at)}.")
    elif left:
        lines.append("Look them up by hand, then: campaign resolve.")
    if found.not_sent:
        lines.append(f"Next: {following}")
    return lines


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}"


def verify(definition: Path, *, run: str | None, env_file: Path | None, json: bool) -> None:
    """Check the ledger and print what is broken; exit with 1 when something is."""
    campaign = api.load(definition, env_file=env_file, past_ok=True)
    with Console(stderr=True).status("Checking every invariant of the ledger …"):
        found = campaign.verify(run=run)
    if json:
        broken = {name: list(sentences) for name, sentences in found.broken.items() if sentences}
        print_json(
            {
                "sound": found.is_sound,
                "runs": found.runs,
                "recipients": found.recipients,
                "broken": broken,
            }
        )
    else:
        for name, sentences in found.broken.items():
            for sentence in sentences:
                Console().print(Text(f"{name or 'the ledger'}: {sentence}"))
        runs = "1 run" if len(found.runs) == 1 else f"{len(found.runs):,} runs"
        rows = f"{runs} of {campaign.name}, {found.recipients:,} rows"
        sound = "every invariant holds." if found.is_sound else "not sound; see above."
        Console().print(Text(f"{rows}: {sound}"))
    raise typer.Exit(0 if found.is_sound else 1)
