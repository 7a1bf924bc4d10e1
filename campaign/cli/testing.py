"""``test``: one row's message to people of the team."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import anyio
import typer
from rich.console import Console

from campaign import api
from campaign.cli.agreeing import agreed
from campaign.cli.writing import print_json
from campaign.reporting.testing import preview_lines, tested_lines
from campaign.testing import Preview, TeamTest


def send_test(
    definition: Path,
    to: Sequence[str],
    *,
    as_row: int | None,
    env_file: Path | None,
    yes: bool,
    json: bool,
) -> None:
    """Send, and exit with the code that says how it went."""
    # A time to schedule for that has passed is in nobody's way: a test leaves now.
    campaign = api.load(definition, env_file=env_file, past_ok=True)
    console = Console()

    def show(preview: Preview) -> None:
        for line in () if json else preview_lines(preview):
            console.print(line, highlight=False)

    def confirmed(preview: Preview) -> bool:
        people = len(preview.addresses)
        whom = "1 real person" if people == 1 else f"{people} real people"
        return agreed(f"Send this to {whom} through {preview.provider}?")

    ask = campaign.is_live and not yes and sys.stdin.isatty() and sys.stderr.isatty()

    async def main() -> TeamTest:
        return await campaign.test_async(
            to, as_row=as_row, show=show, confirm=confirmed if ask else None
        )

    tested = anyio.run(main)
    if json:
        print_json(tested.as_dict())
    else:
        for line in tested_lines(tested):
            console.print(line, highlight=False)
    raise typer.Exit(tested.exit_code)
