"""What became of unknown recipients: a person says so, or the vendor is asked.

The functions are what `campaign COMMAND --help` says; nothing heavy is imported before a call.
"""

from __future__ import annotations

from typing import Annotated

import typer

from campaign.cli.commands.options import Definition, EnvFile, Json, RunName


def resolve(
    definition: Definition,
    recipients: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY]...", help="Keys or addresses.", show_default=False),
    ] = None,
    answer: Annotated[
        str,
        typer.Option("--as", metavar="sent|not-sent|skip", help="What became of them."),
    ] = "",
    everybody: Annotated[
        bool, typer.Option("--all", help="Every unknown recipient of the run.")
    ] = False,
    why: Annotated[
        str | None, typer.Option(help="How you know; kept in the ledger.", show_default=False)
    ] = None,
    run: RunName = None,
    env_file: EnvFile = None,
) -> None:
    """Say what became of unknown recipients, after looking them up at the vendor."""
    from campaign.cli import deciding

    deciding.resolve(
        definition,
        recipients or [],
        answer=answer,
        everybody=everybody,
        why=why,
        run=run,
        env_file=env_file,
    )


def reconcile(
    definition: Definition, run: RunName = None, env_file: EnvFile = None, json: Json = False
) -> None:
    """Ask the vendor what became of unknown recipients. Nobody is sent to."""
    from campaign.cli import asking

    asking.reconcile(definition, run=run, env_file=env_file, json=json)
