"""What sends, and what says beforehand whom to.

The functions are what `campaign COMMAND --help` says; nothing heavy is imported before a call.
"""

from __future__ import annotations

from typing import Annotated

import typer

from campaign.cli.commands.options import Definition, EnvFile, Json, RunName, Yes


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
    yes: Yes = False,
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
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Send the message of one row to people of the team instead, outside every count."""
    from campaign.cli import testing

    testing.send_test(definition, to, as_row=as_row, env_file=env_file, yes=yes, json=json)


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
    yes: Yes = False,
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
