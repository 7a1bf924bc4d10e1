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
    excel: Annotated[
        bool,
        typer.Option(
            "--excel", help="Write CSV of which Excel changes nothing: no digit, and no formula."
        ),
    ] = False,
    run: RunName = None,
    env_file: EnvFile = None,
) -> None:
    """Write the results: one line for each row of the list."""
    from campaign.cli import looking

    looking.results(definition, out=out, excel=excel, run=run, env_file=env_file)


def report(
    definition: Definition,
    run: Annotated[
        list[str] | None,
        typer.Option(
            "--run", help="Name of a run; more than once for several.", show_default=False
        ),
    ] = None,
    month: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", help="All runs that began in a month.", show_default=False),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All runs of the campaign.")] = False,
    form: Annotated[
        str, typer.Option("--format", metavar="html|md|json", help="A page, or text, or data.")
    ] = "html",
    to: Annotated[
        Path | None,
        typer.Option(
            help="The file to write; - is the screen. Default: beside the results.",
            show_default=False,
        ),
    ] = None,
    env_file: EnvFile = None,
) -> None:
    """Write what came of it: who answered, how fast, what failed and what to do about it."""
    from campaign.cli import reporting

    reporting.report(
        definition,
        runs=run or [],
        month=month,
        everything=everything,
        form=form,
        to=to,
        env_file=env_file,
    )


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
