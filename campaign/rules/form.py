"""In which form a recipient gets the message: free-form text, template, or the agent's own words.

The same decision over a whole column, for the plan, and for one recipient, right before sending.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from campaign.message.form import Form
from campaign.rules.window import Window

FORM = "_form"
PROBLEM = "problem:"
"""Prefix of the columns that say, for each form, why it may not leave in it, or null."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What there is to choose from.

    ``outside`` says what a recipient with a closed window gets. ``writes_itself``: the vendor's
    agent composes the message.
    """

    window: Window
    text: bool
    template: bool
    writes_itself: bool
    outside: Literal["template", "skip"]

    def _inside(self) -> Form | None:
        if self.writes_itself:
            return Form.AGENT
        if self.text:
            return Form.TEXT
        return Form.TEMPLATE if self.template else None

    def _outside(self) -> Form | None:
        """A template needs no open window, unless the definition says to skip."""
        return Form.TEMPLATE if self.template and self.outside == "template" else None

    def expression(self, now: float) -> pl.Expr:
        """Return each row's form at ``now`` (seconds since 1970 UTC), or null for none."""
        inside, outside = (pl.lit(form, dtype=pl.String) for form in self._both())
        if not self.window.matters:
            return inside
        return pl.when(self.window.expression(now)).then(inside).otherwise(outside)

    def form(self, last_inbound: int | None, now: float) -> Form | None:
        """Return the same for one recipient."""
        inside, outside = self._both()
        if not self.window.matters or self.window.is_open(last_inbound, now):
            return inside
        return outside

    def _both(self) -> tuple[Form | None, Form | None]:
        return self._inside(), self._outside()
