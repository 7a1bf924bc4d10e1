"""The rules of the moment, in the order in which they are asked. The first that objects decides.

Adding one is a module with a class, a function and a line here, a reason in ``reasons.toml`` and a
test. Invariant: sending, the question within the claim and the forecast ask the rules of this list
and no others. What knows only the campaign comes before what knows the other runs of its ledger, so
that the two parts, made at different times, are in order when one is put behind the other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from campaign.rules.frequency import AtMost, FrequencyCap
from campaign.rules.history import History
from campaign.rules.moment import MomentRule
from campaign.rules.pair_rate import PairRate
from campaign.rules.quiet_hours import OutsideQuietHours
from campaign.rules.suppression import NotSuppressed
from campaign.rules.tier import Tier
from campaign.rules.window import Window


@dataclass(frozen=True, slots=True)
class Moment:
    """What the rules are made of; whatever is left out is asked of nobody.

    ``suppressed`` are the entries of the definition's own lists, ``quiet`` its quiet hours;
    ``listed`` is the ledger's list, which grows. ``history`` is what the ledger knows of messages:
    by it are judged ``limits``, the caps; ``tier``, the people of the messaging tier, where no
    ``window`` is open; and, where there ``is_chat``, the pause between two messages to one person.
    """

    suppressed: Collection[str] | None = None
    quiet: OutsideQuietHours | None = None
    listed: NotSuppressed | None = None
    history: History | None = None
    limits: Sequence[AtMost] = ()
    tier: int | None = None
    window: Window | None = None
    is_chat: bool = False


def _on_no_list_of_the_definition(known: Moment) -> MomentRule | None:
    return None if known.suppressed is None else NotSuppressed(known.suppressed)


def _outside_quiet_hours(known: Moment) -> MomentRule | None:
    return known.quiet


def _not_on_the_ledgers_list(known: Moment) -> MomentRule | None:
    return known.listed


def _below_every_cap(known: Moment) -> MomentRule | None:
    if known.history is None or not known.limits:
        return None
    return FrequencyCap(known.limits, known.history)


def _room_in_the_tier(known: Moment) -> MomentRule | None:
    if known.history is None or known.tier is None or known.window is None:
        return None
    return Tier(known.tier, known.history, known.window)


def _not_messaged_a_moment_ago(known: Moment) -> MomentRule | None:
    return PairRate(known.history) if known.history is not None and known.is_chat else None


MOMENT_RULES: tuple[Callable[[Moment], MomentRule | None], ...] = (
    _on_no_list_of_the_definition,
    _outside_quiet_hours,
    _not_on_the_ledgers_list,
    _below_every_cap,
    _room_in_the_tier,
    _not_messaged_a_moment_ago,
)


def asked(known: Moment) -> tuple[MomentRule, ...]:
    """Return the rules that there is something to ask by, in their order."""
    return tuple(found for rule in MOMENT_RULES if (found := rule(known)) is not None)
