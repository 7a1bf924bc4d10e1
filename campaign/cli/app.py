"""The command line: ``campaign COMMAND``.

Nothing heavy is imported before a command needs it, so that help comes at once.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from campaign.cli.commands import beginning, deciding, ledger, looking, returning, sending
from campaign.cli.failures import told
from campaign.cli.memory import give_back
from campaign.cli.suppressing import suppress

app = typer.Typer(
    name="campaign",
    help="Bulk campaigns that start conversations: everyone exactly once, or a written reason.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"campaign {version('campaign')}")
        raise typer.Exit


@app.callback()
def everywhere(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Bulk campaigns that start conversations: everyone exactly once, or a written reason."""


# In the order of the help.
app.command()(beginning.init)
app.command()(sending.check)
app.command()(sending.run)
app.command("test")(sending.send_test)
app.command()(looking.status)
app.command()(looking.results)
app.command()(looking.report)
app.command()(looking.show)
app.command()(deciding.resolve)
app.command()(deciding.reconcile)
app.command()(sending.retry)
app.command()(returning.sync)
app.command()(returning.listen)
app.command()(beginning.providers)
app.command()(beginning.schema)
app.command()(beginning.sandbox)
app.add_typer(suppress, name="suppress")
app.add_typer(ledger.ledger, name="ledger")


def main() -> None:
    """Run the command line; errors that a person can mend are sentences, not tracebacks."""
    give_back()
    with told(json="--json" in sys.argv):
        app()
