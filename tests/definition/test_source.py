from __future__ import annotations

from pathlib import Path

import pytest

from campaign.definition.source import YamlSource
from campaign.errors import InvalidInput, Problem

HERE = Path("c.yaml")


def fault_of(text: str) -> Problem:
    with pytest.raises(InvalidInput) as caught:
        YamlSource.parse(text, HERE)
    (problem,) = caught.value.problems
    return problem


def test_text_stays_as_it_was_written() -> None:
    source = YamlSource.parse(
        "a: NO\nb: +15551234567\nc: 007\nd: 9.90\ne: yes\nf: 2026-12-01T09:00:00\ng: 1_000\n"
        "h: 0x1F\ni: 12:30\nj: 1e3\nk: 123456789012345678901234567890\n",
        HERE,
    )
    assert list(source.data.values()) == [
        "NO", "+15551234567", "007", "9.90", "yes", "2026-12-01T09:00:00", "1_000",
        "0x1F", "12:30", "1e3", "123456789012345678901234567890",
    ]  # fmt: skip


def test_plain_numbers_booleans_and_null_are_read() -> None:
    source = YamlSource.parse("a: 15\nb: 1.5\nc: true\nd: ~\n1: -3\n", HERE)
    assert source.data == {"a": 15, "b": 1.5, "c": True, "d": None, "1": -3}


def test_norway_survives_even_an_old_yaml_directive() -> None:
    assert YamlSource.parse("%YAML 1.1\n---\na: NO\n", HERE).data == {"a": "NO"}


def test_anchors_and_merge_keys_work_and_keep_the_place_where_they_are_written() -> None:
    source = YamlSource.parse("base: &b\n  x: 1\n  y: 2\nuse:\n  <<: *b\n  y: 3\n", HERE)
    assert source.data["use"] == {"y": 3, "x": 1}
    assert source.problem(("use", "x"), "m").line == 2
    assert source.problem(("use", "y"), "m").line == 6


def test_the_first_of_several_merged_mappings_wins() -> None:
    source = YamlSource.parse("a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b]}\n", HERE)
    assert source.data["c"] == {"x": 1, "y": 2}


def test_a_value_that_contains_itself_is_refused() -> None:
    source = YamlSource.parse("a: &a [*a]\n", HERE)
    assert [p.message for p in source.problems] == [
        "this alias refers to a value that it is part of"
    ]


def test_an_alias_bomb_ends_early() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    (problem,) = YamlSource.parse("\n".join(lines), HERE).problems
    assert problem.message == "the definition holds more than 20000 values"


def test_a_key_written_twice_names_both_lines() -> None:
    (problem,) = YamlSource.parse("name: a\nchannel: sms\nname: b\n", HERE).problems
    assert str(problem) == (
        "c.yaml:3:1: `name` is written twice: on line 1 and on line 3\n"
        "      3 | name: b\n"
        "        | ^\n"
        "        = keep one of them"
    )


def test_an_empty_value_is_a_mistake_and_not_a_null() -> None:
    (problem,) = YamlSource.parse("suppress:\n  # - optouts.csv\nname: x\n", HERE).problems
    assert (problem.line, problem.message) == (1, "`suppress` has no value")


def test_text_lost_behind_a_hash_is_explained() -> None:
    (problem,) = YamlSource.parse("message: #1 deal\n", HERE).problems
    assert problem.hint == (
        "give it a value, or remove the line; "
        "text after # is a comment, put it in quotes to keep it"
    )


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a:\n\tb: 1", 2, 1, "a tab cannot be used here"),
        ("name:spring\nchannel: sms", 1, 5, "a space is missing after the colon"),
        ("name:spring", 1, 5, "a space is missing after the colon"),
        ("m: {{ x }}, hi", 1, 4, "a text that starts with {{ must be in quotes"),
        ("m:\n  - {{ x }} hi", 2, 5, "a text that starts with {{ must be in quotes"),
        ("m: @x", 1, 4, "a text that starts with @ must be in quotes"),
        ("run: %Y", 1, 6, "a text that starts with % must be in quotes"),
        ("m: `x`", 1, 4, "a text that starts with ` must be in quotes"),
        ("m: *bold*", 1, 4, "a text that starts with * must be in quotes"),
        ("m: Hi there: you", 1, 12, "a text with a colon and a space must be in quotes"),
        ('m: "abc\nb: 1', 1, 4, "this quote is never closed"),
        ("a: 'it's'", 1, 8, "there is text after the closing quote"),
        ('a: "\\d"', 1, 6, "this backslash means nothing in double quotes"),
        ("a: [1, 2\nb: 3", 1, 4, "the list that starts here is never closed"),
        ("a: {b: 1\nc: 2", 1, 4, "the mapping that starts here is never closed"),
        ("a: - b", 1, 4, "a list with - cannot start on this line"),
        ("a: 1\n  b: 2", 2, 4, "this line is indented further than it should be"),
        ("a:\n  - x\n y: 3", 3, 2, "this line is not indented like the lines around it"),
        ("a: 1\n---\nb: 2", 2, 1, "a file holds only one definition"),
        ("a: '\x07'", 1, 5, "holds a control character that is not allowed in YAML"),
        ("- a", 1, 1, "a definition is a mapping of keys to values"),
        ("# nothing", 1, 1, "the definition is empty"),
        ("", 1, 1, "the definition is empty"),
    ],
)
def test_syntax_errors_are_sentences(text: str, line: int, column: int, message: str) -> None:
    problem = fault_of(text)
    assert (problem.line, problem.column, problem.message) == (line, column, message)


