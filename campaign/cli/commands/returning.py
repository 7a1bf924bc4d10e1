"""What came back: the vendor is asked, or tells by itself.

The functions are what `campaign COMMAND --help` says; nothing heavy is imported before a call.
"""

from __future__ import annotations

from typing import Annotated

import typer

from campaign.cli.commands.options import Definition, EnvFile, Json, RunName


def sync(
    definition: Definition, run: RunName = None, env_file: EnvFile = None, json: Json = False
) -> None:
    """Ask the vendor what came back: delivered, read, replied, closed. Nobody is sent to.

    Safe to repeat, from cron too, and while the run is being sent. Exits with 3 where something
    could not be asked.
    """
    from campaign.cli import syncing

    syncing.sync(definition, run=run, env_file=env_file, json=json)


def listen(
    definition: Definition,
    host: Annotated[str, typer.Option(help="Address of this machine.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8787,
    public_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="How the vendors reach it through a proxy: https://campaigns.example.org",
            show_default=False,
        ),
    ] = None,
    env_file: EnvFile = None,
    json: Json = False,
) -> None:
    """Receive what the vendor tells by itself, until Ctrl-C or SIGTERM.

    Events of every campaign of the account that has this ledger are taken in.
    """
    from campaign.cli import listening

    listening.listen(
        definition, host=host, port=port, public_url=public_url, env_file=env_file, json=json
    )
