from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from campaign.message.template import Rendered, TextError, compile_text

COLUMNS = ("name", "plan", "straße", "range", "in_", "_2nd")
# Stock Jinja, set up on its own: what a template means is not ours to say.
JINJA = SandboxedEnvironment(keep_trailing_newline=True)
JINJA.globals.clear()  # a column may be called "range"

_ODD = st.sampled_from(
    [
        "{",
        "}",
        "%",
        "$",
        "'",
        '"',
        "\\",
        "\\n",
        "\n",
        "\r\n",
        "\t",
        " ",
        "&<>",
        "👩‍👧",
        "ß",
        "\u2028",
    ]
)
_WORDS = st.lists(st.text("abc .,!?äя", max_size=6) | _ODD, max_size=4).map("".join)
_NAMES = st.sampled_from(COLUMNS)
_DEFAULTS = st.text(st.characters(codec="utf-8", exclude_characters='"\\\r\n{}%#'), max_size=6)
_VARIABLES = st.builds("{{{{ {} }}}}".format, _NAMES) | st.builds(
    '{{{{- {}|{}("{}") -}}}}'.format, _NAMES, st.sampled_from(["default", "d"]), _DEFAULTS
)
_SOURCES = st.lists(_WORDS | _VARIABLES, max_size=6).map("".join)
_VALUES = st.none() | st.text(st.characters(codec="utf-8"), min_size=1, max_size=8) | _ODD
_ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, _VALUES)), min_size=1, max_size=5)


def _valid(source: str) -> bool:
    try:
        JINJA.parse(source)
    except TemplateSyntaxError:
        return False
    return True


def _over_columns(source: str, rows: Sequence[Mapping[str, str | None]]) -> list[Rendered]:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String)).lazy()
    found = frame.select(compile_text(source).expression().alias("it")).collect()["it"]
    # A text without variables is the same for everybody, and polars keeps it as one value.
    rendered = [Rendered(**row) for row in found]
    return rendered * len(rows) if len(rendered) == 1 else rendered


@given(_SOURCES.filter(_valid), _ROWS)
@settings(max_examples=400, deadline=None)
def test_over_whole_columns_a_text_is_what_jinja_makes_of_it(
    source: str, rows: list[dict[str, str | None]]
) -> None:
    text = compile_text(source)
    assert text._parts is not None
    template = JINJA.from_string(source)
    for row, found in zip(rows, _over_columns(source, rows), strict=True):
        known = {name: value for name, value in row.items() if value is not None}
        assert found == text.render(known)
        if found.missing is None:
            assert found.text == template.render(known)
        else:
            assert found.missing not in known


@given(_SOURCES.filter(_valid), _ROWS)
@settings(max_examples=100, deadline=None)
def test_row_by_row_gives_the_same_as_one_expression(
    source: str, rows: list[dict[str, str | None]]
) -> None:
    slow = "{% if true %}{% endif %}" + source
    assert compile_text(slow)._parts is None
    assert _over_columns(slow, rows) == _over_columns(source, rows)


@pytest.mark.parametrize(
    ("source", "values", "expected"),
    [
        ("Hi {{ name }}!", {"name": "Ana"}, "Hi Ana!"),
        ("Hi {{ name }}!", {"name": "<b>&"}, "Hi <b>&!"),  # it is no web page
        ("{% if name %}{{ name }}{% else %}you{% endif %}", {"name": "A & B"}, "A & B"),
        ("{{ name | upper }}", {"name": "ana"}, "ANA"),
        ("{{ '{{' }}{{ name }}{{ '}}' }}", {"name": "{{ x }}"}, "{{{{ x }}}}"),
        ("{# told to nobody #}Hi", {}, "Hi"),
        ("Hi\n", {}, "Hi\n"),
        ("", {}, ""),
        ("{{ name | default('there') }}", {}, "there"),
        ("{{ name | default('') }}", {}, ""),
        ("{{ name or 'there' }}", {}, "there"),
        ("{% if name %}x{% endif %}y", {}, "y"),
        ("{% if not name %}y{% endif %}", {}, "y"),
        ("{% if name == 'Ana' %}x{% else %}y{% endif %}", {}, "y"),
        ("{% if 'gold' in plan %}x{% else %}y{% endif %}", {}, "y"),
        ("{% if plan is defined %}x{% else %}y{% endif %}", {}, "y"),
        ("{% for tag in plan.split(',') %}[{{ tag }}]{% endfor %}", {"plan": "a,b"}, "[a][b]"),
        ("{{ range }}", {"range": "300 km"}, "300 km"),
        ("{% if range %}{{ range }}{% endif %}", {"range": "300 km"}, "300 km"),
        ("{% set who = name or 'you' %}{{ who }}", {}, "you"),
    ],
)
def test_both_ways_give_the_text(source: str, values: dict[str, str], expected: str) -> None:
    assert compile_text(source).render(values) == Rendered(text=expected)
    row = dict.fromkeys(COLUMNS) | values
    assert _over_columns(source, [row]) == [Rendered(text=expected)]