def test_braces_that_happen_to_be_yaml_are_noticed() -> None:
    source = YamlSource.parse("message: {{ first_name }}\n", HERE)
    assert [p.message for p in source.problems] == [
        "a text that starts with { or [ must be in quotes"
    ]
    assert source.broken == {("message",)}


def test_an_emoji_copied_from_json_is_put_together() -> None:
    source = YamlSource.parse('a: "\\ud83d\\ude00 hi"\n', HERE)
    assert source.data == {"a": "\U0001f600 hi"}
    (problem,) = YamlSource.parse('a: "\\ud83d"\n', HERE).problems
    assert problem.message == "this text holds half of a character"


def test_tags_are_refused_but_the_plain_ones_work() -> None:
    assert YamlSource.parse("a: !!str 3\n", HERE).data == {"a": "3"}
    for text in ("a: !secret 3", "a: !!set {x}", "a: !list [x]"):
        (problem,) = YamlSource.parse(text, HERE).problems
        assert problem.message == "YAML tags such as !name are not supported"


def test_deep_nesting_is_an_error_and_no_crash() -> None:
    assert fault_of("a: " + "[" * 5000).message == "is nested too deeply"


@pytest.mark.parametrize(
    ("raw", "line", "message"),
    [
        (b"\xff\xfea\x00", None, "is saved as UTF-16"),
        (
            b"name: x\nmessage: Gr\xfc\xdfe\n",
            2,
            "is not saved as UTF-8: this line holds a character in another encoding",
        ),
    ],
)
def test_other_encodings_are_refused(
    tmp_path: Path, raw: bytes, line: int | None, message: str
) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(raw)
    with pytest.raises(InvalidInput) as caught:
        YamlSource.read(path)
    (problem,) = caught.value.problems
    assert (problem.line, problem.message) == (line, message)


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: x\r\nchannel: sms\r\n")
    source = YamlSource.read(path)
    assert source.data == {"name": "x", "channel": "sms"}
    assert source.problem(("channel",), "m").snippet == "channel: sms"


def test_a_missing_file_and_a_folder_are_said_plainly(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path / "no.yaml", "there is no such file"),
        (tmp_path, "is a folder, not a definition"),
    ):
        with pytest.raises(InvalidInput, match=message):
            YamlSource.read(path)


@pytest.mark.parametrize(
    "text",
    [
        "api_key: @sk-live-1",
        "x: {api_key: sk-live-1, b: ]",
        "provider:\n  api_key:sk-live-1\n  b: 1",
        "x: {token: ${OK}, secret: 'sk-live-1', b: ]",
        '"password" : "sk-live-1',
    ],
)
def test_a_secret_in_a_broken_file_is_not_shown(text: str) -> None:
    assert "sk-live" not in str(fault_of(text))


def test_hidden_values_are_masked_on_every_line_they_cover() -> None:
    source = YamlSource.parse("p:\n  odd: |\n    line one\n    line two\n  b: 1 # c\n", HERE)
    hidden = source.hiding([("p", "odd"), ("p", "b")])
    assert [hidden.snippet(n) for n in range(1, 6)] == [
        "p:", "  odd: ***", "***", "***", "  b: ***"
    ]  # fmt: skip
    assert "line one" not in repr(hidden)


def test_an_unknown_path_falls_back_to_what_is_written_around_it() -> None:
    source = YamlSource.parse("name: x\nrecipients: [a.csv, b.csv]\n", HERE)
    assert source.known(("recipients", "files", 1)) == ("recipients", 1)
    assert source.known(("window", "name")) == ()
    assert source.problem(("window", "column"), "m") == Problem("m", file=HERE, line=1)
