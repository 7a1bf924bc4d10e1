"""Everybody once: the first row that may be sent to is kept, and only kept rows refuse others."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.audience import duplicates
from campaign.audience.duplicates import mark_duplicates

Row = tuple[str | None, str | None, bool]


def frame(rows: list[Row], files: list[str] | None = None) -> pl.DataFrame:
    files = files or ["list.csv"] * len(rows)
    return pl.DataFrame(
        [
            (index, index + 2, file, identity, key, sendable)
            for index, ((identity, key, sendable), file) in enumerate(zip(rows, files, strict=True))
        ],
        schema={
            "index": pl.UInt32,
            "row": pl.UInt32,
            "file": pl.String,
            "identity": pl.String,
            "key": pl.String,
            "sendable": pl.Boolean,
        },
        orient="row",
    )


def marked(rows: list[Row], files: list[str] | None = None) -> list[str | None]:
    """The kept row that each one repeats, whether it is the same person's or has the same key."""
    found = mark_duplicates(frame(rows, files)).select("duplicate_of", "same_key_as").rows()
    return [again or (f"key of {same_key}" if same_key else None) for again, same_key in found]


def model(rows: list[Row]) -> list[str | None]:
    identities: dict[str | None, int] = {}
    keys: dict[str | None, int] = {}
    kept: set[int] = set()
    for index, (identity, key, sendable) in enumerate(rows):
        if sendable and identity not in identities and key not in keys:
            kept.add(index)
            identities |= {identity: index} if identity is not None else {}
            keys |= {key: index} if key is not None else {}
    answer: list[str | None] = []
    for index, (identity, key, sendable) in enumerate(rows):
        if not sendable or index in kept:
            answer.append(None)
        elif identity in identities:
            answer.append(f"row {identities[identity] + 2}")
        else:
            answer.append(f"key of row {keys[key] + 2}")
    return answer


def test_the_second_row_with_one_number_is_a_duplicate_of_the_first() -> None:
    assert marked([("+1", "a", True), ("+2", "b", True), ("+1", "c", True)]) == [
        None,
        None,
        "row 2",
    ]


def test_two_numbers_with_one_key_are_two_people_of_whom_the_first_is_kept() -> None:
    assert marked([("+1", "a", True), ("+2", "a", True)]) == [None, "key of row 2"]


def test_whoever_gets_the_message_through_a_later_row_is_a_duplicate_of_that_one() -> None:
    rows: list[Row] = [("+1", "a", True), ("+2", "a", True), ("+2", "b", True)]
    assert marked(rows) == [None, "row 4", None]


def test_a_row_that_is_not_sent_to_refuses_nobody() -> None:
    assert marked([("+1", "a", False), ("+1", "a", True)]) == [None, None]


def test_a_row_that_is_not_sent_to_is_not_called_a_duplicate() -> None:
    assert marked([("+1", "a", True), ("+1", "a", False)]) == [None, None]


def test_a_refused_duplicate_does_not_refuse_its_own_key() -> None:
    assert marked([("+1", "a", True), ("+1", "b", True), ("+2", "b", True)]) == [
        None,
        "row 2",
        None,
    ]


def test_rows_without_identity_or_key_are_never_the_same() -> None:
    assert marked([(None, None, True), (None, None, True)]) == [None, None]


def test_the_other_file_is_named() -> None:
    rows: list[Row] = [("+1", "a", True), ("+1", "b", True), ("+1", "c", True)]
    assert marked(rows, ["b.csv", "b.csv", "c.csv"]) == [None, "row 2", "b.csv row 2"]


def test_an_empty_list_has_no_duplicates() -> None:
    assert marked([]) == []


def test_a_long_chain_of_shared_identities_and_keys_is_settled_exactly() -> None:
    chain: list[Row] = [(f"+{(n + 1) // 2}", f"k{n // 2}", True) for n in range(200)]
    assert marked(chain) == model(chain)


def test_rows_keep_their_order_and_other_columns() -> None:
    keys = frame([("+1", "a", True), ("+1", "a", True), ("+2", "b", False)])
    assert mark_duplicates(keys).drop("duplicate_of", "same_key_as").equals(keys)


_text = st.one_of(st.none(), st.sampled_from("abcdefgh"))


@given(st.lists(st.tuples(_text, _text, st.booleans()), max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_list_is_marked_as_a_plain_loop_would_mark_it(rows: list[Row]) -> None:
    assert marked(rows) == model(rows)


@given(st.lists(st.tuples(_text, _text, st.just(value=True)), max_size=40))
@settings(max_examples=100, deadline=None)
def test_the_row_by_row_remainder_agrees_with_the_rounds(rows: list[Row]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "_ROUNDS", 0)
        assert marked(rows) == model(rows)