@pytest.mark.parametrize(
    "source",
    [
        "Hi {{ name }}",
        "Hi {{ name | upper }}",
        "{{ 'Hi ' ~ name }}",
        "{{ 'Hi ' + name }}",
        "{{ [name] }}",
        "{{ {'a': name} }}",
        "{{ [name] | join(', ') }}",
        "{{ name | pprint }}",
        "{{ '%s' | format(name) }}",
        "{{ '%r' | format(name) }}",
        "{{ '{}'.format(name) }}",
        "{{ name | length }}",
        "{{ name | list }}",
        "{{ name | int }}",
        "{{ name.upper() }}",
        "{{ name[0] }}",
        "{% for letter in name %}{{ letter }}{% endfor %}",
        "{% if plan %}{{ plan }}{% else %}{{ name }}{% endif %}",
        "{% set who = name %}Hi {{ who }}",
        "{% if name > '5' %}x{% endif %}",
    ],
)
def test_a_blank_never_becomes_nothing_in_a_text(source: str) -> None:
    assert compile_text(source).render({}) == Rendered(missing="name")
    assert _over_columns(source, [dict.fromkeys(COLUMNS)]) == [Rendered(missing="name")]


def test_the_first_blank_is_named() -> None:
    blank = dict.fromkeys(COLUMNS)
    assert _over_columns("{{ plan }} {{ name }} {{ plan }}", [blank]) == [Rendered(missing="plan")]
    known = blank | {"plan": "x"}
    assert _over_columns("{{ plan }} {{ name }}", [known]) == [Rendered(missing="name")]


def test_each_row_has_its_own_text_or_its_own_blank() -> None:
    rows = [dict.fromkeys(COLUMNS) | {"name": value} for value in ("Ana", None, "Bo")]
    for source in ("Hi {{ name }}", "{% if true %}Hi {{ name }}{% endif %}"):
        assert _over_columns(source, rows) == [
            Rendered(text="Hi Ana"),
            Rendered(missing="name"),
            Rendered(text="Hi Bo"),
        ]


@pytest.mark.parametrize(
    "source",
    [
        "{{ name.__class__ }}",
        "{{ name.__class__.__mro__[1].__subclasses__() }}",
        "{{ ''.__class__ }}",
        "{{ name['__class__'] }}",
        "{{ name | attr('__class__') }}",
        "{{ '{0.__class__}'.format(name) }}",
        "{{ name.format.__globals__ }}",
        "{{ name.encode().__reduce__() }}",
    ],
)
def test_the_sandbox_refuses_tricks_with_attributes(source: str) -> None:
    found = compile_text(source).render({"name": "Ana"})
    assert found.text is None
    assert found.missing is None
    assert found.failure
    assert "class '" not in found.failure


@pytest.mark.parametrize("name", ["range", "dict", "lipsum", "cycler", "joiner", "namespace"])
def test_every_name_is_a_column_and_none_is_jinjas_own(name: str) -> None:
    text = compile_text(f"{{{{ {name} }}}}")
    assert text.columns == (name,)
    assert text.render({}) == Rendered(missing=name)
    assert text.render({name: "a"}) == Rendered(text="a")


@pytest.mark.parametrize("source", ["{% include 'x' %}", "{% import 'x' as x %}{{ x.y }}"])
def test_no_file_is_read(source: str) -> None:
    found = compile_text(source).render({})
    assert found.text is None
    assert "loader" in (found.failure or "")


def test_a_mistake_that_only_a_row_shows_is_that_rows_failure() -> None:
    text = compile_text("{{ name | int(default=none) + 1 }}")
    assert text.render({"name": "5"}).text == "6"
    assert (text.render({"name": "x"}).failure or "").startswith("TypeError: ")


def test_the_columns_are_those_that_are_mentioned_not_those_that_are_set() -> None:
    source = "{% set x = a %}{% for y in b %}{{ y }}{{ x }}{% endfor %}{{ c | default('d') }}"
    assert compile_text(source).columns == ("a", "b", "c")
    assert compile_text("Hi").columns == ()


@pytest.mark.parametrize(
    ("source", "line", "sentence"),
    [
        (
            "Hi {{ x }} {{ name",
            1,
            "at '{{ name': {{ is not closed; write }} behind the column's name",
        ),
        ("Hi\n\n{{ name }", 3, "at '{{ name }': {{ is not closed; write }} behind"),
        ("a\n{% if x %}", 2, "the text cannot be read as a template: "),
        ("a\n{{ x | uper }}", 2, "there is no filter 'uper'; did you mean 'upper'?"),
        ("{{ x | zzzzz }}", 1, "there is no filter 'zzzzz'"),
        (
            "{{ First name }}",
            1,
            "at {{ First name }}; write {{ first_name }}: a blank in a column's",
        ),
        ("{{ a and b }} {{ Vor name | upper }}", 1, "write {{ vor_name }}: a blank"),
        ("{{ a and b }} {% if x %}", 1, "the text cannot be read as a template: Unexpected end"),
        ("a\nb {{ self }}", 2, "`self` is a word of the template language"),
        ("{{ x | default('\\ud83d\\ude00') }}", 1, "are halves of characters"),
        ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", 1, "nested too deeply"),
    ],
    ids=range(11),
)
def test_a_text_that_cannot_be_read_is_told_in_a_sentence_with_its_line(
    source: str, line: int, sentence: str
) -> None:
    with pytest.raises(TextError) as caught:
        compile_text(source)
    assert sentence in str(caught.value)
    assert caught.value.line == line


def test_an_empty_list_needs_no_row() -> None:
    for source in ("Hi {{ name }}", "{% if name %}x{% endif %}"):
        assert _over_columns(source, []) == []
