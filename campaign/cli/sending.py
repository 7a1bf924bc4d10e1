"""``check`` and ``run``."""

from __future__ import annotations

import sys
from pathlib import Path

import anyio
import typer
from rich.console import Console

from campaign import api
from campaign.cli.agreeing import agreed
from campaign.cli.interpreter import prepare_to_send
from campaign.cli.writing import print_json
from campaign.deciding import Decisions
from campaign.errors import InvalidInput
from campaign.preflight.earlier import forget_page
from campaign.preflight.view import forecast_view
from campaign.providers.online import Answered, OnlineFinding
from campaign.reporting.lines import JsonLines, Lines
from campaign.reporting.online import online_view
from campaign.reporting.reporter import About, Reporter
from campaign.reporting.summary import Summary
from campaign.reporting.terminal import Terminal


def check(
    definition: Path,
    *,
    env_file: Path | None,
    json: bool,
    only: str | None = None,
    online: bool = False,
) -> None:
    """Judge everything and print what a run would do; exit with 2 where no run would begin."""
    try:
        campaign = api.load(definition, env_file=env_file)
    except InvalidInput:
        forget_page(definition)
        raise
    asked: list[OnlineFinding] = []
    if json:
        found = campaign.plan(only=only)
        as_dict = found.as_dict()
        if online:
            asked = campaign.ask_online()
            as_dict["online"] = [finding.as_dict() for finding in asked]
        print_json(as_dict)
    else:
        console = Console()
        terminal = Terminal(console)
        watching: Reporter = terminal if console.is_terminal else Lines(sys.stderr)
        if console.is_terminal:
            terminal.preparing("Reading the list")
        try:
            found = campaign.plan(only=only, tell=watching.working)
        finally:
            terminal.close()
        console.print(forecast_view(found))
        if online:
            with console.status(f"Asking {found.provider} …"):
                asked = campaign.ask_online()
            console.print(online_view(found.provider, asked, sandbox=found.sandbox))
    if found.refused or any(finding.verdict is Answered.WRONG for finding in asked):
        raise typer.Exit(2)


def run(
    definition: Path,
    *,
    limit: int | None,
    only: str | None,
    takeover: bool,
    env_file: Path | None,
    yes: bool,
    json: bool,
    replan: bool = False,
    name: str | None = None,
    again: Decisions | None = None,
    twice: bool = False,
) -> None:
    """Send, and exit with the code that says how it went."""
    # Whether a time that has passed is in the way is for the run to say: it may have begun.
    campaign = api.load(definition, env_file=env_file, past_ok=True)
    console = Console()
    terminal = Terminal(console) if console.is_terminal and not json else None
    reporter: Reporter = JsonLines(sys.stdout) if json else terminal or Lines(sys.stdout)

    def confirmed(about: About) -> bool:
        if terminal is not None:
            terminal.close()
        people = "1 real person" if about.to_send == 1 else f"{about.to_send:,} real people"
        warning = " Some of them may get it twice." if twice else ""
        return agreed(f"Message {people} through {about.provider}?{warning}")

    ask = campaign.is_live and not yes and sys.stdin.isatty() and sys.stderr.isatty()

    prepare_to_send()

    async def main() -> Summary:
        return await campaign.run_async(
            limit=limit,
            only=only,
            takeover=takeover,
            replan=replan,
            run=name,
            again=again,
            reporter=reporter,
            handle_signals=True,
            confirm=confirmed if ask else None,
        )

    try:
        summary = anyio.run(main)
    finally:
        if terminal is not None:
            terminal.close()
    raise typer.Exit(summary.exit_code)
