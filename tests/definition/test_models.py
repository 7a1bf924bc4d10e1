from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from campaign.channel import Channel
from campaign.definition.models import Rate, Retry

from .fakes import FIRST, load_text, problems_of


def test_the_ten_line_first_campaign_loads(tmp_path: Path) -> None:
    assert len(FIRST.splitlines()) == 10
    loaded = load_text(FIRST, tmp_path)
    definition = loaded.definition
    assert definition.name == "spring-sale"
    assert definition.run is None
    assert definition.channel is Channel.SMS
    assert definition.provider.name == "acme"
    assert definition.sender == ["+15551234567"]
    assert definition.recipients.files == ["people.csv"]
    assert definition.message is not None
    assert definition.message.text == "Hi {{ first_name }}"
    assert definition.rate == Rate()
    assert definition.retry == Retry()
    assert (definition.ledger, definition.output) == ("campaign-ledger.db", "output")
    assert loaded.beside("people.csv") == tmp_path / "people.csv"


FULL = """\
name: spring-sale
run: "%Y-%m-%d"
channel: whatsapp
provider:
  name: acme
  agent: bob
  api_key: ${ACME_KEY}
  timeout: 10s
  codes: {63016: {outcome: rejected}}
sender: [+15551234567, "+15557654321"]
recipients:
  files: people-*.csv
  columns: {phone: Mobile Number, first_name: Vorname, year: 2024}
  address: phone
  key: customer_id
  country: country
  default_region: no
  digits_are_international: no
  validity: lenient
  where: "country = 'DE'"
message:
  text: |
    Hi {{ first_name }},
    bye
  template:
    id: HX0123456789abcdef0123456789abcdef
    language: no
    category: marketing
    variables: ["{{ first_name }}", 9.90]
  variables: {plan: 3, 4: x}
window: {column: last_inbound_at, outside: template, margin: 5m, timezone: Europe/Berlin}
suppress: optouts.csv
rate: 1000/min
retry: {attempts: 3, first_wait: 500ms, longest_wait: 2m}
schedule: {start: "09:00", not_after: "12:00", deadline: "18:00", timezone: Europe/Berlin}
stop_when: {failed_rate: 5%, unknown: 20, in_a_row: 10}
ledger: l.db
output: out
"""


def test_every_shorthand_is_understood(tmp_path: Path) -> None:
    definition = load_text(FULL, tmp_path).definition
    assert definition.sender == ["+15551234567", "+15557654321"]
    assert definition.recipients.files == ["people-*.csv"]
    assert definition.recipients.columns["year"] == "2024"
    assert definition.recipients.default_region == "NO"
    assert definition.recipients.digits_are_international == "no"
    assert definition.recipients.validity == "lenient"
    message = definition.message
    assert message is not None
    assert message.template is not None
    assert message.text == "Hi {{ first_name }},\nbye"
    assert message.template.language == "no"
    assert message.template.variables == {"1": "{{ first_name }}", "2": "9.90"}
    assert message.variables == {"plan": "3", "4": "x"}
    assert definition.window is not None
    assert definition.window.margin == timedelta(minutes=5)
    assert definition.suppress == ["optouts.csv"]
    assert definition.rate.limit == pytest.approx(1000 / 60)
    assert definition.retry.first_wait == timedelta(milliseconds=500)
    assert definition.run_name(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-01"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("recipients: people.csv", "recipients: [people.csv]"),
        ("recipients: people.csv", "recipients: {files: people.csv}"),
        ("recipients: people.csv", "recipients: {files: [people.csv]}"),
        ('message: "Hi {{ first_name }}"', 'message: {text: "Hi {{ first_name }}"}'),
        ('message: "Hi {{ first_name }}"', "message: |\n  Hi {{ first_name }}\n"),
        ('sender: "+15551234567"', "sender: +15551234567"),
        ('sender: "+15551234567"', "sender: [+15551234567]"),
    ],
)
def test_a_shorthand_means_the_same_as_its_full_form(tmp_path: Path, old: str, new: str) -> None:
    assert old in FIRST
    short, full = load_text(FIRST, tmp_path), load_text(FIRST.replace(old, new), tmp_path)
    assert short.definition == full.definition
    assert short.fingerprint == full.fingerprint


def test_a_rate_may_be_a_mapping(tmp_path: Path) -> None:
    rate = load_text(FIRST + "rate: {limit: 80/s, concurrency: 10}\n", tmp_path).definition.rate
    assert (rate.limit, rate.concurrency) == (80, 10)


def test_integer_senders_become_text(tmp_path: Path) -> None:
    text = (
        "name: x\nchannel: whatsapp\nprovider: {name: tower}\nsender: [17, 18]\n"
        "recipients: p.csv\nmessage: {template: {id: 5, variables: {name: x}}}\n"
    )
    definition = load_text(text, tmp_path).definition
    assert definition.sender == ["17", "18"]
    assert definition.message is not None
    assert definition.message.template is not None
    assert definition.message.template.id == "5"


