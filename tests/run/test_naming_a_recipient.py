"""A recipient is named as a person writes a number: with blanks, with 00, in its other form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import campaign
from campaign.api import Campaign
from campaign.deciding import As
from campaign.errors import InvalidInput
from campaign.sandbox import SandboxServer
from tests.run.campaigns import ENVIRONMENT, Recipe

ANA, BRUNO, CARLA = "+12022000001", "+12022000002", "+5491123456789"
AS_WRITTEN = ["+1 202 200 0002", "0012022000002", "(202) 200-0002", "  +1-202-200-0002 "]


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def loaded(tmp_path: Path, server: SandboxServer) -> Campaign:
    rows = f"A,{ANA}\nB,{BRUNO}\nC,{CARLA}\n12022000001,+12022000004\n"
    (tmp_path / "list.csv").write_text("Customer,Phone\n" + rows, encoding="utf-8")
    recipe = Recipe(message="message: Hi\n", recipients={"key": "Customer", "default_region": "US"})
    definition = recipe.write(tmp_path, "list.csv", server.url_for("synthflow"))
    return campaign.load(definition, environment=ENVIRONMENT)


@pytest.mark.parametrize("text", AS_WRITTEN)
def test_only_sends_to_the_number_however_it_is_written(
    text: str, loaded: Campaign, server: SandboxServer
) -> None:
    assert loaded.plan(only=text).samples[0].address == BRUNO
    assert loaded.run(only=text).counts.accepted == 1
    assert list(server.journal.addresses()) == [BRUNO]


@pytest.mark.parametrize("text", AS_WRITTEN)
def test_everything_about_a_recipient_is_shown_however_the_number_is_written(
    text: str, loaded: Campaign
) -> None:
    loaded.run()
    with loaded.view() as view:
        assert [found.planned["key"] for found in view.find(text)] == ["B"]


def test_an_unknown_is_resolved_however_the_number_is_written(
    loaded: Campaign, server: SandboxServer
) -> None:
    server.set_faults({"drop_after": 1.0})
    assert loaded.run().counts.unknown == 4
    assert loaded.resolve(As.SENT, [*AS_WRITTEN, "A"]) == 2
    with loaded.view() as view:
        assert (view.counts.accepted, view.counts.unknown) == (2, 2)
        assert {view.find(key)[0].entry.state.value for key in ("A", "B")} == {"accepted"}


def test_a_number_with_two_forms_is_found_by_the_one_that_the_list_has_not(
    loaded: Campaign, server: SandboxServer
) -> None:
    loaded.run(only="+54 11 2345 6789")
    assert list(server.journal.addresses()) == [CARLA]
    with loaded.view() as view:
        assert [found.planned["key"] for found in view.find("+541123456789")] == ["C"]


def test_a_key_goes_before_the_number_that_it_looks_like(
    loaded: Campaign, server: SandboxServer
) -> None:
    loaded.run(only="12022000001")
    assert list(server.journal.addresses()) == ["+12022000004"]


def test_nobody_is_guessed_for_a_number_that_is_not_on_the_list(
    loaded: Campaign, server: SandboxServer
) -> None:
    with pytest.raises(InvalidInput, match="No recipient of this run has the key or address"):
        loaded.run(only="+1 202 200 0009")
    with pytest.raises(InvalidInput, match="No recipient of this run has the key or address"):
        loaded.run(only="Bruno")
    assert list(server.journal.addresses()) == []
