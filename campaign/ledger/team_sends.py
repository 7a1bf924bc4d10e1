"""Test messages to people of the team: claimed before they leave, in no run, in no count.

Invariant: one that is claimed and not settled may have gone out; it stays as it is, and whoever
sends a test to the same address is told.
"""

from __future__ import annotations

from campaign.errors import LedgerError
from campaign.ledger.records import State
from campaign.ledger.rows import storable
from campaign.ledger.runs import Runs, now_ms
from campaign.ledger.team_records import TeamClaim, TeamSend


class TeamSends(Runs):
    """The part of a SQL ledger that knows test messages."""

    def claim_test(self, claim: TeamClaim) -> int:
        """Write down, durably, that a test message is about to leave; return its number."""

        def work() -> int:
            (row,) = self._db.change_each(
                "claim_test",
                [
                    {
                        "name": claim.name,
                        "provider": claim.provider,
                        "channel": claim.channel,
                        "sandbox": int(claim.sandbox),
                        "address": claim.address,
                        "source": storable(claim.source),
                        "who": claim.who,
                        "now": now_ms(),
                    }
                ],
            )
            if row is None:
                raise LedgerError("The ledger took a test message without giving it a number.")
            return int(row["id"])

        return self._db.transact(work)

    def settle_test(
        self,
        number: int,
        state: State,
        *,
        reason: str | None = None,
        code: str | None = None,
        detail: str | None = None,
        provider_id: str | None = None,
    ) -> None:
        """Write down what became of a test message."""

        def work() -> None:
            (row,) = self._db.change_each(
                "settle_test",
                [
                    {
                        "id": number,
                        "state": state.value,
                        "reason": reason,
                        "code": storable(code),
                        "detail": storable(detail),
                        "provider_id": storable(provider_id),
                        # The table's rule: without a time, nobody knows whether it went out.
                        "settled_at": None if state is State.UNKNOWN else now_ms(),
                    }
                ],
            )
            if row is None:
                raise LedgerError(
                    f"The test message {number} is not open, so it cannot be settled."
                )

        self._db.transact(work)

    def last_test(self, name: str, address: str, *, sandbox: bool) -> TeamSend | None:
        """Return the newest test message of a campaign to an address."""
        row = self._db.one("last_test", name=name, address=address, sandbox=int(sandbox))
        if row is None:
            return None
        return TeamSend(
            address=row["address"],
            source=row["source"],
            who=row["who"],
            claimed_at=row["claimed_at"],
            state=State(row["state"]),
            reason=row["reason"],
        )
