"""What is kept between two readings: events that fit nobody yet, and where to go on."""

from __future__ import annotations

from tests.ledger.ledgers import Held


def events(held: Held, *, after: int = 0, limit: int = 1000, provider: str = "zild") -> list[str]:
    found = held.ledger.unmatched(provider, sandbox=False, after=after, limit=limit)
    return [one.event for one in found]


def test_the_same_event_is_kept_once(held: Held) -> None:
    held.ledger.keep_unmatched("zild", ["a", "b", "a"], sandbox=False)
    (first, _) = held.ledger.unmatched("zild", sandbox=False)
    held.ledger.keep_unmatched("zild", ["b", "c"], sandbox=False)
    assert events(held) == ["a", "b", "c"]
    assert held.ledger.unmatched("zild", sandbox=False)[0] == first


def test_events_are_kept_for_each_provider_and_apart_from_rehearsals(held: Held) -> None:
    held.ledger.keep_unmatched("zild", ["a"], sandbox=False)
    held.ledger.keep_unmatched("zild", ["a", "s"], sandbox=True)
    held.ledger.keep_unmatched("whippy", ["a", "w"], sandbox=False)
    assert events(held) == ["a"]
    assert events(held, provider="whippy") == ["a", "w"]
    assert [one.event for one in held.ledger.unmatched("zild", sandbox=True)] == ["a", "s"]


def test_events_are_read_page_by_page_in_the_order_in_which_they_were_kept(held: Held) -> None:
    held.ledger.keep_unmatched("zild", ["c", "a", "b"], sandbox=False)
    page = held.ledger.unmatched("zild", sandbox=False, limit=2)
    assert [one.event for one in page] == ["c", "a"]
    assert events(held, after=page[-1].id) == ["b"]


def test_an_event_that_was_dropped_is_gone_and_its_number_is_never_given_again(held: Held) -> None:
    held.ledger.keep_unmatched("zild", ["a", "b", "c"], sandbox=False)
    kept = held.ledger.unmatched("zild", sandbox=False)
    held.ledger.drop_unmatched([kept[1].id, kept[2].id])
    assert events(held) == ["a"]
    held.ledger.keep_unmatched("zild", ["d"], sandbox=False)
    held.ledger.drop_unmatched([one.id for one in kept])  # by another one who had read them too
    assert events(held) == ["d"]


def test_what_was_kept_before_a_time_is_forgotten_and_counted(held: Held) -> None:
    held.ledger.keep_unmatched("zild", ["a", "b"], sandbox=False)
    held.ledger.keep_unmatched("zild", ["s"], sandbox=True)
    held.ledger.keep_unmatched("whippy", ["w"], sandbox=False)
    kept_at = held.ledger.unmatched("zild", sandbox=False)[-1].kept_at
    assert held.ledger.forget_unmatched("zild", 0, sandbox=False) == 0
    assert held.ledger.count_unmatched("zild", sandbox=False) == 2
    assert held.ledger.forget_unmatched("zild", kept_at + 1, sandbox=False) == 2
    assert held.ledger.count_unmatched("zild", sandbox=False) == 0
    assert held.ledger.count_unmatched("zild", sandbox=True) == 1
    assert events(held, provider="whippy") == ["w"]


def test_two_that_are_said_to_be_the_same_are_kept_as_the_first(held: Held) -> None:
    for event in ("first", "later"):
        held.ledger.keep_unmatched("zild", [event], sandbox=False, same=["one"])
    assert events(held) == ["first"]


def test_a_look_at_a_part_goes_on_behind_the_last_one_of_its_own_vendor(held: Held) -> None:
    held.ledger.set_looked_at("zild", 7, sandbox=False)
    held.ledger.set_looked_at("zild", 9, sandbox=False)
    held.ledger.set_looked_at("zild", 3, sandbox=True)
    found = [held.ledger.looked_at("zild", sandbox=sandbox) for sandbox in (False, True)]
    assert found == [9, 3]
    assert held.ledger.looked_at("whippy", sandbox=False) == 0


def test_an_event_as_long_as_a_vendor_likes_is_kept(held: Held) -> None:
    held.ledger.keep_unmatched("zild", ["x" * 100_000, "half \ud83d", "\0"], sandbox=False)
    assert [len(event) for event in events(held)] == [100_000, 11, 2]
    held.ledger.keep_unmatched("zild", ["x" * 100_000], sandbox=False)
    assert len(events(held)) == 3


def test_a_reading_goes_on_where_it_was_until_it_is_at_its_end(held: Held) -> None:
    ledger = held.ledger
    assert ledger.cursor(held.run.id, "messages") is None
    ledger.set_cursor(held.run.id, "messages", "page-1")
    ledger.set_cursor(held.run.id, "chats", "x")
    ledger.set_cursor(held.run.id + 1, "messages", "y")
    ledger.set_cursor(held.run.id, "messages", "page-2")
    assert ledger.cursor(held.run.id, "messages") == "page-2"
    ledger.set_cursor(held.run.id, "messages", None)
    assert ledger.cursor(held.run.id, "messages") is None
    assert ledger.cursor(held.run.id, "chats") == "x"
    assert ledger.cursor(held.run.id + 1, "messages") == "y"
