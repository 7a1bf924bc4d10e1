from __future__ import annotations

from pathlib import Path

import pytest

from campaign.definition.load import load
from campaign.definition.models import Definition
from campaign.errors import InvalidInput

from .fakes import FAKES, FIRST, load_text, problems_of


def error_of(text: str, folder: Path) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        load_text(text, folder)
    return caught.value


def test_all_problems_come_at_once_in_the_order_of_the_lines(tmp_path: Path) -> None:
    text = """\
name: Spring Sale
chanel: sms
channel: smss
provider:
  name: acme
  agent: 123
  api_key: sk-live-123  # sk-old
  regin: us
sender: ["+15551234567", "+15551234567"]
recipients: {files: [p.csv], default_region: Germany}
window: {column: x, timezone: Europe/Berlim}
suppress: ${OPTOUTS}
output:
name: again
"""
    assert problems_of(text, tmp_path) == [
        (
            "1:7 `name` may only hold lower-case letters, digits, dots, dashes and underscores, "
            "must start with a letter or digit, and has at most 63 characters "
            "(for example spring-sale)"
        ),
        "2:1 `chanel` is not a key of a definition (did you mean 'channel'?)",
        (
            "3:10 `channel` must be one of whatsapp, sms, messenger, email, phone "
            "(did you mean 'sms'?)"
        ),
        '6:10 `provider.agent` must be text (put it in quotes: "...")',
        (
            "7:12 `provider.api_key`: a secret is written as ${NAME} and taken from the "
            "environment variable NAME; never write the key itself into a definition"
        ),
        "8:3 `regin` is not a key of `provider` (did you mean 'region'?)",
        "9:26 this sender is already listed on line 9 (keep one of them)",
        (
            "10:46 `recipients.default_region` must be a two-letter ISO 3166 country code "
            "(for example DE, US or GB)"
        ),
        "11:31 `window.timezone` is not a time zone (did you mean Europe/Berlin?)",
        (
            "12:11 `suppress`: only secrets are taken from the environment "
            "(write the value itself, not the name of an environment variable)"
        ),
        "13:1 `output` has no value (give it a value, or remove the line)",
        "14:1 `name` is written twice: on line 1 and on line 14 (keep one of them)",
    ]


def test_the_place_and_the_line_are_shown(tmp_path: Path) -> None:
    error = error_of(FIRST.replace("channel: sms", "channel: smss"), tmp_path)
    assert str(error) == (
        f"{tmp_path}/c.yaml:2:10: `channel` must be one of whatsapp, sms, messenger, email, phone\n"
        "      2 | channel: smss\n"
        "        |          ^\n"
        "        = did you mean 'sms'?"
    )
    assert error.exit_code == 2


def test_what_is_missing_is_reported_where_it_should_be(tmp_path: Path) -> None:
    assert problems_of("provider:\n  name: acme\nconsent: {values: [yes]}\n", tmp_path) == [
        "1:- `name` is missing",
        "1:- `channel` is missing",
        "1:- `recipients` is missing",
        "1:- `sender` is missing: Acme sends from a number in international form, in quotes",
        "1:1 `provider.agent` is missing",
        "1:1 `provider.api_key` is missing",
        "3:1 `consent.column` is missing",
    ]


def test_an_unknown_key_far_from_all_others_lists_what_there_is(tmp_path: Path) -> None:
    known = ", ".join(Definition.model_fields)
    assert problems_of(f"{FIRST}zzz: 1\n", tmp_path) == [
        f"11:1 `zzz` is not a key of a definition (known here: {known})"
    ]


@pytest.mark.parametrize(
    ("provider", "problem"),
    [
        ("acmee", "4:9 there is no provider of this name (did you mean 'acme'?)"),
        (
            "zzz",
            "4:9 there is no provider of this name (known here: acme, writer, tower, bird)",
        ),
        ("[x]", '4:9 `provider.name` must be text (put it in quotes: "...")'),
    ],
)
def test_an_unknown_provider_is_the_only_complaint_about_its_section(
    tmp_path: Path, provider: str, problem: str
) -> None:
    assert problems_of(FIRST.replace("name: acme", f"name: {provider}"), tmp_path) == [problem]


def test_a_provider_that_is_not_a_mapping_is_explained(tmp_path: Path) -> None:
    text = "name: x\nchannel: sms\nprovider: acme\nrecipients: p.csv\nmessage: hi\n"
    assert problems_of(text, tmp_path) == [
        (
            "3:11 `provider` must be a mapping of keys to values "
            "(write `name: ...` on the line below it, indented)"
        )
    ]


def test_a_setting_in_the_wrong_form_is_explained_by_its_description(tmp_path: Path) -> None:
    assert problems_of(FIRST.replace("agent: bob", "agent: BOB"), tmp_path) == [
        "6:10 `provider.agent` is not written as it should be (The agent's id, in small letters.)"
    ]


@pytest.mark.parametrize(
    "section",
    [
        "  api_key: sk-live-123\n",
        "  api_key: 123sk-live-123\n",
        "  api_key: |\n    sk-live-123\n    sk-live-456\n",
        "  api_key: [sk-live-123]\n",
        "  apikey: sk-live-123\n",
        "  zzz: sk-live-123\n",
        "  api_key: ${ACME_KEY}  \n  api_key: sk-live-123\n",
        "  api_key: ${sk-live-123}\n",
        "  api_key: $sk-live-123\n",
    ],
)
@pytest.mark.parametrize("provider", ["acme", "unheard-of"])
def test_a_literal_secret_is_never_repeated(tmp_path: Path, section: str, provider: str) -> None:
    text = FIRST.replace("  api_key: ${ACME_KEY}\n", section).replace("acme", provider)
    error = error_of(text, tmp_path)
    assert "sk-live" not in str(error)
    assert "sk-live" not in repr(error.problems)
    assert error.__cause__ is None


