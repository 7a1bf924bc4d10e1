"""What several workers waited for is told as what their run waited for."""

from __future__ import annotations

from campaign.sending.waited import Waited, at_once


def test_of_workers_that_wait_at_the_same_time_the_run_waited_for_their_mean() -> None:
    told = [Waited(4.0, 1.0, 2.0), Waited(2.0, 0.0, 0.0)]
    assert at_once(told, 40.0) == Waited(3.0, 0.5, 1.0)


def test_a_worker_that_was_not_slowed_counts_with_its_rate() -> None:
    told = [Waited(slowed_to=12.5), Waited(), Waited(slowed_to=7.5)]
    assert at_once(told, 40.0).slowed_to == 60.0


def test_where_no_worker_told_anything_nothing_was_waited_for() -> None:
    assert at_once([], 40.0) == Waited()


def test_a_careful_beginning_waits_before_the_workers_and_the_rate_at_the_end_is_theirs() -> None:
    beginning, workers = Waited(1.0, 2.0, 3.0, slowed_to=5.0), Waited(0.5, 0.25, 0.0)
    assert beginning.then(workers) == Waited(1.5, 2.25, 3.0, slowed_to=None)
    assert workers.then(beginning).slowed_to == 5.0
