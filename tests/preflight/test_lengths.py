"""Into how many parts text messages are cut, and what makes them so many."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign.plan.frozen import Plan
from campaign.preflight.left import still_to_send
from campaign.preflight.lengths import Lengths, lengths
from tests.plan.planned import HEADER, LIST, SMS, plan_of
from tests.preflight.checked import WITH_TEMPLATE, checked, people


def plan(folder: Path, *names: str) -> Plan:
    return plan_of(folder, SMS + LIST, HEADER, *people(*names))


def counted(made: Plan) -> Lengths:
    found = lengths(made, still_to_send(made, None))
    assert found is not None
    return found


def test_the_histogram_counts_every_message_once(tmp_path: Path) -> None:
    found = counted(plan(tmp_path, "Ana", "x" * 157, "x" * 158, "x" * 400, "Łu", "Ł" * 68))
    # "Hi " takes three characters: 160 are one part, 161 two, 403 three; 71 of UCS-2 are two.
    assert found.histogram == {1: 3, 2: 2, 3: 1}
    assert (found.messages, found.total) == (6, 10)


def test_characters_that_switch_the_encoding_are_named_with_the_first_row(tmp_path: Path) -> None:
    found = counted(plan(tmp_path, "Ana", "Łukasz", "Zoë", "Łu ’", "Gül"))
    assert found.switched == 3
    assert [(one.character, one.rows, one.place) for one in found.characters] == [
        ("Ł", 2, "row 3"),
        ("ë", 1, "row 4"),
        ("’", 1, "row 5"),
    ]
    assert found.characters[2].name == "U+2019 RIGHT SINGLE QUOTATION MARK"
    assert found.as_dict()["characters"][0]["rows"] == 2


def test_only_text_messages_have_parts(tmp_path: Path) -> None:
    header = ("Phone", "First Name", "Last inbound")
    row = (*people("Ana")[0], "")
    found = checked(tmp_path, row, definition=WITH_TEMPLATE, header=header)
    assert found.lengths is None
    assert found.as_dict()["segments"] is None


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.text(st.sampled_from("aé€{Łぁ🙂 "), min_size=1, max_size=200), max_size=6))
def test_the_parts_add_up_to_the_messages(tmp_path: Path, names: list[str]) -> None:
    made = plan(tmp_path, "Ana", *(f"x{name}x" for name in names))
    found = counted(made)
    assert found.messages == made.sendable
    foreign = [name for name in names if set(name) & set("Łぁ🙂")]
    assert found.switched == len(foreign)
    assert {one.character: one.rows for one in found.characters} == {
        mark: sum(mark in name for name in foreign) for mark in "Łぁ🙂" if mark in "".join(names)
    }
