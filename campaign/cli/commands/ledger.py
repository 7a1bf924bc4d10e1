"""What looks after the ledger itself."""

from __future__ import annotations

import typer

from campaign.cli.commands.options import Definition, EnvFile, Json, RunName

ledger = typer.Typer(help="Look after the ledger itself.", no_args_is_help=True)


@ledger.callback()
def of_the_ledger() -> None:
    """Look after the ledger itself."""


@ledger.command()
def verify(
    definition: Definition, run: RunName = None, env_file: EnvFile = None, json: Json = False
) -> None:
    """Check every invariant of the ledger, and name what is broken. Nobody's state is changed."""
    from campaign.cli import asking

    asking.verify(definition, run=run, env_file=env_file, json=json)
