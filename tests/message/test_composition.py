from __future__ import annotations

import polars as pl
import pytest

from campaign.definition.message import Message
from campaign.message.compiling import MessageError, compile_message
from campaign.message.composition import Composition

ROWS = pl.LazyFrame(
    {
        "first_name": ["Ana", None, "Cem", None],
        "plan": ["Basic", "Family", None, None],
        "due": ["1 May", "2 May", "3 May", "4 May"],
    },
    schema=dict.fromkeys(("first_name", "plan", "due"), pl.String),
)


def _composition(**message: object) -> Composition:
    return compile_message(Message.model_validate(message))


EVERYTHING = _composition(
    text="Hi {{ first_name }}",
    template={"id": "T", "variables": {"1": "{{ plan }}", "2": "{{ due }}"}},
    variables={"tier": "{{ plan | default('none') }}"},
)


def test_each_text_becomes_a_column_and_each_form_knows_what_it_lacks() -> None:
    found = EVERYTHING.render(ROWS).collect()
    assert found.select(pl.exclude(ROWS.collect_schema().names())).to_dict(as_series=False) == {
        "message:text": ["Hi Ana", None, "Hi Cem", None],
        "template:1": ["Basic", "Family", None, None],
        "template:2": ["1 May", "2 May", "3 May", "4 May"],
        "variable:tier": ["Basic", "Family", "none", "none"],
        "missing:text": [None, "first_name", None, "first_name"],
        "failure:text": [None] * 4,
        "missing:template": [None, None, "plan", "plan"],
        "failure:template": [None] * 4,
        "missing:agent": [None] * 4,
        "failure:agent": [None] * 4,
    }


def test_the_columns_of_the_list_stay_as_they_are() -> None:
    found = EVERYTHING.render(ROWS).collect()
    assert found.select("first_name", "plan", "due").equals(ROWS.collect())


def test_a_blank_custom_variable_counts_for_every_form() -> None:
    found = _composition(text="Hi", variables={"tier": "{{ plan }}"}).render(ROWS).collect()
    for form in ("text", "template", "agent"):
        assert found[f"missing:{form}"].to_list() == [None, None, "plan", "plan"]


def test_a_failure_is_told_with_the_form_that_it_belongs_to() -> None:
    found = _composition(text="{{ due | round }}", template={"id": "T"}).render(ROWS).collect()
    assert all(found["failure:text"].str.contains("Error"))
    assert found["failure:template"].null_count() == 4


def test_without_a_message_there_is_nothing_to_say_and_nothing_missing() -> None:
    nothing = compile_message(None)
    found = nothing.render(ROWS).collect()
    assert found["message:text"].to_list() == [None] * 4
    assert found.select("^(missing|failure):.*$").null_count().sum_horizontal().item() == 24
    assert nothing.template is None
    assert nothing.names() == []


def test_a_template_without_variables_is_not_no_template() -> None:
    assert _composition(template={"id": "T"}).template == {}


def test_the_names_and_columns_are_those_of_all_texts() -> None:
    assert EVERYTHING.names() == ["message:text", "template:1", "template:2", "variable:tier"]
    assert EVERYTHING.columns == {"first_name", "plan", "due"}
    assert [place for place, _ in EVERYTHING.texts()] == [
        ("text",),
        ("template", "variables", "1"),
        ("template", "variables", "2"),
        ("variables", "tier"),
    ]


def test_every_text_that_is_wrong_is_told_at_once_each_with_its_place() -> None:
    with pytest.raises(MessageError) as caught:
        _composition(
            text="{{ a",
            template={"id": "T", "variables": {"1": "{{ b }}", "2": "\n{{ c | uper }}"}},
            variables={"x": "{% if %}"},
        )
    assert [(place, error.line) for place, error in caught.value.errors] == [
        (("text",), 1),
        (("template", "variables", "2"), 2),
        (("variables", "x"), 1),
    ]
    assert "did you mean 'upper'" in str(caught.value)
