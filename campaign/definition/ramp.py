"""How a run begins carefully: ``ramp`` of a definition.

Invariant: a ramp that exists has at least one step, and ends with everybody. It decides when
somebody is sent to and not what they get, so it may change while a run is going on.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from campaign.definition.fields import AsWhole, wrong
from campaign.definition.part import Part
from campaign.definition.values import Duration

_WAIT = r"[0-9]+(?:\.[0-9]+)?\s*(?:s|m|min|h|d)"
_RAMP = rf"^\s*first [0-9]+, wait {_WAIT}(?:, then [0-9]+, wait {_WAIT})*, then all\s*$"
_STEP = re.compile(rf"([0-9]+), wait ({_WAIT})")


class RampStep(Part):
    """Some recipients, and how long to wait after them."""

    send: Annotated[int, AsWhole] = Field(
        ge=1,
        description="How many more recipients the message may have reached before the wait.",
    )
    wait: Duration = Field(
        gt=timedelta(0), description="How long to wait then, before anybody else is sent to: 30m."
    )


class Ramp(Part):
    """Some first, then a wait, then the others."""

    steps: list[RampStep] = Field(
        min_length=1, description="One after the other; after the last wait comes everybody else."
    )


def short_ramp(value: object) -> object:
    """Return the full form of ``ramp: first 100, wait 30 min, then all``.

    Raises:
        PydanticCustomError: the text is written otherwise.
    """
    if not isinstance(value, str):
        return value
    if not re.fullmatch(_RAMP, value):
        raise wrong(
            "must name how many are first, how long to wait, and then all",
            'write "first 100, wait 30 min, then all", or '
            '"first 100, wait 30 min, then 1000, wait 1 h, then all"',
        )
    return {"steps": [{"send": int(send), "wait": wait} for send, wait in _STEP.findall(value)]}


SHORT_RAMP: dict[str, Any] = {
    "type": "string",
    "pattern": _RAMP,
    "examples": ["first 100, wait 30 min, then all"],
}
