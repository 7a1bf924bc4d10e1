"""To begin with: a definition, what there is, and a vendor on loopback.

The functions are what `campaign COMMAND --help` says; nothing heavy is imported before a call.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from campaign.cli.commands.options import Json


def init(
    provider: Annotated[str, typer.Argument(help="The provider: see `campaign providers`.")],
    path: Annotated[Path, typer.Argument(help="The file to write.")] = Path("campaign.yaml"),
) -> None:
    """Write a commented definition to begin with."""
    from campaign.cli import beginning

    beginning.init(provider, path)


def providers(json: Json = False) -> None:
    """List the providers and what each can do."""
    from campaign.cli import beginning

    beginning.providers(json=json)


def schema() -> None:
    """Print the JSON Schema of a definition."""
    from campaign.cli import beginning

    beginning.schema()


def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8025,
    config: Annotated[
        Path | None,
        typer.Option(help="YAML file with keys, agents and faults.", show_default=False),
    ] = None,
) -> None:
    """Run the sandbox on its own, on loopback, until Ctrl-C."""
    from campaign.cli import beginning

    beginning.sandbox(port, config)