def test_a_secret_in_a_flow_mapping_is_masked_in_problems_with_its_neighbours(
    tmp_path: Path,
) -> None:
    text = FIRST[: FIRST.index("provider:")] + (
        "provider: {name: acme, api_key: sk-live-123, agent: 5}\nrecipients: p.csv\n"
    )
    error = error_of(text, tmp_path)
    assert any("provider.agent" in p.message for p in error.problems)
    assert "sk-live" not in str(error)


def test_secrets_stay_names_in_what_was_loaded(tmp_path: Path) -> None:
    loaded = load_text(FIRST, tmp_path)
    assert "api_key=Secret(name='ACME_KEY')" in repr(loaded.settings)
    assert loaded.settings.model_dump(mode="json")["api_key"] == "${ACME_KEY}"


@pytest.mark.parametrize("line", ["sender: ${SENDER}", 'output: "out-${USER}"'])
def test_only_secrets_are_taken_from_the_environment(tmp_path: Path, line: str) -> None:
    text = FIRST.replace('sender: "+15551234567"\n', "") + f"{line}\n"
    found = [p for p in problems_of(text, tmp_path) if p.startswith("10:")]
    key = line.split(":")[0]
    assert [p.split(" (")[0].split(" ", 1)[1] for p in found] == [
        f"`{key}`: only secrets are taken from the environment"
    ]


def test_a_message_may_speak_of_variables(tmp_path: Path) -> None:
    assert problems_of(FIRST.replace("Hi {{", "Pay ${AMOUNT} {{"), tmp_path) == []


def test_locate_shows_a_later_problem_in_its_place(tmp_path: Path) -> None:
    problem = load_text(FIRST, tmp_path).locate(
        "message", "text", message="no column first_name", hint="there is Vorname"
    )
    assert str(problem) == (
        f"{tmp_path}/c.yaml:10:10: no column first_name\n"
        '     10 | message: "Hi {{ first_name }}"\n'
        "        |          ^\n"
        "        = there is Vorname"
    )


def test_the_fingerprint_covers_what_decides_who_gets_what(tmp_path: Path) -> None:
    base = load_text(FIRST, tmp_path)
    assert set(base.fingerprint_parts) == {
        "channel", "provider", "sender", "recipients", "message", "window",
    }  # fmt: skip
    for old, new, key in (
        ("Hi {{", "Hello {{", "message"),
        ("people.csv", "others.csv", "recipients"),
        ("people.csv", "{files: people.csv, validity: lenient}", "recipients"),
        ("agent: bob", "agent: eve", "provider"),
        ("+15551234567", "+15551234568", "sender"),
    ):
        other = load_text(FIRST.replace(old, new), tmp_path)
        assert other.fingerprint != base.fingerprint
        differing = {
            name
            for name, part in other.fingerprint_parts.items()
            if part != base.fingerprint_parts[name]
        }
        assert differing == {key}


@pytest.mark.parametrize(
    "line",
    [
        "rate: 5/s",
        "retry: {attempts: 2}",
        "schedule: {start: 09:00, not_after: 12:00, deadline: 18:00, timezone: Europe/Berlin}",
        "stop_when: {failed_rate: 5%, unknown: 20, in_a_row: 10}",
        "ledger: x.db",
        "output: o",
        "suppress: a.csv",
        "# a comment",
        'run: "%Y"',
    ],
)
def test_the_fingerprint_ignores_pace_and_places(tmp_path: Path, line: str) -> None:
    base = load_text(FIRST, tmp_path)
    assert load_text(f"{FIRST}{line}\n", tmp_path).fingerprint == base.fingerprint


def test_the_fingerprint_ignores_timeouts_and_error_codes(tmp_path: Path) -> None:
    base = load_text(FIRST, tmp_path)
    more = "  agent: bob\n  timeout: 5s\n  codes: {500: {outcome: unknown}}\n"
    other = load_text(FIRST.replace("  agent: bob\n", more), tmp_path)
    assert other.fingerprint == base.fingerprint


def test_only_the_named_provider_is_asked_for(tmp_path: Path) -> None:
    asked = []
    path = tmp_path / "c.yaml"
    path.write_text(FIRST)
    load(path, lambda name: asked.append(name) or FAKES.get(name), ())  # type: ignore[func-returns-value]
    assert asked == ["acme"]


def test_what_holds_anyway_may_be_written_down_while_a_run_is_going_on(tmp_path: Path) -> None:
    def fingerprint(**keys: str) -> str:
        more = "".join(f"  {key}: {value}\n" for key, value in keys.items())
        text = FIRST.replace(
            "recipients: people.csv\n", f"recipients:\n  files: people.csv\n{more}"
        )
        return load_text(text, tmp_path).fingerprint

    plain = fingerprint()
    assert fingerprint(digits_are_international="auto", validity="strict") == plain
    assert fingerprint(timezone="zone") == plain  # for quiet hours, and there are none
    assert fingerprint(digits_are_international="no") != plain
    assert fingerprint(validity="lenient") != plain
