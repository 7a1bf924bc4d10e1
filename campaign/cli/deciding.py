"""``resolve`` and ``retry``: what only a person may decide."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from campaign import api
from campaign.cli import sending
from campaign.deciding import As, again, nobody_twice
from campaign.errors import InvalidInput
from campaign.ledger.records import State


def resolve(
    definition: Path,
    recipients: list[str],
    *,
    answer: str,
    everybody: bool,
    why: str | None,
    run: str | None,
    env_file: Path | None,
) -> None:
    """Settle unknown recipients as the person says."""
    if answer not in set(As):
        raise InvalidInput("Say what became of them: --as sent, --as not-sent or --as skip.")
    if everybody == bool(recipients):
        raise InvalidInput("Name the recipients, or say --all for every unknown one.")
    campaign = api.load(definition, env_file=env_file, past_ok=True)
    done = campaign.resolve(As(answer), None if everybody else recipients, why=why, run=run)
    people = "1 unknown recipient is" if done == 1 else f"{done:,} unknown recipients are"
    text = f"{people} now resolved as {answer}."
    if answer == As.NOT_SENT and done:
        text += f" Next: {going_on(campaign, definition, run)}"
    Console().print(Text(text))


def retry(
    definition: Path,
    *,
    codes: list[str],
    state: str,
    accept_duplicates: bool,
    run: str | None,
    env_file: Path | None,
    yes: bool,
    json: bool,
) -> None:
    """Make the chosen recipients pending again, then run."""
    if state not in (State.FAILED, State.UNKNOWN):
        raise InvalidInput(
            "Only failed or unknown recipients can be sent to again: --state failed."
        )
    nobody_twice(State(state), unless=accept_duplicates)
    campaign = api.load(definition, env_file=env_file, past_ok=True)
    name = _name(campaign, run)
    with campaign.view(name) as view:
        found = view.chosen(again(State(state), codes))
    people = f"1 {state} recipient is" if found == 1 else f"{found:,} {state} recipients are"
    told = f"{people} to be sent to again."
    if not found and not codes:
        told = f"Nobody is {state} in a way that a resend can mend; --reason CODE names others."
    Console(stderr=True).print(Text(told))
    sending.run(
        definition,
        limit=None,
        only=None,
        takeover=False,
        name=name,
        again=again(State(state), codes),
        twice=state == State.UNKNOWN,
        env_file=env_file,
        yes=yes,
        json=json,
    )


def going_on(campaign: api.Campaign, definition: Path, run: str | None) -> str:
    """Return the command that goes on with a run, by default the newest."""
    words = f"campaign run {definition}"
    if campaign.job.loaded.definition.run is not None:
        words += f" --run {_name(campaign, run)}"  # today's is another one
    return words


def _name(campaign: api.Campaign, run: str | None) -> str:
    with campaign.view(run) as view:
        return view.run.run
