"""The ledger's own list of people who must not be messaged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from campaign.ledger.sql_ledger import SqlLedger
from tests.ledger.ledgers import Store

ANA, BEN = "+491713920001", "+491713920002"


def listed(store: Store, kind: str = "number", after: int = 0) -> list[str]:
    ledger = store.open()
    try:
        return [entry.identity for entry in ledger.suppressions(kind, after)]
    finally:
        ledger.close()


def test_who_is_added_is_on_the_list_with_who_added_them_and_why(store: Store) -> None:
    ledger = store.open()
    assert ledger.suppress("number", [BEN, ANA], who="eva@desk", why="wrote a letter") == {ANA, BEN}
    first, second = ledger.suppressions("number")
    assert (first.identity, second.identity) == (ANA, BEN)
    assert (first.who, first.why) == ("eva@desk", "wrote a letter")
    assert first.added_at == second.added_at > 1_600_000_000_000
    ledger.close()


def test_who_is_there_already_keeps_the_first_entry(store: Store) -> None:
    ledger = store.open()
    ledger.suppress("number", [ANA], who="eva@desk", why="first")
    assert ledger.suppress("number", [ANA, BEN], who="tom@desk", why="second") == {BEN}
    assert [(one.identity, one.why) for one in ledger.suppressions("number")] == [
        (ANA, "first"),
        (BEN, "second"),
    ]
    ledger.close()


def test_kinds_of_addresses_are_lists_of_their_own(store: Store) -> None:
    ledger = store.open()
    ledger.suppress("number", [ANA], who="eva@desk")
    ledger.suppress("user_id", [ANA, "ana"], who="eva@desk")
    assert ledger.unsuppress("number", [ANA, BEN]) == {ANA}
    ledger.close()
    assert listed(store, "number") == []
    assert listed(store, "user_id") == [ANA, "ana"]


def test_what_came_since_the_last_look_misses_nobody_however_fast_they_come(store: Store) -> None:
    ledger, seen, after = store.open(), [], 0
    for place in range(50):
        ledger.suppress("number", [f"+49171392{place:04}"], who="eva@desk")
        new = ledger.suppressions("number", after)
        seen += [entry.identity for entry in new]
        after = new[-1].added_at
    ledger.close()
    assert seen == listed(store)


def test_two_who_add_at_once_get_different_times(store: Store) -> None:
    one, other = store.open(), store.open()
    one.suppress("number", [ANA], who="eva@desk")
    other.suppress("number", [BEN], who="tom@desk")
    first, second = one.suppressions("number")
    assert (first.identity, second.identity) == (ANA, BEN)
    assert first.added_at < second.added_at
    one.close()
    other.close()


def test_it_can_be_asked_of_some_whether_they_are_listed(store: Store) -> None:
    ledger = store.open()
    ledger.suppress("number", [ANA], who="eva@desk")
    ledger.suppress("user_id", [BEN, 'o\'hara "x" ü'], who="eva@desk")
    assert ledger.suppressed_among("number", [ANA, BEN, ANA]) == {ANA}
    assert ledger.suppressed_among("user_id", [ANA, 'o\'hara "x" ü']) == {'o\'hara "x" ü'}
    assert ledger.suppressed_among("number", []) == set()
    ledger.close()


class Counted:
    """Counts the statements that a ledger gives its database."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, ledger: SqlLedger) -> None:
        self.number = 0
        for name in ("all", "change", "change_each"):
            monkeypatch.setattr(ledger._db, name, self._counting(getattr(ledger._db, name)))

    def _counting(self, do: Callable[..., Any]) -> Callable[..., Any]:
        def counted(query: str, *values: Any, **named: Any) -> Any:
            found = list(values[0]) if values else [None]
            self.number += len(found)
            return do(query, *([found] if values else []), **named)

        return counted


def test_however_many_are_added_or_taken_off_it_is_a_few_statements(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = store.open()
    statements = Counted(monkeypatch, ledger)
    many = [f"+49171{place:07}" for place in range(5000)]
    assert ledger.suppress("number", many[10:], who="eva@desk") == set(many[10:])
    assert ledger.suppress("number", many, who="eva@desk") == set(many[:10])
    assert ledger.suppressed_among("number", [*many, ANA]) == set(many)
    assert ledger.unsuppress("number", [*many, ANA]) == set(many)
    assert ledger.suppressions("number") == []
    assert statements.number < 20
    ledger.close()
