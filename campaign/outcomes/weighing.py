"""From what a vendor says to what the ledger is told: the way out of ``unknown``.

Invariant: somebody is said not to have been sent to only by a look-up that is authoritative, and
only when the vendor's own delay has passed; everything else that is not found stays unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from campaign.ledger.records import Decision, State
from campaign.providers.look_up import Finding, LookUp, Sought, Verdict


@dataclass(frozen=True, slots=True)
class StillUnknown:
    """Why nobody knows yet; ``again_at`` is when asking again can tell, where it can."""

    detail: str
    again_at: datetime | None = None


def weighed(
    way: LookUp, finding: Finding, sought: Sought, asked_at: datetime, who: str
) -> Decision | StillUnknown:
    """Return the decision that a finding allows, or why there is none.

    ``asked_at`` is when the question left: what the vendor had then, it had.
    """
    if finding.verdict is Verdict.FOUND:
        return _decided(way, finding, State.ACCEPTED, "looked_up_sent", who)
    if finding.verdict is Verdict.FAILED:
        return _decided(way, finding, State.FAILED, finding.reason or "looked_up_failed", who)
    if finding.verdict is not Verdict.ABSENT or not way.authoritative:
        return StillUnknown(finding.detail)
    sure_from = sought.attempted_at + way.delay
    if asked_at < sure_from:
        return StillUnknown(
            f"{finding.detail}, but it may take {_length(way.delay)} to appear", sure_from
        )
    return _decided(way, finding, State.PENDING, "looked_up_not_sent", who)


def _decided(way: LookUp, finding: Finding, becomes: State, reason: str, who: str) -> Decision:
    return Decision(
        number=finding.recipient,
        was=State.UNKNOWN,
        becomes=becomes,
        reason=reason,
        who=who,
        why=f"{way.title}: {finding.detail}",
        code=finding.code,
        detail=finding.detail,
        provider_id=finding.provider_id,
        evidence=finding.evidence,
        resend=finding.resend,
    )


def _length(delay: timedelta) -> str:
    minutes = round(delay.total_seconds() / 60)
    if minutes % 60 == 0 and minutes:
        hours = minutes // 60
        return "an hour" if hours == 1 else f"{hours} hours"
    return f"{minutes} minutes"