def test_a_definition_without_a_run_pattern_has_one_run(tmp_path: Path) -> None:
    definition = load_text(FIRST, tmp_path).definition
    assert definition.run_name(datetime(2026, 3, 1, tzinfo=UTC)) == "once"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            'run: "%Y/%m"',
            (
                "11:6 `run` must give a name that is safe for a file (it would name a run "
                "'2026/11'; use letters, digits, dots, dashes and underscores: "
                "%Y-%m-%d or %Y-%m-%dT%H%M)"
            ),
        ),
        (
            'run: "%H:%M"',
            (
                "11:6 `run` must give a name that is safe for a file (it would name a run '23:59'; "
                "use letters, digits, dots, dashes and underscores: %Y-%m-%d or %Y-%m-%dT%H%M)"
            ),
        ),
        (
            'run: ".."',
            (
                "11:6 `run` must give a name that is safe for a file (it would name a run '..'; "
                "use letters, digits, dots, dashes and underscores: %Y-%m-%d or %Y-%m-%dT%H%M)"
            ),
        ),
        (
            "rate: 80",
            (
                "11:7 `rate`: a rate is a number above 0 per unit of time: 80/s, 1000/min, 5000/h "
                "or 1/d"
            ),
        ),
        (
            "rate: {concurrency: 0}",
            "11:21 `rate.concurrency` must be at least 1",
        ),
        (
            "retry: {attempts: many}",
            "11:19 `retry.attempts` must be a whole number",
        ),
        (
            "retry: {first_wait: 2m}",
            "11:8 `retry` has a longest_wait that is shorter than its first_wait",
        ),
        (
            "suppress: {a: b}",
            "11:11 `suppress` must be a list",
        ),
        (
            "suppress: [a.csv, true]",
            '11:19 `suppress`, item 2 must be text (put it in quotes: "...")',
        ),
        (
            "output: [a]",
            '11:9 `output` must be text (put it in quotes: "...")',
        ),
    ],
)
def test_a_wrong_value_is_a_sentence(tmp_path: Path, line: str, problem: str) -> None:
    assert problems_of(f"{FIRST}{line}\n", tmp_path) == [problem]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("Spring Sale!", "for example spring-sale"),
        ("-x-", "for example x"),
        ("a" * 70, f"for example {'a' * 63}"),
        ("Frühling", "for example fr-hling"),
    ],
)
def test_a_bad_name_comes_with_a_corrected_one(tmp_path: Path, name: str, problem: str) -> None:
    (found,) = problems_of(FIRST.replace("spring-sale", name), tmp_path)
    assert found.startswith("1:7 `name` may only hold lower-case letters")
    assert found.endswith(f"({problem})")


@pytest.mark.parametrize(
    ("recipients", "problem"),
    [
        (
            "{files: p.csv, default_region: UK}",
            (
                "9:44 `recipients.default_region` must be a two-letter ISO 3166 country code "
                "(the United Kingdom is GB)"
            ),
        ),
        (
            "{files: p.csv, digits_are_international: maybe}",
            "9:54 `recipients.digits_are_international` must be one of auto, yes, no",
        ),
        (
            "{files: p.csv, validity: loose}",
            "9:38 `recipients.validity` must be one of strict, lenient",
        ),
        (
            "{files: p.csv, where: country =}",
            (
                "9:35 `recipients.where` is not a filter: unable to parse 'country =' as Expr "
                "(write a condition on columns, text in single quotes: country = 'DE' "
                "AND age >= 18)"
            ),
        ),
        (
            "{files: p.csv, columns: {first-name: Vorname}}",
            (
                "9:38 the key `first-name` may only hold letters, digits and underscores, and "
                "starts with no digit"
            ),
        ),
        ("[]", "9:13 `recipients` must not be empty"),
        ("[a.csv, '']", "9:21 `recipients`, item 2 is empty (give it a value, or remove the line)"),
        ("5", "9:13 `recipients` must be a mapping of keys to values"),
    ],
)
def test_what_is_wrong_with_recipients_is_shown_in_place(
    tmp_path: Path, recipients: str, problem: str
) -> None:
    text = FIRST.replace("people.csv", recipients)
    assert problems_of(text, tmp_path) == [problem]


def test_a_misspelt_key_is_named_beside_the_one_that_is_missing(tmp_path: Path) -> None:
    text = FIRST.replace("people.csv", "{file: p.csv}")
    assert problems_of(text, tmp_path) == [
        "9:1 `recipients.files` is missing",
        "9:14 `file` is not a key of `recipients` (did you mean 'files'?)",
    ]


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (
            "2026-12-01T09:00:00",
            (
                "`message.schedule_at` has no UTC offset, so it would mean another moment on "
                "another machine (add the offset, for example 2026-12-01T09:00:00+01:00, "
                "or Z for UTC)"
            ),
        ),
        (
            "2026-12-01",
            (
                "`message.schedule_at` has no UTC offset, so it would mean another moment on "
                "another machine (add the offset, for example 2026-12-01T00:00:00+01:00, "
                "or Z for UTC)"
            ),
        ),
        (
            "1764579600",
            (
                "`message.schedule_at` must be a date and time with its UTC offset "
                "(for example 2026-12-01T09:00:00+01:00)"
            ),
        ),
    ],
)
def test_a_time_needs_its_offset(tmp_path: Path, written: str, problem: str) -> None:
    text = (
        "name: x\nchannel: phone\nprovider: {name: writer}\nsender: +15551234567\n"
        f"recipients: p.csv\nmessage: {{schedule_at: {written}}}\n"
    )
    assert problems_of(text, tmp_path) == [f"6:24 {problem}"]


@pytest.mark.parametrize("offset", ["Z", "+01:00", " +01:00", "-0300"])
def test_a_time_with_an_offset_is_read(tmp_path: Path, offset: str) -> None:
    text = (
        "name: x\nchannel: phone\nprovider: {name: writer}\nsender: +15551234567\n"
        f"recipients: p.csv\nmessage: {{schedule_at: '2100-12-01 09:00:00{offset}'}}\n"
    )
    message = load_text(text, tmp_path).definition.message
    assert message is not None
    assert message.schedule_at is not None
    assert message.schedule_at.tzinfo is not None
