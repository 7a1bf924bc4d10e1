"""How figures are written for people."""

from __future__ import annotations

import pytest

from campaign.reporting.figures import Kind, Value, shown


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, Kind.SHARE, "–"),
        (1234567, Kind.COUNT, "1,234,567"),
        (0.3846, Kind.SHARE, "38.5 %"),
        (-0.031, Kind.DIFFERENCE, "-3.1 points"),
        (0, Kind.SECONDS, "0.0 s"),
        (0.004, Kind.SECONDS, "4 ms"),
        (1.5, Kind.SECONDS, "1.5 s"),
        (5760, Kind.SECONDS, "1 h 36 min"),
        (0.5, Kind.SPEED, "30/min"),
    ],
)
def test_a_figure_is_written_with_its_unit(value: Value, kind: Kind, text: str) -> None:
    assert shown(value, kind) == text
