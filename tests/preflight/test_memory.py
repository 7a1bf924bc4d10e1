"""A list of any length is judged as a stream: nothing but its keys is ever whole in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.plan.planned import SMS, plan_of
from tests.preflight.checked import people

NAMED = "recipients: {files: list.csv, columns: {first_name: Name}, address: Mobile}\n"
SPREAD = SMS.replace('sender: "+12025550100"', 'sender: ["+12025550100", "+12025550101"]')


def test_no_step_of_making_a_plan_waits_for_the_whole_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graphs: list[str] = []
    sink: Any = pl.LazyFrame.sink_parquet

    def watched(frame: pl.LazyFrame, *given: Any, **more: Any) -> object:
        shown = sink(frame, *given, **more | {"lazy": True}).show_graph(
            engine="streaming", plan_stage="physical", raw_output=True, show=False
        )
        graphs.append(str(shown).partition("Legend")[2].partition("\n")[2])
        return sink(frame, *given, **more)

    monkeypatch.setattr(pl.LazyFrame, "sink_parquet", watched)
    rows = [*people("Ana", "Bo"), people("Ana")[0]]
    plan = plan_of(tmp_path, SPREAD + NAMED, ("Mobile", "Name"), *rows)
    assert plan.refusals == {("skipped", "duplicate"): 1}
    assert len(graphs) == 4  # the list, its numbers, the judged rows, the plan
    # A batch of numbers is in memory as a whole, and of no more rows than a batch has.
    for graph in [graph for graph in graphs if "in-memory-source" not in graph]:
        assert "parquet-sink" in graph
        # How polars marks what holds more than a part of the rows. What depends on no row is one.
        nodes = [node for node in graph.splitlines() if "input-independent" not in node]
        assert not [node for node in nodes if "fillcolor" in node]
