"""The plan of a split test: who gets which message, and what each of them is judged by."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.ledger.records import State
from campaign.message.composition import TEXT
from campaign.plan.frozen import Plan
from campaign.plan.variants import drawn
from tests.plan.planned import LIST, SMS, WHATSAPP, plan_of, refusal, row, verdicts
from tests.plan.replanned import HEADER as KEYED_HEADER
from tests.plan.replanned import KEYED, Story, rows_by_key, todos
from tests.run.lists import number

HEADER = ("Phone", "First Name", "Plan", "Last Inbound")
BARE = SMS.replace('message: "Hi {{ first_name }}"\n', "")
HI_OR_HELLO = "variants: {a: 'Hi {{ first_name }}', b: 'Hello, about {{ plan }}'}\n"


def variant_of(identity: str, *ends: float) -> int:
    """The formula of the documents, once more; ``ends`` are where each share ends, of 1."""
    drew = int(sha256(f"variant:spring:{identity}".encode()).hexdigest()[:8], 16)
    return next(place for place, end in enumerate(ends) if drew < end * 2**32)


def people(count: int) -> list[tuple[str, ...]]:
    return [(number(n), f"N{n}", "Plus", "") for n in range(count)]


def variants_of(plan: Plan) -> list[str | None]:
    return plan.rows().collect()["variant"].to_list()


def test_everybody_has_the_variant_of_the_documented_formula_and_its_text(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, BARE + LIST + HI_OR_HELLO, HEADER, *people(40))
    expected = ["ab"[variant_of(number(n), 0.5, 1)] for n in range(40)]
    # printf 'variant:spring:+12022000000' | sha256sum  begins with 8a62e740, which is above half.
    assert expected[:8] == ["b", "b", "b", "a", "b", "b", "a", "b"]
    assert variants_of(plan) == expected
    texts = plan.rows().collect()[TEXT].to_list()
    assert texts == [
        f"Hi N{n}" if variant == "a" else "Hello, about Plus" for n, variant in enumerate(expected)
    ]


def test_shares_decide_how_many_and_an_open_share_is_what_is_left(tmp_path: Path) -> None:
    line = "variants: {a: {share: 20%, text: A}, b: {text: B}, c: {share: 50%, text: C}}\n"
    plan = plan_of(tmp_path, BARE + LIST + line, HEADER, *people(200))
    expected = ["abc"[variant_of(number(n), 0.2, 0.5, 1)] for n in range(200)]
    assert variants_of(plan) == expected
    assert plan.rows().collect()[TEXT].to_list() == [name.upper() for name in expected]


@pytest.mark.parametrize("shares", [[50.0, 50.0], [10.0, 90.0], [100 / 3] * 3, [0.5, 99.5]])
def test_the_shares_hold_within_what_chance_allows(shares: list[float]) -> None:
    identities = pl.Series([number(n) for n in range(50_000)])
    named = {str(place): share for place, share in enumerate(shares)}
    found = pl.select(drawn("spring", named, pl.lit(identities)).alias("v")).to_series()
    observed = dict(found.value_counts().rows())
    chi = sum((observed[name] - 500 * share) ** 2 / (500 * share) for name, share in named.items())
    # Two degrees of freedom at most; chance alone is above 13.8 once in a thousand lists.
    assert chi < 13.8


@given(st.lists(st.floats(0.01, 100), min_size=2, max_size=6))
def test_nobody_is_without_a_variant_however_the_shares_are_rounded(weights: list[float]) -> None:
    shares = {str(n): 100 * weight / sum(weights) for n, weight in enumerate(weights)}
    identities = pl.lit(pl.Series([f"person-{n}" for n in range(50)]))
    assert pl.select(drawn("x", shares, identities).alias("v")).to_series().null_count() == 0


FREE = ("text: 'Hi {{ first_name }}'", "text: '{{ plan }} for you'")
TEMPLATES = (
    "text: 'Hi {{ first_name }}', template: {id: HX%s, variables: {1: '{{ plan }}'}}" % ("0" * 32),
    "template: {id: HX%s, variables: {2: x, 1: '{{ first_name }}'}}" % ("1" * 32),
)


def test_the_last_variant_takes_all_that_the_others_leave() -> None:
    identities = pl.lit(pl.Series([number(n) for n in range(100)]))
    found = pl.select(drawn("spring", {"a": 1.0, "b": 1.0}, identities).alias("v")).to_series()
    expected = ["ab"[variant_of(number(n), 0.01, 1)] for n in range(100)]
    assert found.to_list() == expected


@pytest.mark.parametrize(("whole", "messages"), [(SMS, FREE), (WHATSAPP, TEMPLATES)])
def test_each_variants_rows_are_what_a_campaign_with_that_message_alone_would_have(
    tmp_path: Path, whole: str, messages: tuple[str, str]
) -> None:
    head = whole.partition("message:")[0] + LIST
    window = "window: {column: last_inbound}\n" if whole is WHATSAPP else ""
    just_now = datetime.now(UTC).isoformat()
    rows = [
        *people(20),
        *((number(n), "", "Plus", just_now) for n in range(20, 30)),
        *((number(n), "Bo", "", "2020-01-01T00:00Z") for n in range(30, 40)),
        *((number(n), "Bo", "", just_now) for n in range(40, 50)),
        ("nobody", "Cem", "Plus", ""),
        (number(0), "Ana", "Plus", ""),
    ]
    split = f"{head}{window}variants: {{a: {{{messages[0]}}}, b: {{message: {{{messages[1]}}}}}}}\n"
    expected = {}
    for name, message in zip("ab", messages, strict=True):
        alone = plan_of(tmp_path, f"{head}{window}message: {{{message}}}\n", HEADER, *rows)
        expected[name] = alone.rows().collect().to_dicts()
    found = plan_of(tmp_path, split, HEADER, *rows).rows().collect().to_dicts()
    assert {one["variant"] for one in found} == {"a", "b", None}
    for one in found:
        twin = expected[one["variant"] or "a"][one["number"]]
        assert {name: one[name] for name in twin} == twin | {"variant": one["variant"]}


def test_a_gap_in_one_message_refuses_nobody_who_gets_another(tmp_path: Path) -> None:
    rows = [(number(n), "Ana", "", "") for n in range(20)]  # the plan is blank, which b needs
    plan = plan_of(tmp_path, BARE + LIST + HI_OR_HELLO, HEADER, *rows)
    assert verdicts(plan) == [
        "send" if variant == "a" else "missing_variable" for variant in variants_of(plan)
    ]
    assert {"send", "missing_variable"} == set(verdicts(plan))


def test_rows_stay_in_the_order_of_the_list_and_who_has_no_address_has_no_variant(
    tmp_path: Path,
) -> None:
    rows = [*people(5), ("", "", "", ""), ("hello", "Ana", "Plus", ""), *people(9)[5:]]
    plan = plan_of(tmp_path, BARE + LIST + HI_OR_HELLO, HEADER, *rows)
    assert plan.rows().collect()["row"].to_list() == list(range(2, 13))
    assert verdicts(plan)[5:7] == ["empty_row", "number_with_letters"]
    assert [n for n, name in enumerate(variants_of(plan)) if name is None] == [5, 6]


def test_a_column_of_the_list_that_is_called_variant_is_not_ours(tmp_path: Path) -> None:
    header = ("Phone", "Variant")
    line = "variants: {a: 'A {{ variant }}', b: 'B {{ variant }}'}\n"
    plan = plan_of(tmp_path, BARE + LIST + line, header, (number(3), "red"), (number(0), "blue"))
    assert plan.rows().collect()[TEXT].to_list() == ["A red", "B blue"]
    assert row(plan, 0)["in:variant"] == "red"


def test_a_variant_without_a_message_of_its_own_sends_the_campaigns(tmp_path: Path) -> None:
    line = "variants: {a: {share: 50%}, b: {share: 50%, text: Hello}}\n"
    plan = plan_of(tmp_path, SMS + LIST + line, HEADER, *people(8))
    assert plan.rows().collect()[TEXT].to_list() == [
        f"Hi N{n}" if name == "a" else "Hello" for n, name in enumerate(variants_of(plan))
    ]


def test_the_holdout_takes_as_much_from_each_variant(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, f"{BARE}{LIST}{HI_OR_HELLO}holdout: 30%\n", HEADER, *people(2_000))
    counts = (
        plan.rows()
        .group_by("variant")
        .agg(pl.col("reason").eq_missing(pl.lit("holdout")).mean())
        .collect()
    )
    assert {name: round(share, 1) for name, share in counts.iter_rows()} == {"a": 0.3, "b": 0.3}


SID = "HX00000000000000000000000000000000"


def test_each_recipient_has_the_values_of_its_own_template_in_its_own_order(tmp_path: Path) -> None:
    line = (
        f"variants:\n  a: {{template: {{id: {SID}, variables: {{1: '{{{{ plan }}}}'}}}}}}\n"
        f"  b: {{template: {{id: {SID}, variables: "
        "{2: '{{ plan }}', 1: '{{ first_name }}', 3: x}}}\n"
    )
    head = WHATSAPP.partition("message:")[0]
    plan = plan_of(tmp_path, head + LIST + line, HEADER, *people(12))
    for todo in todos(plan):
        assert todo.template is not None
        if todo.variant == "a":
            assert list(todo.template.items()) == [("1", "Plus")]
        else:
            name = f"N{todo.number}"
            assert list(todo.template.items()) == [("2", "Plus"), ("1", name), ("3", "x")]


def test_a_column_that_a_variant_needs_is_told_at_that_variant_once(tmp_path: Path) -> None:
    lines = "variants:\n  a: 'Hi {{ nick }}'\n  b:\n    text: 'Hello {{ surname }}'\n"
    lines += "consent: agreed\n"
    found = refusal(tmp_path, BARE + LIST + lines, HEADER, *people(2))
    assert [(problem.line, problem.message.partition(",")[0]) for problem in found] == [
        (11, 'the list has no column "agreed"'),
        (8, 'the list has no column "nick"'),
        (10, 'the list has no column "surname"'),
    ]


def test_texts_that_cannot_be_read_are_all_told_where_they_stand(tmp_path: Path) -> None:
    lines = "variants:\n  a: 'Hi {{ nick'\n  b: {text: '{{ x | uper }}'}\n"
    found = refusal(tmp_path, BARE + LIST + lines, HEADER, *people(2))
    assert [(problem.line, problem.column) for problem in found] == [(8, 6), (9, 13)]


def test_a_plan_without_variants_says_so(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SMS + LIST, HEADER, *people(2))
    assert variants_of(plan) == [None, None]
    assert plan.variants == {}
    assert [todo.variant for todo in todos(plan)] == [None, None]


KEYED_SPLIT = KEYED.replace('message: "Hi {{ first_name }}"\n', "") + "variants: {a: %s, b: B}\n"


def test_a_new_plan_leaves_everybody_in_their_variant(tmp_path: Path) -> None:
    story = Story(tmp_path)
    rows = [(f"C{n}", number(n), "Ana") for n in range(12)]
    old = story.plan(*rows, definition=KEYED_SPLIT % "A")
    before = rows_by_key(old)
    sent = ("C0", "C3", "C6")
    story.bring(old, dict.fromkeys(sent, State.ACCEPTED))
    new = story.plan(
        ("X", number(50), "Bo"), *reversed(rows), definition=KEYED_SPLIT % "AA", replan=True
    )
    after = rows_by_key(new)
    for key, was in before.items():
        assert after[key]["variant"] == was["variant"]
        corrected = {"A": "AA", "B": "B"}[was[TEXT]]
        assert after[key][TEXT] == (was[TEXT] if key in sent else corrected)
    assert after["X"]["variant"] in ("a", "b")
    assert new.variants == {"a": [TEXT], "b": [TEXT]}
    left = story.left(new)
    assert {todo.key for todo in left} == after.keys() - set(sent)
    assert all(todo.variant == after[todo.key]["variant"] for todo in left)


def test_a_run_that_began_without_variants_can_go_on_with_them(tmp_path: Path) -> None:
    story = Story(tmp_path)
    rows = [(f"C{n}", number(n), "Ana") for n in range(6)]
    old = story.plan(*rows)
    story.bring(old, {"C0": State.ACCEPTED})
    new = story.plan(*rows, definition=KEYED_SPLIT % "A", replan=True)
    assert [(todo.key, todo.variant, todo.text) for todo in story.left(new)] == [
        (f"C{n}", "ab"[variant_of(number(n), 0.5, 1)], "AB"[variant_of(number(n), 0.5, 1)])
        for n in range(1, 6)
    ]
    assert rows_by_key(new)["C0"]["variant"] is None
    back = story.plan(*rows, header=KEYED_HEADER, replan=True)
    assert [(todo.key, todo.variant, todo.text) for todo in story.left(back)] == [
        (f"C{n}", None, "Hi Ana") for n in range(1, 6)
    ]
