"""The bars of throughput: the worst case counts, and none is met by a side that did nothing."""

from __future__ import annotations

from benchmarks.bars import Bar
from benchmarks.throughput import AIOHTTP, OURS, SCRIPT, TRANSPORT, Case, bars
from benchmarks.watching import Watched

QUICK = [Case(in_flight, 0.0) for in_flight in (16, 64, 256, 1_000)]


def seen(rate: int, cpu_each: int = 100) -> Watched:
    return Watched([], 1.0, rate, rate, cpu_each * rate / 1e6)


def judged(**changed: dict[int, Watched]) -> dict[str, Bar]:
    """Return the bars, by their first word or two, of figures that meet all of them but these."""
    usual = {OURS: seen(5_000), SCRIPT: seen(500), AIOHTTP: seen(8_000), TRANSPORT: seen(9_000, 60)}
    figures = {(name, case): found for name, found in usual.items() for case in QUICK}
    for name, cases in changed.items():
        side = {"ours": OURS}.get(name, name)
        figures |= {(side, Case(in_flight, 0.0)): found for in_flight, found in cases.items()}
    found = bars(dict(figures))
    return dict(zip(("script", "aiohttp", "falling", "processor"), found, strict=True))


def not_met(found: dict[str, Bar]) -> list[str]:
    return [name for name, bar in found.items() if not bar.met]


def test_figures_that_are_good_enough_everywhere_meet_every_bar() -> None:
    assert not_met(judged()) == []


def test_less_than_five_times_the_script_at_64_is_not_enough() -> None:
    assert not_met(judged(script={64: seen(1_001)})) == ["script"]


def test_a_script_that_had_no_answer_is_no_figure_to_divide_by() -> None:
    assert judged(script={64: seen(0)})["script"].measured == "the script had no answer in its time"


def test_less_than_half_of_aiohttp_at_one_concurrency_is_not_enough() -> None:
    assert not_met(judged(aiohttp={256: seen(10_001)})) == ["aiohttp"]
    assert "256 in flight" in judged(aiohttp={256: seen(10_001)})["aiohttp"].measured


def test_to_fall_by_more_than_a_third_is_not_enough() -> None:
    assert not_met(judged(ours={16: seen(6_400)})) == []
    assert not_met(judged(ours={16: seen(7_600)})) == ["falling"]


def test_more_than_twice_the_transports_time_is_too_much() -> None:
    assert not_met(judged(ours={1_000: seen(5_000, 121)})) == ["processor"]
