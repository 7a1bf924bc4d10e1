"""What the rules judge by, and what a rule finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from campaign.message.form import Form
from campaign.message.limits import Said
from campaign.rules.window import Window

KEY = "_key"
"""The column that identifies a recipient within a run."""


@dataclass(frozen=True, slots=True)
class Context:
    """Everything outside the row that a rule may need.

    ``own`` are the senders' identities, ``suppressed`` those of everybody who must not be
    messaged. ``address``, ``country``, ``key`` and ``timezone`` are the columns of the list that
    hold them, ``used`` those that the message fills in. ``said`` is what the message is made of,
    ``blocked_prefixes`` the beginnings of numbers that get nothing. ``consent`` is the column that
    says who agreed to be messaged, and what it holds then. ``hold_unknown_zone``: nobody may be
    sent to without a time zone.
    """

    channel: str
    address: str
    key: str | None
    used: Sequence[str]
    where: str | None
    own: Sequence[str]
    suppressed: pl.Series
    window: Window
    said: Said = field(default_factory=Said)
    blocked_prefixes: Sequence[str] = ()
    consent: tuple[str, Sequence[str]] | None = None
    country: str | None = None
    timezone: str | None = None
    hold_unknown_zone: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says of every row, as expressions.

    ``code`` is the reason not to send, or null. ``column`` names the column of the list whose cell
    is to blame, and ``detail`` says more than the reason's own sentence; both may be null.
    """

    code: pl.Expr
    column: pl.Expr | None = None
    detail: pl.Expr | None = None


Rule = Callable[[Context], Finding | None]
"""A rule: an expression over the audience, or ``None`` where the definition does not ask for it."""


FormRule = Callable[[Form, Context], Finding | None]
"""A rule about what is said: the same for the message in one form, whichever form it gets now."""


def when(condition: pl.Expr, code: str) -> pl.Expr:
    """Return ``code`` where the condition holds, else null."""
    return pl.when(condition).then(pl.lit(code)).otherwise(None)
