"""The command line: ``campaign COMMAND``.

Nothing heavy is imported before a command needs it, so that help comes at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from campaign.cli.failures import told
from campaign.cli.suppressing import suppress

app = typer.Typer(
    name="campaign",
    help="Bulk campaigns that start conversations: everyone exactly once, or a written reason.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Definition = Annotated[
    Path, typer.Argument(help="The campaign's definition, a YAML file.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
EnvFile = Annotated[
    Path | None, typer.Option(help="File of KEY=VALUE lines with secrets.", show_default=False)
]
RunName = Annotated[
    str | None,
    typer.Option("--run", help="Name of the run. Default: the newest.", show_default=False),
]


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


@app.command()
def init(
    provider: Annotated[str, typer.Argument(help="The provider: see `campaign providers`.")],
    path: Annotated[Path, typer.Argument(help="The file to write.")] = Path("campaign.yaml"),
) -> None:
    """Write a commented definition to begin with."""
    from campaign.cli import beginning

    beginning.init(provider, path)


@app.command()
def check(
    definition: Definition,
    online: Annotated[
        bool,
        typer.Option(
            "--online", help="Ask the vendor too: key, agent, sender, template. Nothing is sent."
        ),
    ] = False,
    env_file: EnvFile = None,
    json: Json = False,
) -> None:
    """Judge every row of the list: who gets it, who not and why, how long, what it costs.

    Sends nothing. Exits with 2 where more rows are refused than `max_rejects` allows.
    """
    from campaign.cli import sending

    sending.check(definition, env_file=env_file, json=json, online=online)


@app.command()
def run(
    definition: Definition,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent; send nothing.")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Send to at most this many recipients now.", show_default=False),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="Send only to the recipient with this key or address.",
            show_default=False,
        ),
    ] = None,
    takeover: Annotated[
        bool,
        typer.Option(
            "--takeover",
            help="The ledger was copied here, and nothing is sent from the original any more.",
        ),
    ] = False,
    replan: Annotated[
        bool,
        typer.Option(
            "--replan",
            help="The list or the definition changed: add and correct recipients. Who has an "
            "outcome is not sent to again.",
        ),
    ] = False,
    name: Annotated[
        str | None,
        typer.Option(
            "--run",
            help="Go on with the run of this name. Default: the one of now.",
            show_default=False,
        ),
    ] = None,
    env_file: EnvFile = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before sending.")] = False,
    json: Json = False,
) -> None:
    """Send the campaign, or go on where it stopped. Running it again is always safe."""
    from campaign.cli import sending

    if dry_run:
        sending.check(definition, env_file=env_file, json=json, only=only)
    else:
        sending.run(
            definition,
            limit=limit,
            only=only,
            takeover=takeover,
            replan=replan,
            name=name,
            env_file=env_file,
            yes=yes,
            json=json,
        )


@app.command("test")
def send_test(
    definition: Definition,
    to: Annotated[
        list[str],
        typer.Option(
            "--to",
            metavar="ADDRESS",
            help="A person of the team, written as in a list; up to 20 of them.",
            show_default=False,
        ),
    ],
    as_row: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Row of the list whose message is sent. Default: the first that would be sent to.",
            show_default=False,
        ),
    ] = None,
    env_file: EnvFile = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before sending.")] = False,
    json: Json = False,
) -> None:
    """Send the message of one row to people of the team instead, outside every count."""
    from campaign.cli import testing

    testing.send_test(definition, to, as_row=as_row, env_file=env_file, yes=yes, json=json)


@app.command()
def status(
    definition: Definition, run: RunName = None, env_file: EnvFile = None, json: Json = False
) -> None:
    """Show where a run stands."""
    from campaign.cli import looking

    looking.status(definition, run=run, env_file=env_file, json=json)


@app.command()
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


@app.command()
def show(
    definition: Definition,
    recipient: Annotated[str, typer.Argument(help="Key, address or row number of the list.")],
    run: RunName = None,
    env_file: EnvFile = None,
    json: Json = False,
) -> None:
    """Show everything that is known about one recipient."""
    from campaign.cli import looking

    looking.show(definition, recipient, run=run, env_file=env_file, json=json)


@app.command()
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


@app.command()
def reconcile(
    definition: Definition, run: RunName = None, env_file: EnvFile = None, json: Json = False
) -> None:
    """Ask the vendor what became of unknown recipients. Nobody is sent to."""
    from campaign.cli import asking

    asking.reconcile(definition, run=run, env_file=env_file, json=json)


@app.command()
def retry(
    definition: Definition,
    reason: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE",
            help="Only these reason codes, or codes of the vendor. Default: what a resend can "
            "mend.",
            show_default=False,
        ),
    ] = None,
    state: Annotated[
        str, typer.Option(metavar="failed|unknown", help="Whom to send to again.")
    ] = "failed",
    accept_duplicates: Annotated[
        bool,
        typer.Option(
            "--accept-duplicates",
            help="Needed for unknown recipients: they may get the message twice.",
        ),
    ] = False,
    run: RunName = None,
    env_file: EnvFile = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before sending.")] = False,
    json: Json = False,
) -> None:
    """Send again to whom the run failed in a way that a resend can mend, and go on with it."""
    from campaign.cli import deciding

    deciding.retry(
        definition,
        codes=reason or [],
        state=state,
        accept_duplicates=accept_duplicates,
        run=run,
        env_file=env_file,
        yes=yes,
        json=json,
    )


@app.command()
def providers(json: Json = False) -> None:
    """List the providers and what each can do."""
    from campaign.cli import beginning

    beginning.providers(json=json)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a definition."""
    from campaign.cli import beginning

    beginning.schema()


@app.command()
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


app.add_typer(suppress, name="suppress")

ledger = typer.Typer(help="Look after the ledger itself.", no_args_is_help=True)
app.add_typer(ledger, name="ledger")


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


def main() -> None:
    """Run the command line; errors that a person can mend are sentences, not tracebacks."""
    with told(json="--json" in sys.argv):
        app()
