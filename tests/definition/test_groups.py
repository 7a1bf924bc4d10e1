"""Consent, holdout and variants as a definition may write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaign.definition.groups import YES

from .fakes import FIRST, load_text, problems_of
from .test_schema import errors


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("consent: opted_in", "consent: {column: opted_in, values: [yes, y, true, 1]}"),
        ("consent: {column: c, values: ja}", "consent: {column: c, values: [ja]}"),
        ("holdout: 5%", "holdout: {share: 5.0%}"),
    ],
)
def test_a_shorthand_means_the_same_as_its_full_form(tmp_path: Path, short: str, full: str) -> None:
    one, other = (load_text(f"{FIRST}{line}\n", tmp_path) for line in (short, full))
    assert one.definition == other.definition
    assert one.fingerprint == other.fingerprint
    assert errors(f"{FIRST}{short}\n") == errors(f"{FIRST}{full}\n") == []


def test_what_means_yes_is_text_however_it_is_written(tmp_path: Path) -> None:
    consent = load_text(f"{FIRST}consent: {{column: c, values: [true, 1, Ja]}}\n", tmp_path)
    assert consent.definition.consent is not None
    assert consent.definition.consent.values == ["true", "1", "Ja"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("consent: {values: [yes]}", "`consent.column` is missing"),
        ("consent: {column: c, values: []}", "`consent.values` must not be empty"),
        (
            "consent: {column: c, values: [[yes]]}",
            (
                "`consent.values`, item 1 must be what a cell holds when somebody agreed "
                "(for example: yes)"
            ),
        ),
        (
            "consent: {columm: c}",
            "`columm` is not a key of `consent` (did you mean 'column'?)",
        ),
        (
            "holdout: 5",
            "`holdout`: a share is a percentage above 0% and up to 100%: 5% or 0.5%",
        ),
        ("holdout: 100%", "`holdout` leaves nobody to send to (write a share below 100%)"),
        ("holdout: {seed: x}", "`holdout.share` is missing"),
    ],
)
def test_a_mistake_is_told_at_its_line(tmp_path: Path, line: str, problem: str) -> None:
    found = problems_of(f"{FIRST}{line}\n", tmp_path)
    last = len(FIRST.splitlines()) + 1
    assert [told.partition(" ")[2] for told in found if problem in told] == [problem]
    assert all(told.startswith(f"{last}:") for told in found)


@pytest.mark.parametrize("line", ["consent: opted_in", "holdout: 5%"])
def test_who_is_left_out_is_part_of_the_fingerprint(tmp_path: Path, line: str) -> None:
    base, other = load_text(FIRST, tmp_path), load_text(f"{FIRST}{line}\n", tmp_path)
    key = line.partition(":")[0]
    assert other.fingerprint != base.fingerprint
    assert other.fingerprint_parts.keys() - base.fingerprint_parts.keys() == {key}


def test_a_definition_without_them_keeps_the_fingerprint_that_it_had(tmp_path: Path) -> None:
    assert not load_text(FIRST, tmp_path).fingerprint_parts.keys() & {
        "consent", "holdout", "variants",
    }  # fmt: skip


def test_yes_is_documented_as_it_is() -> None:
    assert YES == ("yes", "y", "true", "1")
