"""The few sentences at the top of a check: how many, why not the others, how long, how much.

Invariant: a person who reads nothing else knows what would happen. Every figure is one of the
forecast's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from campaign.ledger.records import Counts
from campaign.preflight.timing import Timing
from campaign.reasons import reasons
from campaign.reporting import words

if TYPE_CHECKING:
    from campaign.preflight.answer import Forecast

_NAMED = 3
"""So many reasons are named; the others are counted."""


def headline(found: Forecast) -> str:
    """Return who gets it, who does not and why, how long it takes and what it costs."""
    return " ".join(_sentences(found))


def _sentences(found: Forecast) -> Iterator[str]:
    people = f"{words.number(found.will_get)} of {words.number(found.planned)}"
    if found.left == found.sendable:
        yield f"{people} on the list will get it."
    else:
        done = found.sendable - found.left
        has, are = "has" if done == 1 else "have", "is" if found.timing.people == 1 else "are"
        yield (
            f"{people} on the list are to get it: {words.number(done)} {has} an outcome in "
            f"this run already, {words.number(found.timing.people)} {are} left."
        )
    if found.refusals:
        yield f"{words.number(found.planned - found.sendable)} will not: {_why(found.refusals)}."
    if found.left_out:
        out = {("", code): rows for code, rows in found.left_out.items()}
        yield f"{words.number(sum(out.values()))} would be left out now: {_why(out)}."
    if found.variants:
        yield f"{groups(found)}."
    if found.timing.people:
        yield _how_long(found.timing)
        if later := sum(found.waiting.values()) - sum(found.left_out.values()):
            yield f"If it were sent now, {words.number(later)} of them would wait."
        if found.timing.awake is not None and (waits := found.timing.awake.sentence()):
            yield waits
        if found.cost is not None:
            yield found.cost.sentence()


def groups(found: Forecast) -> str:
    """Return how many people get which message, and how many none to compare them with."""
    said = ", ".join(f"{name}: {words.number(rows)}" for name, rows in found.variants.items())
    said = f"Variant {said}"
    return f"{said}; held out: {words.number(found.held_out)}" if found.held_out else said


def standing(counts: Counts) -> str:
    """Return where a run that has begun stands, by its ledger."""
    parts = {
        "done": counts.done - counts.unknown,
        "unknown": counts.unknown,
        "held": counts.held,
        "pending": counts.pending + counts.sending,
        "skipped": counts.skipped,
    }
    said = ", ".join(f"{words.number(rows)} {name}" for name, rows in parts.items())
    return f"This run has begun; its ledger has {said}."


def _why(refusals: Mapping[tuple[str, str], int]) -> str:
    """Return the commonest reasons in words; a single other one is named too."""
    parts = [f"{_clause(code)} ({words.number(rows)})" for (_, code), rows in refusals.items()]
    if len(parts) > _NAMED + 1:
        rest = sum(list(refusals.values())[_NAMED:])
        others = f"{words.number(rest)} for {len(parts) - _NAMED} other reasons"
        parts = [*parts[:_NAMED], others]
    return "; ".join(parts)


def _clause(code: str) -> str:
    """Return a reason's sentence as it stands within another."""
    known = reasons().get(code)
    if known is None:
        return code
    text = known.sentence.removesuffix(".").partition(":")[0].partition(",")[0]
    return text if known.name_first else text[0].lower() + text[1:]


def _how_long(timing: Timing) -> str:
    said = f"It takes about {words.duration(timing.total)} at {words.speed(timing.rate)}"
    if timing.total < 1:
        said = f"It takes less than a second at {words.speed(timing.rate)}"
    waits = [f"{words.duration(wait.seconds)} {wait.what}" for wait in timing.waits]
    if waits:
        said += f", of which {_and(waits)}"
    days = [f"{found.days:,} days {found.what}" for found in timing.days if found.days > 1]
    if days:
        said += f", and {_and(days)}"
    return said + "."


def _and(parts: Sequence[str]) -> str:
    if len(parts) <= 1:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
