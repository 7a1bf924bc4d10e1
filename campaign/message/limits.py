"""What the rules must know of a message beside its columns: its limits, and what it is filled from.

Source of the template's limits: Meta, WhatsApp templates, "Components". The 1,024 characters of a
body count with the values in it (Twilio error 63021, Meta 132005).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from campaign.definition.template import LONGEST_BODY, LONGEST_HEADER

__all__ = ["LONGEST_BODY", "LONGEST_HEADER", "Said"]


@dataclass(frozen=True, slots=True)
class Said:
    """One message, as far as rules go.

    ``values`` are the columns of the template's values, and for each the column of the list that it
    is made of, or ``None`` where it is made of several, or none. ``us_marketing_is_blocked``: it is
    a marketing template on WhatsApp. ``body`` and ``header``: the template's texts are known.
    ``longest_text`` and ``longest_value`` are in characters; ``None`` where there is no limit.
    """

    values: Mapping[str, str | None] = field(default_factory=dict)
    us_marketing_is_blocked: bool = False
    body: bool = False
    header: bool = False
    longest_text: int | None = None
    longest_value: int | None = None
