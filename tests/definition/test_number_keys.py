"""What says how numbers are read says nothing where recipients are no numbers, and is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.definition.fakes import load_text, problems_of

HEAD = "name: x\nprovider: {name: bird}\nmessage: hi\n"
KEYS = {
    "digits_are_international": "yes",
    "validity": "lenient",
    "blocked_prefixes": '["+53"]',
}


@pytest.mark.parametrize(("key", "value"), KEYS.items())
def test_a_key_about_numbers_is_refused_where_recipients_have_an_id(
    key: str, value: str, tmp_path: Path
) -> None:
    text = f"{HEAD}channel: messenger\nrecipients:\n  files: p.csv\n  {key}: {value}\n"
    (problem,) = problems_of(text, tmp_path)
    assert problem == (
        f"7:{len(key) + 5} `recipients.{key}` is about phone numbers; on messenger, a recipient is "
        "known by a user id (remove it)"
    )


def test_all_of_them_are_told_at_once(tmp_path: Path) -> None:
    keys = "".join(f"  {key}: {value}\n" for key, value in KEYS.items())
    text = f"{HEAD}channel: messenger\nrecipients:\n  files: p.csv\n{keys}"
    assert len(problems_of(text, tmp_path)) == len(KEYS)


def test_they_are_taken_where_recipients_are_numbers(tmp_path: Path) -> None:
    keys = "".join(f"  {key}: {value}\n" for key, value in KEYS.items())
    text = f"{HEAD}channel: sms\nrecipients:\n  files: p.csv\n{keys}"
    recipients = load_text(text, tmp_path).definition.recipients
    assert (recipients.validity, recipients.blocked_prefixes) == ("lenient", ["+53"])
