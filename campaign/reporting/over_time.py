"""How fast the messages left, and how fast the vendor answered.

Invariant: both are made of the attempts, one for each request and person, so that a message that
was sent again counts again; an attempt that never left counts in neither.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from campaign.reporting.figures import Column, Drawing, Kind, Table, Value

_MOST_PARTS = 48
_WIDTHS = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200),
    *(14_400, 28_800, 86_400, 172_800, 604_800, 2_592_000),
)
"""Seconds that one part of the time may have."""
_EDGES = (100, 200, 500, 1000, 2000, 5000, 10_000, 30_000)
"""Milliseconds up to which answers are counted together."""


def width_for(between: tuple[int, int]) -> int:
    """Return how many milliseconds one part of the time between two moments is to have."""
    seconds = (between[1] - between[0]) / 1000
    wide = [width for width in _WIDTHS if seconds / width < _MOST_PARTS]
    return 1000 * (wide[0] if wide else math.ceil(seconds / _MOST_PARTS))


def pace(sent: Mapping[int, int], width: int, asked: float, zone: str) -> Table | None:
    """Return how many messages left in each part of the time, beside how many were asked for.

    ``sent`` counts them by their time over ``width``, in milliseconds.
    """
    if not sent:
        return None
    first, last = min(sent), max(sent)
    # Days between two executions would be nothing but zeros.
    places = list(range(first, last + 1)) if last - first <= 2 * _MOST_PARTS else sorted(sent)
    days = (last - first) * width >= 86_400_000
    rows: list[list[Value]] = []
    for place in places:
        at = datetime.fromtimestamp(place * width / 1000, ZoneInfo(zone))
        label = f"{at:%Y-%m-%d %H:%M:%S}" if days else f"{at:%H:%M:%S}"
        messages = sent.get(place, 0)
        # An hour that the clocks repeat has two parts of one name.
        label += " (again)" if rows and any(row[0] == label for row in rows[-8:]) else ""
        rows.append([label, messages, messages / (width / 1000), asked])
    columns = (
        Column("from", "from", Kind.TEXT),
        Column("messages", "messages"),
        Column("achieved", "achieved", Kind.SPEED),
        Column("asked", "asked", Kind.SPEED),
    )
    what = "How many messages a second left in each part of the time, and how many were asked for."
    return Table(
        "pace",
        "How fast it was sent",
        columns,
        rows,
        "What is asked is the definition's rate as it is now; pauses, caps and hours are in it.",
        Drawing("achieved", what, beside="asked"),
    )


def latency(answers: Mapping[int, int]) -> Table | None:
    """Return how long the vendor took to answer; ``answers`` counts them by milliseconds."""
    total = sum(answers.values())
    if not total:
        return None
    mean = sum(ms * times for ms, times in answers.items()) / total
    row: list[Value] = [
        "all",
        total,
        *(_within(answers, share * total) for share in (0.5, 0.9, 0.99)),
        max(answers) / 1000,
        round(mean / 1000, 4),
    ]
    columns = (
        Column("answers", "answers", Kind.TEXT),
        Column("count", "how many"),
        Column("median", "median", Kind.SECONDS),
        Column("p90", "9 in 10 within", Kind.SECONDS),
        Column("p99", "99 in 100 within", Kind.SECONDS),
        Column("longest", "longest", Kind.SECONDS),
        Column("mean", "mean", Kind.SECONDS),
    )
    return Table("latency", "How fast the vendor answered", columns, [row])


def latencies(answers: Mapping[int, int]) -> Table | None:
    """Return how many answers took how long."""
    if not answers:
        return None
    counted = [0] * (len(_EDGES) + 1)
    for ms, times in answers.items():
        counted[sum(ms > edge for edge in _EDGES)] += times
    names = [f"up to {edge / 1000:g} s" for edge in _EDGES] + [f"over {_EDGES[-1] / 1000:g} s"]
    return Table(
        "latencies",
        "Answers by how long they took",
        (Column("took", "took", Kind.TEXT), Column("count", "answers")),
        list(zip(names, counted, strict=True)),
        drawing=Drawing("count", "How many of the vendor's answers took how long."),
    )


def _within(answers: Mapping[int, int], wanted: float) -> float:
    """Return within how many seconds so many answers were there."""
    so_far = 0
    for ms in sorted(answers):
        so_far += answers[ms]
        if so_far >= wanted:
            return ms / 1000
    return max(answers) / 1000
