"""What is known of a run.

The functions are what `campaign COMMAND --help` says; nothing heavy is imported before a call.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from campaign.cli.commands.options import Definition, EnvFile, Json, RunName


def status(
    definition: Definition, run: RunName = None, env_file: EnvFile = None, json: Json = False
) -> None:
    """Show where a run stands."""
    from campaign.cli import looking

    looking.status(definition, run=run, env_file=env_file, json=json)


def results(
    definition: Definition,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="A .csv or .parquet file.", show_default=False),
    ] = None,
    run: RunName = None,
    env_file: EnvFile = None,
) -> None:
    """Write the results: one line for each row of the list."""
    from campaign.cli import looking

    looking.results(definition, out=out, run=run, env_file=env_file)


def show(
    definition: Definition,
    recipient: Annotated[str, typer.Argument(help="Key, address or row number of the list.")],
    run: RunName = None,
    env_file: EnvFile = None,
    json: Json = False,
) -> None:
    """Show everything that is known about one recipient."""
    from campaign.cli import showing

    showing.show(definition, recipient, run=run, env_file=env_file, json=json)
