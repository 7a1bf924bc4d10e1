"""The invariants of a ledger in sentences, each with the query that finds what breaks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from campaign.ledger.database import Database, Row

_NAMED = 5

SENTENCES: Mapping[str, str] = {
    "sent_again": "was attempted again although an earlier attempt may have arrived, and nobody "
    "decided so ({found} times)",
    "two_numbers": "is in the run {found} times",
    "attempts_missing": "has {found} attempts written down, which is not how often it was claimed",
    "attempts_of_nobody": "has {found} attempts but no claim",
    "decisions_of_nobody": "has {found} decisions but no claim",
    "state_without_cause": "is {found}, which neither its last attempt nor a decision says",
    "state_without_attempt": "is {found} without an attempt",
    "times_missing": "is {found} without its time",
    "tally_differs": "is the state of {found} recipients, and the run's counts say another number",
    "more_than_planned": "{found} rows have a state, more than the plan has",
    "no_such_run_epoch": "{found} events are of an owner that the run never had",
    "sent_without_plan": "{found} recipients were claimed without a plan",
    "deliveries_of_nobody": "has {found} deliveries but no claim",
    "delivery_without_time": "has a delivery that says {found}, without its time",
}
"""Every check of a run by its query's name; the sentence continues the name of who breaks it."""

OF_TESTS: Mapping[str, str] = {
    "test_times_differ": "has a test message that is {found}, and its times say otherwise",
}
"""The same of a campaign's test messages, which belong to no run."""


def broken(db: Database, run_id: int) -> Iterator[str]:
    """Yield a sentence for each invariant that a run breaks, naming the first few who do."""
    yield from _found(db, SENTENCES, run_id=run_id)


def broken_tests(db: Database, name: str) -> Iterator[str]:
    """Yield the same for the test messages of a campaign."""
    yield from _found(db, OF_TESTS, name=name)


def _found(db: Database, sentences: Mapping[str, str], **of: object) -> Iterator[str]:
    for query, sentence in sentences.items():
        rows = db.all(query, **of)
        for row in rows[:_NAMED]:
            yield f"{_who(row)} {sentence.format(found=row['found'])}.".strip()
        if len(rows) > _NAMED:
            yield f"The same holds for {len(rows) - _NAMED:,} more."


def _who(row: Row) -> str:
    if row["key"] is None:
        return "" if row["number"] is None else f"Number {row['number']} of the plan"
    return str(row["key"])
