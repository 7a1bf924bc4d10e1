"""``suppress``: the ledger's own list of people whom no campaign may message."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from campaign.cli.commands.options import EnvFile, Json

suppress = typer.Typer(
    help="Look after the ledger's own list of people whom no campaign may message.",
    no_args_is_help=True,
)

_Definition = Annotated[
    Path,
    typer.Argument(
        metavar="DEFINITION",
        help="A definition that names the ledger and the channel.",
        show_default=False,
    ),
]
_Addresses = Annotated[
    list[str],
    typer.Argument(
        metavar="ADDRESS...",
        help="Addresses as in a recipient list, or sha256: and the hash of one.",
        show_default=False,
    ),
]
_Why = Annotated[
    str | None,
    typer.Option(help="What they said; kept with your name and the time.", show_default=False),
]
_Hashed = Annotated[
    bool, typer.Option("--hashed", help="Keep only SHA-256 hashes of the addresses.")
]


@suppress.callback()
def of_the_list() -> None:
    """Look after the ledger's own list of people whom no campaign may message."""


@suppress.command()
def add(
    definition: _Definition,
    addresses: _Addresses,
    why: _Why = None,
    hashed: _Hashed = False,
    env_file: EnvFile = None,
) -> None:
    """Put people on the list. A run that is under way sends them nothing more."""
    from campaign import api

    listed = api.load(definition, env_file=env_file, past_ok=True).suppressions
    done = listed.add(addresses, why=why, hashes=hashed)
    typer.echo(_sentence(done.changed, "added", done.already, "there already"))


@suppress.command()
def remove(definition: _Definition, addresses: _Addresses, env_file: EnvFile = None) -> None:
    """Take people off the list. The next run or resume may message them."""
    from campaign import api

    listed = api.load(definition, env_file=env_file, past_ok=True).suppressions
    done = listed.remove(addresses)
    typer.echo(_sentence(done.changed, "taken off", done.already, "not on the list"))


@suppress.command("import")
def import_(
    definition: _Definition,
    file: Annotated[Path, typer.Argument(help="A file like those under `suppress`.")],
    why: _Why = None,
    hashed: _Hashed = False,
    env_file: EnvFile = None,
) -> None:
    """Put everybody in a file on the list, or nobody if a line cannot be read."""
    from campaign import api

    listed = api.load(definition, env_file=env_file, past_ok=True).suppressions
    done = listed.import_file(file, why=why, hashes=hashed)
    typer.echo(_sentence(done.changed, "added", done.already, "there already"))


@suppress.command("list")
def list_(definition: _Definition, env_file: EnvFile = None, json: Json = False) -> None:
    """Show who is on the list, since when, and why."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from campaign.cli.writing import print_json
    from campaign.listed import moment, suppression_list
    from campaign.loading import definition_at, environment_of

    loaded = definition_at(definition, past_ok=True)
    found = suppression_list(loaded, environment_of(env_file))
    if json:
        rows = [
            {"entry": one.identity, "added_at": one.added_at, "who": one.who, "why": one.why}
            for one in found
        ]
        print_json(rows)
        return
    if not found:
        typer.echo("Nobody is on the list.")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("entry", "since", "by", "why"):
        table.add_column(title, overflow="fold")
    for one in found:
        row = (one.identity, moment(one.added_at), one.who, one.why or "")
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


@suppress.command()
def export(
    definition: _Definition,
    file: Annotated[Path, typer.Argument(help="The .csv file to write.")],
    env_file: EnvFile = None,
) -> None:
    """Write the list as a CSV file, which `suppress` in a definition takes."""
    from campaign import api

    found = api.load(definition, env_file=env_file, past_ok=True).suppressions.export(file)
    typer.echo(f"Wrote {file}: {_people(found)} on the list.")


def _sentence(changed: int, verb: str, already: int, otherwise: str) -> str:
    if not already:
        return f"{_people(changed)} {verb}."
    return f"{_people(changed)} {verb}, {already:,} {otherwise}."


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"
