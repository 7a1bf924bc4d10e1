"""A test to the team is refused where a run would refuse, and says what a run would say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

import campaign
from campaign.api import Campaign
from campaign.channel import Channel
from campaign.errors import InvalidInput
from campaign.message.form import Form
from campaign.sandbox import SandboxServer
from tests.cli.commands import campaign as command
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number

BO = "+12025550177"
# One telephone, as its list writes it and as WhatsApp may know it.
MEXICAN, MEXICAN_WHATSAPP = "+525512345678", "+5215512345678"
SPLIT = "variants: {a: 'Hi {{ first_name }}', b: {share: 50%, text: 'Hello, {{ first_name }}'}}\n"
MARKETING = (
    "message:\n  template: {id: HX" + "0" * 32 + ", category: marketing,"
    " variables: {1: '{{ first_name }}'}}\n"
)


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as one:
        yield one


def load(folder: Path, server: SandboxServer, recipe: Recipe, *people: str) -> Campaign:
    rows = "".join(f"{who},Ana{place}\n" for place, who in enumerate(people or (number(1),)))
    (folder / "list.csv").write_text("Phone,First Name\n" + rows, encoding="utf-8")
    path = recipe.write(folder, "list.csv", server.url_for(recipe.provider))
    return campaign.load(path, environment=ENVIRONMENT)


HI = Recipe(message="message: 'Hi {{ first_name }}'\n")


@pytest.mark.parametrize("hashes", [False, True])
def test_who_is_on_the_ledgers_own_list_gets_no_test_in_either_form_of_the_number(
    hashes: bool, tmp_path: Path, server: SandboxServer
) -> None:
    loaded = load(tmp_path, server, HI)
    loaded.suppressions.add([BO, MEXICAN_WHATSAPP], hashes=hashes)
    for address in (BO, MEXICAN):
        with pytest.raises(InvalidInput, match="suppression list"):
            loaded.test([address])
    assert not server.journal.entries()


def test_a_file_of_hashes_is_honoured(tmp_path: Path, server: SandboxServer) -> None:
    hashed = "sha256:" + sha256(BO.encode()).hexdigest()
    (tmp_path / "out.csv").write_text(f"Phone\n{hashed}\n", encoding="utf-8")
    recipe = Recipe(message=HI.message, more="suppress: out.csv\n")
    with pytest.raises(InvalidInput, match="suppression list"):
        load(tmp_path, server, recipe).test([BO])
    assert not server.journal.entries()


def test_a_row_whose_person_is_on_the_ledgers_list_is_nobodys_test(
    tmp_path: Path, server: SandboxServer
) -> None:
    loaded = load(tmp_path, server, HI, number(1), number(2))
    loaded.suppressions.add([number(1)])
    with pytest.raises(InvalidInput, match=r"row 2 of list\.csv would not be sent to"):
        loaded.test([BO], as_row=2)
    assert loaded.test([BO]).preview.source == "row 3 of list.csv"


@pytest.mark.parametrize(
    ("more", "address", "told"),
    [
        ({}, "+49 30 901820", "type cannot get a message on this channel. (fixed_line)"),
        ({"blocked_prefixes": '"+53"'}, "+53 51234567", "prefix that the definition blocks"),
        ({"blocked_prefixes": '"+549"'}, "+54 9 11 2345 6789", "prefix that the definition blocks"),
        ({}, "49 171 3920000", "has no country"),
        ({}, "+1 202 555 0100", "own senders"),
    ],
)
def test_an_address_that_a_run_would_refuse_is_refused_with_the_same_sentence(
    more: dict[str, str], address: str, told: str, tmp_path: Path, server: SandboxServer
) -> None:
    loaded = load(tmp_path, server, Recipe(message=HI.message, recipients=more))
    with pytest.raises(InvalidInput) as error:
        loaded.test([address])
    assert told in error.value.problems[0].message
    assert not server.journal.entries()


@pytest.mark.parametrize(
    ("more", "address"),
    [
        ({"digits_are_international": "yes"}, "49 171 3920000"),
        ({"default_region": "DE"}, "0171 3920000"),
    ],
)
def test_an_address_is_read_as_the_definition_has_the_list_read(
    more: dict[str, str], address: str, tmp_path: Path, server: SandboxServer
) -> None:
    load(tmp_path, server, Recipe(message=HI.message, recipients=more)).test([address])
    assert [entry.to for entry in server.journal.entries()] == ["+491713920000"]


def test_a_number_that_is_not_known_to_exist_is_taken_where_the_definition_is_lenient(
    tmp_path: Path, server: SandboxServer
) -> None:
    possible = "+1 202 155 0177"
    with pytest.raises(InvalidInput, match="No phone number like this exists"):
        load(tmp_path, server, HI).test([possible])
    lenient = Recipe(message=HI.message, recipients={"validity": "lenient"})
    load(tmp_path, server, lenient).test([possible])
    assert [entry.to for entry in server.journal.entries()] == ["+12021550177"]


@pytest.mark.parametrize("row", range(2, 8))
def test_a_split_test_sends_the_message_of_the_rows_own_variant_and_names_it(
    row: int, tmp_path: Path, server: SandboxServer
) -> None:
    people = [number(place) for place in range(6)]
    loaded = load(tmp_path, server, Recipe(message=SPLIT), *people)
    planned = loaded.plan()
    tested = loaded.test([BO], as_row=row)
    variant = tested.preview.variant
    greeting = {"a": "Hi", "b": "Hello,"}[str(variant)]
    assert planned.sendable == 6
    assert tested.preview.texts == {"text": f"{greeting} Ana{row - 2}"}
    assert [entry.request["initial_message"] for entry in server.journal.entries()] == [
        f"{greeting} Ana{row - 2}"
    ]


def test_rows_of_both_variants_can_be_tested(tmp_path: Path, server: SandboxServer) -> None:
    people = [number(place) for place in range(6)]
    loaded = load(tmp_path, server, Recipe(message=SPLIT), *people)
    named = {loaded.test([BO], as_row=row).preview.variant for row in range(2, 8)}
    assert named == {"a", "b"}


def test_the_command_names_the_variant(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"Phone,First Name\n{number(0)},Ana\n", encoding="utf-8")
    Recipe(message=SPLIT).write(tmp_path, "list.csv", None)
    done = command("test", "campaign.yaml", "--to", BO, cwd=tmp_path)
    assert "The message of row 2 of list.csv, variant a, as text:" in done.stdout
    machine = command("test", "campaign.yaml", "--to", BO, "--json", cwd=tmp_path)
    assert json.loads(machine.stdout)["variant"] == "a"


def test_a_marketing_template_is_not_tested_on_a_telephone_that_would_never_get_it(
    tmp_path: Path, server: SandboxServer
) -> None:
    recipe = Recipe(channel=Channel.WHATSAPP, message=MARKETING)
    loaded = load(tmp_path, server, recipe, "+491713920001")
    with pytest.raises(InvalidInput, match="no marketing template to numbers in the United"):
        loaded.test([BO, "+491713920000"])
    assert not server.journal.entries()
    tested = loaded.test(["+491713920000"])
    assert tested.preview.form is Form.TEMPLATE
    assert tested.exit_code == 0


def test_quiet_hours_and_caps_do_not_hold_for_a_test(tmp_path: Path, server: SandboxServer) -> None:
    more = (
        "quiet_hours: {hours: 00:00-23:59, unknown_zone: Europe/Berlin}\n"
        "frequency_cap: at most 1 in 7 days\n"
    )
    loaded = load(tmp_path, server, Recipe(message=HI.message, more=more))
    assert [loaded.test([BO]).exit_code for _ in range(3)] == [0, 0, 0]
    assert len(server.journal.entries()) == 3
