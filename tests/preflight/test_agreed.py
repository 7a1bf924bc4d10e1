"""What a check says of a consent column in which people wrote something else, and of nobody."""

from __future__ import annotations

from pathlib import Path

from campaign.preflight.answer import Forecast
from tests.preflight.checked import GERMAN, checked, people

CONSENT = "consent: Opt in?\n"


def asked(folder: Path, *cells: str) -> Forecast:
    rows = [(GERMAN.format(place), "Ana", cell) for place, cell in enumerate(cells)]
    return checked(folder, *rows, header=("Phone", "First name", "Opt in?"), more=CONSENT)


def test_a_word_that_is_neither_yes_nor_no_is_named_with_how_many_say_it(tmp_path: Path) -> None:
    found = asked(tmp_path, "yes", "ja", "Ja ", "ja", "si", "no", "NEIN", "0", "")
    assert found.sendable == 1
    assert (
        "4 cells of `Opt in?` say what `consent.values` does not know, which is no consent: "
        '3 × "ja", 1 × "si". If that means yes, add it to `consent.values`.'
    ) in found.warnings


def test_many_words_are_counted(tmp_path: Path) -> None:
    found = asked(tmp_path, "a", "b", "c", "d", "e", "e")
    (told,) = [one for one in found.warnings if "consent.values" in one]
    assert '2 × "e", 1 × "a", 1 × "b", 2 other words.' in told


def test_plain_noes_and_blanks_are_what_one_expects(tmp_path: Path) -> None:
    found = asked(tmp_path, "yes", "no", "N", "false", "0", "non", "")
    assert not any("consent.values" in warning for warning in found.warnings)


NOBODY = "Nobody on the list will get it: a run would send nothing."


def test_a_list_that_leaves_nobody_is_warned_of(tmp_path: Path) -> None:
    assert NOBODY in asked(tmp_path, "ja", "no").warnings
    assert NOBODY not in asked(tmp_path, "yes", "no").warnings


def test_the_share_of_the_refused_says_whom_it_leaves_out(tmp_path: Path) -> None:
    rows = [*people("Ana", "Bo"), *people("Ana"), ("broken", "Cem")]
    told = checked(tmp_path, *rows, more="max_rejects: 40%\n").rejected.sentence()
    assert told == (
        "1 of 3 rows (33.3%) are refused for what is wrong with them, not counting 1 left out by "
        "choice, and `max_rejects` allows 40%"
    )
