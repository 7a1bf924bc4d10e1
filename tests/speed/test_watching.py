"""What the benchmarks see: windows, rates, and what a process sends."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from urllib.request import urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.campaigns import end
from benchmarks.pace import Held, bars
from benchmarks.vendor import Asked, arrivals, vendor
from benchmarks.watching import NothingSent, fullest, watch

MOMENTS = st.lists(st.floats(0, 10), max_size=60).map(sorted)
POST = """
import sys, time
from urllib.request import urlopen
for _ in range(int(sys.argv[2])):
    urlopen(sys.argv[1], data=b"{}").close()
    sum(range(100_000))
if "stay" in sys.argv:
    time.sleep(60)
"""


def posting(url: str, times: int, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", POST, url, str(times), *more])


def held(rate: float, arrived: list[float]) -> Held:
    return Held("this project", rate, 0.005, arrived, arrived[-1])


@given(MOMENTS)
def test_the_fullest_second_is_the_one_that_a_person_would_find_by_trying_all(
    moments: list[float],
) -> None:
    tried = [sum(1 for at in moments if 0 <= at - begin < 1) for begin in moments]
    assert fullest(moments) == max(tried, default=0)


def test_a_rate_that_is_held_exactly_meets_both_bars() -> None:
    assert all(bar.met for bar in bars([held(80, [place / 80 for place in range(4_800)])]))


def test_twice_the_rate_in_the_first_second_does_not_pass() -> None:
    burst = [0.0] * 80 + [place / 80 for place in range(4_720)]
    assert not bars([held(80, burst)])[1].met


def test_a_rate_that_falls_short_by_one_per_cent_does_not_pass() -> None:
    assert not bars([held(80, [place / 79 for place in range(4_800)])])[0].met


def test_the_worst_case_is_the_one_that_counts() -> None:
    good, bad = [place / 80 for place in range(800)], [place / 70 for place in range(800)]
    assert "70" not in bars([held(80, good)])[0].measured
    assert not bars([held(80, good), held(80, bad), held(80, good)])[0].met


def test_the_vendor_tells_how_many_came_and_forgets_them_when_it_tells_when() -> None:
    with vendor() as url, closing(Asked(url)) as asked:
        for _ in range(3):
            urlopen(f"{url}/v2/chat/outbound", data=b"{}").close()
        assert asked.count() == 3
        moments = asked.arrivals()
        assert (len(moments), moments[0], moments == sorted(moments)) == (3, 0.0, True)
        assert arrivals(url) == []


def test_a_process_is_watched_until_so_many_have_arrived() -> None:
    with vendor() as url:
        process = posting(url, 40, "stay")
        found = watch(process, url, messages=40, seconds=60)
        end(process)
    assert (len(found.arrivals), found.answered) == (40, 39)
    assert found.seconds == found.arrivals[-1]
    assert found.watched < 40, "what came before the first look is not counted as watched"
    assert found.cpu_each >= 0


def test_a_process_that_ends_early_is_watched_until_then() -> None:
    with vendor() as url:
        process = posting(url, 5)
        found = watch(process, url, messages=1_000, seconds=60)
        end(process)
    assert len(found.arrivals) == 5


def test_a_process_that_stands_still_is_measured_over_the_time_in_which_it_did() -> None:
    with vendor() as url:
        process = posting(url, 3, "stay")
        found = watch(process, url, messages=1_000, seconds=2)
        end(process)
    assert found.rate <= 1.0


def test_a_side_that_nobody_answers_is_not_taken_to_be_fast() -> None:
    with vendor(latency=60) as url:
        processes = [posting(url, 1) for _ in range(3)]
        found = watch(processes[0], url, messages=1_000, seconds=1, in_flight=3)
        for process in processes:
            end(process)
    assert (len(found.arrivals), found.answered, found.rate) == (3, 0, 0.0)


def test_a_side_with_fewer_in_flight_than_it_is_to_have_is_not_measured() -> None:
    with vendor(latency=60) as url:
        process = posting(url, 1)
        with pytest.raises(NothingSent, match="1 requests in"):
            watch(process, url, messages=1_000, seconds=60, in_flight=2, patience=2)
        end(process)


def test_a_process_that_sends_nothing_is_said_to() -> None:
    with vendor() as url:
        process = posting(url, 0)
        with pytest.raises(NothingSent, match="exit code 0"):
            watch(process, url, messages=1, seconds=60)
