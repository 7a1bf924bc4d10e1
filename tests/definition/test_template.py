"""Templates: what Meta and the providers ask of them, told before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.definition.load import load
from campaign.definition.placeholders import fixed_length, pieces, placeholders
from campaign.errors import InvalidInput
from campaign.providers import registry

from .fakes import load_text, problems_of

SID = "HX0123456789abcdef0123456789abcdef"
ACME = (
    "name: x\nchannel: whatsapp\n"
    "provider: {name: acme, agent: bob, api_key: '${KEY}'}\nsender: '+15551234567'\n"
    "recipients: p.csv\nmessage:\n  template:\n"
    f"    id: {SID}\n"
)
TOWER = (
    "name: x\nchannel: whatsapp\nprovider: {name: tower}\nsender: 17\n"
    "recipients: p.csv\nmessage:\n  template:\n    id: 3\n"
)
# The template's own lines start at line 9.
ITEM = "`recipients.blocked_prefixes`, item 1"
PLACEHOLDERS = (
    "write the text as the vendor approved it; which column fills a placeholder stands in"
)
BRACES = (
    "has braces that are no placeholder: those are written {{1}}, or {{name}} in lower-case "
    f"letters, digits and underscores ({PLACEHOLDERS} `variables`)"
)

REFUSED = {
    "a template that is not approved": (
        ACME, "    status: paused\n",
        [("9:13 `message.template.status` must be approved: the vendor sends no template in any "
         "other state (wait until the vendor has approved it; or remove the line if you do not "
         "know)")],
    ),
    "a one-time password to many": (
        ACME, "    category: authentication\n",
        [("9:15 `message.template.category` cannot be authentication: such a template carries a "
         "one-time password for one person, and not a message to many (use a utility or marketing "
         "template)")],
    ),
    "a language with a dash": (
        ACME, "    language: pt-br\n",
        [("9:15 `message.template.language` is not written as a template's language code, such as "
         "en or pt_BR (did you mean pt_BR?)")],
    ),
    "a language that is a word": (
        ACME, "    language: English\n",
        [("9:15 `message.template.language` is not written as a template's language code, such as "
         "en or pt_BR")],
    ),
    "a placeholder of the body without a value": (
        ACME, '    body: "Hi {{1}}, {{2}}"\n    variables: {1: a}\n',
        [("10:16 the placeholder {{2}} has no value (add 2: \"...\" to variables; nothing may be "
         "left out)")],
    ),
    "a placeholder of the header without a value": (
        ACME, '    header: "Hi {{1}}"\n',
        [('8:5 the placeholder {{1}} has no value (add 1: "..." to variables; nothing may be left '
         "out)")],
    ),
    "a value without a placeholder": (
        ACME, '    body: "Hi {{1}}"\n    variables:\n      1: a\n      2: b\n',
        ["12:10 the template has no placeholder {{2}} (it has {{1}})"],
    ),
    "a value for a body without placeholders": (
        ACME, '    body: Hi\n    variables: [a]\n',
        ["10:16 the template has no placeholder {{1}} (it has none)"],
    ),
    "a body whose numbers have a gap": (
        ACME, '    body: "{{1}} and {{3}}"\n    variables: {1: a, 3: b}\n',
        [("9:11 placeholders are numbered from 1 without gaps; 2 is missing (write the text as the "
         "vendor approved it)")],
    ),
    "names among numbers": (
        TOWER, "    variables: {1: a, 2: b, name: c}\n",
        [("9:35 the placeholders of this template are numbered, and 'name' is not a number "
         "(number them from 1, or write parameters: named)")],
    ),
    "numbers among names": (
        TOWER, "    parameters: named\n    variables: {1: a, name: c}\n",
        [("10:20 the placeholders of this template are named, and '1' is not a name (write names "
         "in lower-case letters, digits and underscores)")],
    ),
    "a body that has names where the variables have numbers": (
        TOWER, '    body: "Hi {{name}}, {{1}}"\n    variables: {1: a}\n',
        [("9:11 the placeholders of this template are numbered, and {{name}} has not a number (a "
         "template has numbers or names, not both)")],
    ),
    "a name in capitals": (
        TOWER, "    variables: {firstName: a}\n",
        [("9:28 the placeholders of this template are named, and 'firstName' is not a name (write "
         "names in lower-case letters, digits and underscores)")],
    ),
    "names at a provider that counts": (
        ACME, "    parameters: named\n    variables: {name: a}\n",
        [("9:17 Acme takes the values of placeholders by number, not by name (write parameters: "
         "numbered, or remove the line)")],
    ),
    "a column in the body": (
        ACME, '    body: "Hi {{ First Name }}"\n',
        [f"9:11 `message.template.body` {BRACES}"],
    ),
    "a placeholder that is not closed": (
        ACME, '    body: "Hi {{1}, {{2}}"\n',
        [f"9:11 `message.template.body` {BRACES}"],
    ),
    "a body that is too long without any value": (
        ACME, f'    body: "{"x" * 1025}"\n',
        [("9:11 `message.template.body` has 1,025 characters without its placeholders, and 1,024 "
         "are the most")],
    ),
    "a header that is too long": (
        ACME, f'    header: "{"x" * 61}"\n',
        [("9:13 `message.template.header` has 61 characters without its placeholders, and 60 are "
         "the most")],
    ),
    "a header with two placeholders": (
        ACME, '    header: "{{1}} and {{2}}"\n    variables: [a, b]\n',
        [("9:13 `message.template.header` may have one placeholder at most (write it as the vendor "
         "approved it)")],
    ),
    "a footer with a placeholder": (
        ACME, '    footer: "{{1}}"\n    variables: [a]\n',
        [("9:13 `message.template.footer` may have no placeholder (write it as the vendor approved "
         "it)")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("start", "rest", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_sent_is_told_at_its_place(
    tmp_path: Path, start: str, rest: str, expected: list[str]
) -> None:
    assert problems_of(start + rest, tmp_path) == expected


@pytest.mark.parametrize(
    ("start", "rest"),
    [
        (ACME, "    status: approved\n"),
        (ACME, "    status: APPROVED\n"),
        (ACME, "    language: fil\n"),
        (ACME, '    body: "Hi {{1}}, {{2}} and {{ 1 }}"\n    variables: [a, b]\n'),
        (ACME, '    header: "{{1}}"\n    body: "It is {{2}}."\n    variables: [a, b]\n'),
        (ACME, '    header: "{{1}}"\n    variables: [a, b]\n'),  # the body is not known
        (ACME, "    parameters: numbered\n    variables: [a]\n"),
        (ACME, f'    body: "{"x" * 1024}{{{{1}}}}"\n    variables: [a]\n'),
        (ACME, f'    footer: "{"x" * 60}"\n'),
        (TOWER, '    body: "Hi {{first_name}}"\n    variables: {first_name: a}\n'),
        (TOWER, "    parameters: named\n    variables: {name_2: a}\n"),
        (TOWER, '    body: "Hi {{1}}"\n    variables: {1: a}\n'),
    ],
)
def test_what_fits_is_accepted(tmp_path: Path, start: str, rest: str) -> None:
    assert problems_of(start + rest, tmp_path) == []


def test_a_provider_takes_only_so_many_variables(tmp_path: Path) -> None:
    assert _synthflow(tmp_path, {str(number): "a" for number in range(1, 101)}) == []
    (found,) = _synthflow(tmp_path, {str(number): "a" for number in range(1, 102)})
    assert found.endswith("Synthflow takes 100 variables at most, and these are 101")


def test_a_provider_takes_only_names_that_are_so_long(tmp_path: Path) -> None:
    text = TOWER.replace("tower", "zild, bot_id: 1, sandbox: true")
    assert _real(tmp_path, text + f"    variables: {{{'n' * 16}: a}}\n") == []
    (found,) = _real(tmp_path, text + f"    variables: {{{'n' * 17}: a}}\n")
    assert found.endswith("Zild takes names of 16 characters at most")


def _synthflow(folder: Path, variables: dict[str, str]) -> list[str]:
    text = ACME.replace(
        "acme, agent: bob, api_key: '${KEY}'",
        "synthflow, sandbox: true, agent_id: 2a886b7d-d52d-4f8b-8ea0-19d3edc79214",
    )
    written = "".join(f"      {name}: {value}\n" for name, value in variables.items())
    return _real(folder, f"{text}    variables:\n{written}")


def _real(folder: Path, text: str) -> list[str]:
    path = folder / "c.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        load(path, registry.find, registry.names())
    except InvalidInput as error:
        return [f"{problem.line} {problem.message}" for problem in error.problems]
    return []


def test_whether_it_is_approved_yet_is_no_change_of_the_campaign(tmp_path: Path) -> None:
    before = load_text(ACME, tmp_path)
    assert load_text(f"{ACME}    status: approved\n", tmp_path).fingerprint == before.fingerprint
    other = load_text(f"{ACME}    body: Hi\n", tmp_path)
    assert other.fingerprint != before.fingerprint  # who gets it: a body may be too long


def test_line_breaks_at_the_end_of_a_value_are_dropped_as_in_a_text(tmp_path: Path) -> None:
    found = load_text(f"{ACME}    variables:\n      1: |\n        Hi\n", tmp_path)
    assert found.definition.message is not None
    assert found.definition.message.template is not None
    assert found.definition.message.template.variables == {"1": "Hi"}


@given(st.text(st.sampled_from("{}1a _\n"), max_size=20))
def test_the_pieces_of_a_text_are_the_text(text: str) -> None:
    found = list(pieces(text))
    assert "".join(piece.words for piece in found) == text
    assert fixed_length(text) == len(text) - sum(
        len(piece.words) for piece in found if piece.placeholder is not None
    )


def test_each_placeholder_is_named_once_in_the_order_they_come() -> None:
    assert placeholders("{{b}} {{ a }} {{b}}", None, "{{c}}") == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('"+53"', []),
        ('["+53", "+98935"]', []),
        ("+53", []),  # it is kept as it is written
        ("[53]", f"{ITEM} must be text that starts with a plus (put it in quotes: \"+53\")"),
        ('["53"]', f"{ITEM} must be a plus and digits, without blanks (write it like \"+53\")"),
        ('["+53 5"]', f"{ITEM} must be a plus and digits, without blanks (write it like \"+53\")"),
        ("[]", "`recipients.blocked_prefixes` must not be empty"),
    ],
)  # fmt: skip
def test_a_blocked_prefix_is_a_plus_and_digits(
    tmp_path: Path, written: str, expected: str | list[str]
) -> None:
    text = ACME.replace("p.csv", f"{{files: p.csv, blocked_prefixes: {written}}}")
    found = [problem.partition(" ")[2] for problem in problems_of(text, tmp_path)]
    assert found == ([expected] if expected else [])


def test_blocked_prefixes_decide_who_gets_it(tmp_path: Path) -> None:
    before = load_text(ACME, tmp_path)
    text = ACME.replace("p.csv", '{files: p.csv, blocked_prefixes: "+53"}')
    assert load_text(text, tmp_path).fingerprint != before.fingerprint
