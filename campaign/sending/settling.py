"""From an outcome to the state it leaves a recipient in: the middle of the state diagram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from campaign.ledger.records import Settlement, State
from campaign.providers.protocol import Kind, Message, Outcome, Scope
from campaign.sending.todo import Todo

MOST_HELD = 3
"""Refusals for the time being, for one reason; after the last one the recipient has failed."""

_STATES = {
    Kind.ACCEPTED: State.ACCEPTED,
    Kind.SCHEDULED: State.SCHEDULED,
    Kind.UNKNOWN: State.UNKNOWN,
    Kind.REJECTED: State.FAILED,
    Kind.NOT_SENT: State.FAILED,
    Kind.THROTTLED: State.PENDING,
}


def held_until(outcome: Outcome, refused: int, now: int) -> int | None:
    """Return until when the vendor's answer holds a recipient back, or ``None`` where it does not.

    ``refused`` is how often it was refused for the same reason before; ``now`` and what is returned
    are milliseconds since 1970 UTC. Each refusal doubles the time.
    """
    refused_alone = outcome.kind is Kind.REJECTED and outcome.scope is Scope.RECIPIENT
    if not refused_alone or outcome.hold is None or refused >= MOST_HELD - 1:
        return None
    return now + round(outcome.hold * 1000 * 2.0**refused)


def settlement(
    number: int,
    attempt: int,
    outcome: Outcome,
    started_at: int,
    *,
    will_repeat: bool,
    not_before: int | None = None,
) -> Settlement:
    """Return what to write for one attempt; ``started_at`` in milliseconds since 1970 UTC.

    A recipient goes back to pending only when it is certain that nothing was sent: the vendor
    throttled, the connection never stood or the vendor refused for a reason that may pass (until
    the attempts are used up), or the vendor refused the campaign as a whole, which is not this
    recipient's fault. With ``not_before``, the recipient is held until then.
    """
    state = _STATES[outcome.kind]
    refused_for_all = outcome.kind is Kind.REJECTED and outcome.scope is Scope.CAMPAIGN
    if not_before is not None:
        state = State.HELD
    elif refused_for_all or (will_repeat and _may_pass(outcome)):
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
        resend=outcome.resend,
        not_before=not_before,
    )


def settlements(
    mine: Sequence[tuple[Todo, Message, int]],
    outcomes: Sequence[Outcome],
    times: Sequence[float | None],
    refused: Mapping[int, int],
    started_at: int,
    now: int,
    *,
    left: bool = True,
) -> list[Settlement]:
    """Return what to write after one answer; ``times`` says when each is tried again, if at all.

    ``refused`` is how often those who are to be held were refused for the same reason before.
    Who was not even tried (``left`` is false) stays pending.
    """
    return [
        settlement(
            todo.number,
            attempt,
            outcome,
            started_at,
            will_repeat=at is not None or not left,
            not_before=held_until(outcome, refused.get(todo.number, 0), now),
        )
        for (todo, _, attempt), outcome, at in zip(mine, outcomes, times, strict=True)
    ]


def _may_pass(outcome: Outcome) -> bool:
    return outcome.kind is Kind.NOT_SENT or (outcome.kind is Kind.REJECTED and outcome.retry)
