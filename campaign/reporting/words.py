"""How figures are written for people."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaign.ledger.delivery_records import Deliveries
    from campaign.sending.waited import Waited


_LONGEST_TEXT = 600
_LONGEST_CELL = 60


def number(value: int) -> str:
    """Return ``12345`` as ``12,345``."""
    return f"{value:,}"


def people(value: int) -> str:
    """Return how many recipients: ``1 recipient``, ``12,345 recipients``."""
    return "1 recipient" if value == 1 else f"{value:,} recipients"


def speed(per_second: float) -> str:
    """Return a rate with its natural unit: ``80/s``, or ``30/min`` below one a second."""
    if per_second >= 1_000:
        return f"{per_second:,.0f}/s"
    if per_second >= 1 or per_second == 0:
        return f"{per_second:.4g}/s"
    return f"{per_second * 60:.3g}/min"


_WINDOWS = {60.0: "min", 3_600.0: "h", 86_400.0: "d"}


def quota(messages: int, seconds: float) -> str:
    """Return a cap of an account as a definition writes it, with its digits in groups."""
    return f"{messages:,}/{_WINDOWS[seconds]}"


def speed_of(asked: float, achieved: float | None, waited: Waited, seconds: float) -> str:
    """Return how fast a run was, and what part of its seconds went to waiting for the vendor.

    Without ``achieved``, how fast it was does not tell anything.
    """
    part = _percent(waited.for_the_vendor, seconds)
    was = "" if achieved is None else f", achieved {speed(achieved)}"
    return f"asked {speed(asked)}{was}; waited for the vendor {part}"


def slower(waited: Waited, seconds: float) -> list[str]:
    """Return what else made a run slower than asked, in sentences."""
    said = []
    if waited.slowed_to is not None:
        said.append(f"Slowed to about {speed(float(f'{waited.slowed_to:.2g}'))} by the vendor.")
    if waited.capped:
        said.append(f"Waited for a cap {_percent(waited.capped, seconds)} of the time.")
    if waited.held >= 1:
        said.append(f"Waited {duration(waited.held)} until more people might be sent to.")
    return said


def _percent(part: float, seconds: float) -> str:
    return f"{min(100 * part / seconds, 100.0) if seconds else 0:.0f} %"


def duration(seconds: float) -> str:
    """Return a length of time in its two largest units: ``3 h 12 min``, ``45 s``."""
    if seconds < 1:
        return "less than a second"
    whole = round(seconds)
    units = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
    parts = []
    for size, name in units:
        if whole >= size:
            parts.append(f"{whole // size} {name}")
            whole %= size
    return " ".join(parts[:2])


def clock(milliseconds: int) -> str:
    """Return a moment, given in milliseconds since 1970 UTC, as this machine's clocks show it."""
    moment = datetime.fromtimestamp(math.ceil(milliseconds / 1000), UTC).astimezone()
    return f"{moment:%Y-%m-%d %H:%M:%S %Z}"


UNKNOWN = (
    "Unknown recipients may or may not have got the message; they are never sent to again by "
    "themselves. campaign reconcile asks the vendor; campaign resolve writes down what you found "
    "out yourself."
)
"""What a summary says while somebody is unknown."""


def going_on(run: str) -> str:
    """Return how to go on with a run in which somebody is pending."""
    if run.startswith("once"):
        return "The same command goes on where this one stopped."
    return f"The same command with --run {run} goes on where this one stopped, on any day."


def held(until: int, run: str) -> str:
    """Return until when the first ones are held (milliseconds since 1970 UTC), and what to do."""
    # A one-off has only one run; of a nightly campaign, that is another one by then.
    again = "run it again then" if run.startswith("once") else f"run it then with --run {run}"
    return f"Held until {clock(until)}: {again}."


def came_back(found: Deliveries) -> str | None:
    """Return what came back of a run's messages in a sentence, or nothing where nothing did."""
    stand = [f"{number(rows)} {status}" for status, rows in found.by_status.items() if rows]
    if not stand:
        return None
    of = f"; nothing was heard of {people(found.silent)}" if found.silent else ""
    return f"What came back: {', '.join(stand)}. {number(found.replied)} ever replied{of}."


def shortened(text: str) -> str:
    """Return a text as it fits on a screen; what was left out is said."""
    shown = text[:_LONGEST_TEXT]
    return text if shown == text else f"{shown} … ({len(text):,} characters)"


def cell(text: str) -> str:
    """Return a cell of the list on one line, cut where it would fill a screen."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_CELL else f"{line[:_LONGEST_CELL]} …"


def visible(character: str) -> str:
    """Return a character as it can be seen: by its number where it leaves no mark."""
    return character if character.isprintable() and character != " " else f"U+{ord(character):04X}"


def share(part: int, whole: int) -> str:
    """Return a part of the whole in per cent, with a digit where it is small."""
    if whole == 0:
        return "–"
    percent = 100 * part / whole
    return f"{percent:.0f} %" if percent >= 10 or percent == 0 else f"{percent:.1f} %"


def money(amount: Decimal) -> str:
    """Return an amount in hundredths, rounded half up: ``2,310.50``."""
    return f"{amount.quantize(Decimal('0.01'), ROUND_HALF_UP):,}"
