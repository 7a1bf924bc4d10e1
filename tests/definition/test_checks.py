from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from .fakes import load_text, problems_of

SID = "HX0123456789abcdef0123456789abcdef"
HEADS = {
    "acme": "provider: {name: acme, agent: bob, api_key: '${KEY}'}\nsender: '+15551234567'\n",
    "writer": "provider: {name: writer}\nsender: '+15551234567'\n",
    "tower": "provider: {name: tower}\nsender: 17\n",
    "bird": "provider: {name: bird}\n\n",
}


def found(tmp_path: Path, provider: str, channel: str, rest: str) -> list[str]:
    """Return the problems of a definition whose own lines start at line 5."""
    text = f"name: x\nchannel: {channel}\n{HEADS[provider]}{rest}\nrecipients: p.csv\n"
    return problems_of(text, tmp_path)


NOBODY = (
    "nobody could ever get this: on whatsapp a free-form text needs an open 24-hour window, and "
    "nothing says whose is open (add message.template, or name the column with the last message's "
    "time: window: {column: last_inbound_at})"
)

CASES = {
    "a channel the provider lacks": (
        "acme", "email", "message: hi",
        ["2:10 Acme does not offer `email` (it offers sms, whatsapp)"],
    ),
    "quiet hours where nothing tells a zone": (
        "bird", "messenger", "message: hi\nquiet_hours: 21:00-08:00",
        [
            ("6:14 nobody could ever get this: on messenger nothing tells a recipient's time zone "
             "(name the column that does (recipients.timezone), or say where to count everybody: "
             "quiet_hours: {hours: 21:00-08:00, unknown_zone: Europe/Berlin})"),
        ],
    ),
    "no message": ("acme", "sms", "", ["1:- `message` is missing (give a text)"]),
    "a message that says nothing": (
        "acme", "whatsapp", "message: {variables: {a: b}}",
        ["5:10 `message` says nothing (give it a text or a template)"],
    ),
    "a template where only text goes": (
        "acme", "sms", f"message: {{template: {{id: {SID}}}}}",
        ["5:21 Acme takes no template on sms (use message.text)"],
    ),
    "text where only a template goes": (
        "tower", "whatsapp", "message: hi",
        ["5:10 Tower takes no free-form text on whatsapp (use message.template)"],
    ),
    "a template id that is no Content SID": (
        "acme", "whatsapp", "message: {template: {id: 12}}",
        ["5:26 a template id is a Content SID: HX and 32 digits from 0 to 9 and a to f"],
    ),
    "a template id that is no integer": (
        "tower", "whatsapp", "message: {template: {id: HX1}}",
        ["5:26 Tower knows its templates by a whole number"],
    ),
    "numbered variables with a gap": (
        "acme", "whatsapp", f"message: {{template: {{id: {SID}, variables: {{1: a, 3: b}}}}}}",
        [
            ("5:73 the template's variables must be numbered from 1 to 2 without gaps; "
            '2 is missing (write {"1": ..., "2": ...}, or a list in that order)')
        ],
    ),
    "text and template for an agent that writes itself": (
        "writer", "phone", f"message: {{text: hi, template: {{id: {SID}}}}}",
        [
            ("5:17 at Writer, the agent writes the first message itself "
            "(remove the text; say what the agent should write in its prompt)"),
            ("5:31 at Writer, the agent writes the first message itself "
            "(remove the template; say what the agent should write in its prompt)"),
        ],
    ),
    "extras the provider does not take": (
        "acme", "sms",
        "message: {text: hi, suggested_replies: [Yes, No], schedule_at: 2100-01-01T00:00:00Z}",
        [
            "5:40 Acme takes no suggested_replies (remove it)",
            "5:64 Acme takes no schedule_at (remove it)",
        ],
    ),
    "prompt variables the provider does not take": (
        "bird", "sms", "message: {text: hi, variables: {a: b}}",
        ["5:32 Bird takes no variables (remove it)"],
    ),
    "a time in the past": (
        "writer", "phone", "message: {schedule_at: 2026-01-01T00:00:00Z}",
        ["5:24 `message.schedule_at` is in the past"],
    ),
    "free-form text that nobody could get": (
        "acme", "whatsapp", "message: hi", [f"5:10 {NOBODY}"],
    ),
    "an agent whose own message nobody could get": (
        "writer", "whatsapp", "",
        [
            ("2:10 nobody could ever get this: on whatsapp the agent's own first message needs an "
            "open 24-hour window, and nothing says whose is open (name the column with the last "
            "message's time: window: {column: last_inbound_at}; or write "
            "provider.outside_window: send)")
        ],
    ),
    "a window where there is none": (
        "acme", "sms", "message: hi\nwindow: {column: c}",
        ["6:9 Acme has no 24-hour window on sms (remove `window`)"],
    ),
    "a template outside the window that does not exist": (
        "acme", "whatsapp", "message: hi\nwindow: {column: c, outside: template}",
        [
            ("6:30 `window.outside` is template, but there is none in `message` "
            "(add message.template, or write outside: skip)")
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused(case: str, tmp_path: Path) -> None:
    provider, channel, rest, expected = CASES[case]
    text = f"name: x\nchannel: {channel}\n{HEADS[provider]}{rest}\nrecipients: p.csv\n"
    now = datetime(2026, 6, 1, tzinfo=UTC)
    assert problems_of(text, tmp_path, now=now) == expected


@pytest.mark.parametrize(
    ("provider", "channel", "rest"),
    [
        ("acme", "whatsapp", f"message: {{template: {{id: {SID}, category: utility}}}}"),
        ("acme", "whatsapp", f"message: {{text: hi, template: {{id: {SID}, variables: [a, b]}}}}"),
        ("acme", "whatsapp", "message: hi\nwindow: {column: c}"),
        ("acme", "whatsapp", "message: hi\nwindow: {column: c, outside: skip}"),
        ("tower", "whatsapp", "message: {template: {id: 3, variables: {other: a, name: b}}}"),
        ("writer", "phone", ""),
        ("writer", "phone", "message: {schedule_at: 2100-01-01T00:00:00Z}"),
        ("writer", "whatsapp", "window: {column: c}"),
        ("bird", "messenger", "message: hi\nquiet_hours: {hours: 21:00-08:00, unknown_zone: UTC}"),
        ("acme", "sms", "message: hi\nquiet_hours: 21:00-08:00"),
        ("bird", "messenger", "message: {text: hi, suggested_replies: [Yes, No]}\nsender: abc"),
    ],
)
def test_it_fits(tmp_path: Path, provider: str, channel: str, rest: str) -> None:
    assert found(tmp_path, provider, channel, rest) == []


def test_an_agent_may_be_told_to_write_outside_the_window(tmp_path: Path) -> None:
    text = (
        "name: x\nchannel: whatsapp\nprovider: {name: writer, outside_window: send}\n"
        "sender: '+15551234567'\nrecipients: p.csv\n"
    )
    assert problems_of(text, tmp_path) == []


def test_a_time_that_has_passed_can_be_allowed(tmp_path: Path) -> None:
    text = (
        f"name: x\nchannel: phone\n{HEADS['writer']}"
        "message: {schedule_at: 2020-01-01T00:00:00Z}\nrecipients: p.csv\n"
    )
    assert problems_of(text, tmp_path) == ["5:24 `message.schedule_at` is in the past"]
    assert load_text(text, tmp_path, past_ok=True).definition.message is not None


@pytest.mark.parametrize(
    ("provider", "channel", "sender", "expected"),
    [
        (
            "acme", "sms", "15551234567",
            ('4:9 Acme sends from a number in international form, in quotes (did you mean '
            '"+15551234567"?)'),
        ),
        (
            "acme", "sms", "'+1 (555) 123-4567'",
            ('4:9 Acme sends from a number in international form, in quotes (did you mean '
            '"+15551234567"?)'),
        ),
        (
            "acme", "sms", "[ACME]",
            ("4:10 Acme sends from a number in international form, in quotes (write it like "
            '"+15551234567")'),
        ),
        (
            "writer", "email", "'+15551234567'",
            '4:9 Writer sends from an email address (did you mean "+15551234567"?)',
        ),
        (
            "tower", "whatsapp", "abc",
            "4:9 Tower sends from a channel id, which is a whole number",
        ),
        ("bird", "sms", "' a'", "4:9 Bird sends from an id without blanks at its ends"),
    ],
)  # fmt: skip
def test_a_sender_has_the_form_the_provider_knows(
    tmp_path: Path, provider: str, channel: str, sender: str, expected: str
) -> None:
    section = HEADS[provider].splitlines()[0]
    message = {
        "writer": "", "tower": "message: {template: {id: 1}}",
    }.get(provider, "message: hi")  # fmt: skip
    text = (
        f"name: x\nchannel: {channel}\n{section}\nsender: {sender}\nrecipients: p.csv\n{message}\n"
    )
    assert problems_of(text, tmp_path) == [expected]


def test_the_provider_has_the_last_word(tmp_path: Path) -> None:
    text = (
        "name: x\nchannel: whatsapp\n"
        "provider: {name: acme, agent: bob, api_key: '${KEY}', region: global}\n"
        f"sender: '+15551234567'\nrecipients: p.csv\nmessage: {{template: {{id: {SID}}}}}\n"
    )
    assert problems_of(text, tmp_path) == ["3:63 WhatsApp is only offered in the US (use us)"]
