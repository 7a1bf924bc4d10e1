"""How a definition says how fast: the contract's rate, its further caps, and what a run takes.

Invariant: none of it decides who gets what, so all of it may change while a run is going on. A bare
number is never a rate: nobody can tell whether 80 means per second or per minute.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from campaign.channel import Channel
from campaign.definition.caps import MessagingTier
from campaign.definition.fields import AsWhole, Shorthand, is_number, one_or_many, wrong
from campaign.definition.part import Part
from campaign.definition.values import Percent, PerSecond
from campaign.providers.protocol import Misfit

_UNITS = {
    **dict.fromkeys(("m", "min", "minute"), ("min", timedelta(minutes=1))),
    **dict.fromkeys(("h", "hour"), ("h", timedelta(hours=1))),
    **dict.fromkeys(("d", "day"), ("d", timedelta(days=1))),
}
_AT_MOST = r"^\s*([1-9][0-9]{0,9})\s*/\s*(m|min|minute|h|hour|d|day)\s*$"


@dataclass(frozen=True, slots=True)
class AtMost:
    """At most so many ``messages`` in any minute, hour or day."""

    messages: int
    unit: str
    window: timedelta

    def __str__(self) -> str:
        return f"{self.messages}/{self.unit}"


def _at_most(value: object) -> AtMost:
    if isinstance(value, AtMost):
        return value
    found = re.fullmatch(_AT_MOST, value) if isinstance(value, str) else None
    if found is None:
        raise wrong(
            "must be a whole number of messages per minute, hour or day",
            "write it like 1000/min, 20000/h or 50000/d; `rate.limit` is the one per second",
        )
    unit, window = _UNITS[found[2]]
    return AtMost(int(found[1]), unit, window)


AT_MOST: dict[str, Any] = {
    "type": "string",
    "pattern": _AT_MOST,
    "examples": ["1000/min", "50000/d"],
}
"""How a cap of the account is written."""

AccountCap = Annotated[AtMost, BeforeValidator(_at_most), WithJsonSchema(AT_MOST)]
"""A cap of the account, written ``1000/min``, ``20000/h`` or ``50000/d``."""


class Rate(Part):
    """How fast to send."""

    limit: PerSecond | None = Field(
        default=None,
        description="The most messages per unit of time, over all senders: 80/s, 1000/min. "
        "Default: `per_sender` of all senders together, or else the provider's.",
    )
    use: Percent | None = Field(
        default=None,
        description="How much of that limit this campaign takes: 90%, to leave the rest to other "
        "programs. Default: all of it.",
    )
    per_sender: PerSecond | None = Field(
        default=None,
        description="The most messages per unit of time from each one of `sender`: 10/s.",
    )
    at_most: Annotated[list[AccountCap], Shorthand(one_or_many, (AT_MOST,))] = Field(
        default_factory=list,
        description="Further caps of the account, in any minute, hour or day, over all runs of the "
        "ledger through the same provider: 50000/d, or a list. A run waits where one is reached.",
    )
    concurrency: Annotated[int, Field(ge=1, le=10_000), AsWhole] | None = Field(
        default=None,
        description="The most requests in flight at once. Default: enough for answers that take "
        "30 seconds, from 8 to 4000, and never more than the machine has open files for.",
    )
    tier: MessagingTier = Field(
        default=None,
        description="WhatsApp's messaging tier: how many people may be messaged outside open "
        "windows in any 24 hours, over all runs of the ledger: 2000, 10k. Default: unlimited.",
    )

    @model_validator(mode="after")
    def _each_window_once(self) -> Self:
        units = [cap.unit for cap in self.at_most]
        twice = next((unit for unit in units if units.count(unit) > 1), None)
        if twice is not None:
            raise wrong(f"has two caps per {twice} in `at_most`", "keep the smaller one")
        return self


def short_rate(value: object) -> object:
    """Return the full form of ``rate: 80/s``."""
    return {"limit": value} if isinstance(value, str) or is_number(value) else value


SHORT_RATE: dict[str, Any] = {"type": "string", "pattern": "/", "examples": ["80/s"]}
"""How a rate alone is written."""


def rate_misfits(
    rate: Rate, channel: Channel | None, senders: Sequence[str] | None
) -> Iterator[Misfit]:
    """Yield what of a rate does not fit the rest; ``None`` stands for what is not valid itself."""
    if channel is not None and rate.tier and channel is not Channel.WHATSAPP:
        message = f"`rate.tier` is WhatsApp's, and nothing on the channel `{channel}`"
        yield Misfit(("rate", "tier"), message, "remove it; `rate.limit` says how fast")
    if rate.per_sender is not None and senders is not None and not senders:
        message = "`rate.per_sender` is of each one of `sender`, and there is none"
        yield Misfit(("rate", "per_sender"), message, "name them, or say `rate.limit`")
