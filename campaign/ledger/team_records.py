"""What a ledger is told and what it tells of test messages to people of the team."""

from __future__ import annotations

from dataclasses import dataclass

from campaign.ledger.records import State


@dataclass(frozen=True, slots=True)
class TeamClaim:
    """The wish to send one test message to a person of the team, outside every run.

    ``source`` names the row of the list that was rendered; ``who`` the person who asked for it.
    """

    name: str
    provider: str
    channel: str
    sandbox: bool
    address: str
    source: str
    who: str


@dataclass(frozen=True, slots=True)
class TeamSend:
    """A test message, as the ledger knows it; in ``sending`` nobody knows whether it went out.

    ``claimed_at`` is milliseconds UTC.
    """

    address: str
    source: str | None
    who: str
    claimed_at: int
    state: State
    reason: str | None
