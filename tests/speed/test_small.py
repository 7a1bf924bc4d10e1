"""Every benchmark in small: it runs to its end, and prints its table. No time is looked at."""

from __future__ import annotations

import json
import re
import shutil
from importlib import import_module

import pytest

from benchmarks import campaigns
from benchmarks.bars import bars_in
from benchmarks.campaigns import body
from benchmarks.sides import PATH
from benchmarks.throughput import OURS, WRK, Case, cell, measured
from benchmarks.vendor import ROOT
from benchmarks.watching import NothingSent

SMALL = {
    "pace": "--cases 100:0.005 --seconds 1 --beside 100 --beside-seconds 0.5",
    "throughput": "--in-flight 16 --latencies 0.005 --seconds 1 --messages 200",
    "ledger": "--rounds 1 --messages 200",
    "check": "--rows 200",
    "phones": "--rows 200",
    "preflight": "--rows 200,400 --rounds 1",
    "recovery": "--planned 2000 --settled 1000 --rest 100",
    "report": "--planned 500",
    "startup": "--times 1",
    "wire": "--seconds 0.05 --in-flight 4",
}
BARS = {
    "pace": 2,
    "throughput": 2,
    "ledger": 1,
    "check": 1,
    "phones": 1,
    "preflight": 4,
    "recovery": 2,
    "report": 2,
    "startup": 2,
}


def printed(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    import_module(f"benchmarks.{name}").main(SMALL[name].split())
    return capsys.readouterr().out


@pytest.mark.parametrize("name", SMALL)
def test_a_benchmark_prints_whole_tables_and_its_bars(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = printed(name, capsys)
    tables = [part for part in out.split("\n\n") if "|---" in part]
    for table in tables:
        widths = {line.count("|") for line in table.splitlines() if line.startswith("|")}
        assert len(widths) == 1, table
        assert len(table.splitlines()) > 2, "a table without a row"
    assert len(bars_in(out)) == BARS.get(name, 0)


def test_a_side_that_is_not_installed_leaves_its_place_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert cell(measured(WRK, Case(16, 0.0), messages=10, seconds=1.0)) == "–"


def test_a_campaign_that_does_not_run_is_an_error_and_says_why(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(campaigns, "SENDER", "nobody")
    with pytest.raises(NothingSent, match="exit code 2"):
        measured(OURS, Case(16, 0.0), messages=10, seconds=1.0)
    assert "nobody" in capfd.readouterr().err


def test_wrk_sends_the_message_that_all_the_others_send() -> None:
    text = (ROOT / "benchmarks" / "wrk.lua").read_text(encoding="utf-8")
    (sent,) = re.findall(r"^wrk\.body = '(.*)'$", text, re.MULTILINE)
    assert json.loads(sent) == body("+12022000000", "Ana")
    assert f'wrk.path = "{PATH}"' in text
