"""From an outcome to the state it leaves a recipient in: the middle of the state diagram."""

from __future__ import annotations

from campaign.ledger.protocol import Settlement, State
from campaign.providers.protocol import Kind, Outcome, Scope

_STATES = {
    Kind.ACCEPTED: State.ACCEPTED,
    Kind.SCHEDULED: State.SCHEDULED,
    Kind.UNKNOWN: State.UNKNOWN,
    Kind.REJECTED: State.FAILED,
    Kind.NOT_SENT: State.FAILED,
    Kind.THROTTLED: State.PENDING,
}


def settlement(
    number: int, attempt: int, outcome: Outcome, started_at: int, *, will_repeat: bool
) -> Settlement:
    """Return what to write for one attempt; ``started_at`` in milliseconds since 1970 UTC.

    A recipient goes back to pending only when it is certain that nothing was sent: the vendor
    throttled, the connection never stood (until the attempts are used up), or the vendor refused
    the campaign as a whole, which is not this recipient's fault.
    """
    state = _STATES[outcome.kind]
    refused_for_all = outcome.kind is Kind.REJECTED and outcome.scope is Scope.CAMPAIGN
    if refused_for_all or (outcome.kind is Kind.NOT_SENT and will_repeat):
        state = State.PENDING
    return Settlement(
        number=number,
        attempt=attempt,
        state=state,
        outcome=outcome.kind.value,
        started_at=started_at,
        reason=outcome.reason,
        code=outcome.code,
        detail=outcome.detail,
        provider_id=outcome.provider_id,
        http_status=outcome.http_status,
        evidence=outcome.evidence,
    )
