"""Consent, holdout and variants as a definition may write them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from campaign.definition.groups import YES

from .fakes import FIRST, load_text, problems_of
from .test_schema import errors

BARE = FIRST.replace('message: "Hi {{ first_name }}"\n', "")


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("consent: opted_in", "consent: {column: opted_in, values: [yes, y, true, 1]}"),
        ("consent: {column: c, values: ja}", "consent: {column: c, values: [ja]}"),
        ("holdout: 5%", "holdout: {share: 5.0%}"),
        ("variants: {a: A, b: B}", "variants: {a: {message: A}, b: {message: {text: B}}}"),
        (
            "variants: {a: {share: 20%, text: A}, b: B}",
            "variants: {a: {share: 20%, message: {text: A}}, b: {message: B}}",
        ),
    ],
)
def test_a_shorthand_means_the_same_as_its_full_form(tmp_path: Path, short: str, full: str) -> None:
    base = BARE if "variants" in short else FIRST
    one, other = (load_text(f"{base}{line}\n", tmp_path) for line in (short, full))
    assert one.definition.consent == other.definition.consent
    assert one.definition.holdout == other.definition.holdout
    said, meant = (
        [part.definition.message for part in it.variants().values()] for it in (one, other)
    )
    assert said == meant
    assert one.fingerprint == other.fingerprint
    assert errors(f"{base}{short}\n") == errors(f"{base}{full}\n") == []


def test_what_means_yes_is_text_however_it_is_written(tmp_path: Path) -> None:
    consent = load_text(f"{FIRST}consent: {{column: c, values: [true, 1, Ja]}}\n", tmp_path)
    assert consent.definition.consent is not None
    assert consent.definition.consent.values == ["true", "1", "Ja"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("consent: {values: [yes]}", "`consent.column` is missing"),
        ("consent: {column: c, values: []}", "`consent.values` must not be empty"),
        (
            "consent: {column: c, values: [[yes]]}",
            (
                "`consent.values`, item 1 must be what a cell holds when somebody agreed "
                "(for example: yes)"
            ),
        ),
        (
            "consent: {columm: c}",
            "`columm` is not a key of `consent` (did you mean 'column'?)",
        ),
        (
            "holdout: 5",
            "`holdout`: a share is a percentage above 0% and up to 100%: write 5%",
        ),
        ("holdout: 100%", "`holdout` leaves nobody to send to (write a share below 100%)"),
        ("holdout: {seed: x}", "`holdout.share` is missing"),
    ],
)
def test_a_mistake_is_told_at_its_line(tmp_path: Path, line: str, problem: str) -> None:
    found = problems_of(f"{FIRST}{line}\n", tmp_path)
    last = len(FIRST.splitlines()) + 1
    assert [told.partition(" ")[2] for told in found if problem in told] == [problem]
    assert all(told.startswith(f"{last}:") for told in found)


@pytest.mark.parametrize("line", ["consent: opted_in", "holdout: 5%", "variants: {a: {}, b: B}"])
def test_who_is_left_out_is_part_of_the_fingerprint(tmp_path: Path, line: str) -> None:
    base, other = load_text(FIRST, tmp_path), load_text(f"{FIRST}{line}\n", tmp_path)
    key = line.partition(":")[0]
    assert other.fingerprint != base.fingerprint
    assert other.fingerprint_parts.keys() - base.fingerprint_parts.keys() == {key}


def test_a_definition_without_them_keeps_the_fingerprint_that_it_had(tmp_path: Path) -> None:
    assert not load_text(FIRST, tmp_path).fingerprint_parts.keys() & {
        "consent", "holdout", "variants",
    }  # fmt: skip


def test_yes_is_documented_as_it_is() -> None:
    assert YES == ("yes", "y", "true", "1")


SPLITS = {
    "shares that lack something": (
        "{a: {share: 50%, text: A}, b: {share: 40%, text: B}}",
        [("`variants` has shares that come to 90%, not to 100% (a variant without a share gets "
         "what is left)")],
    ),
    "shares that are too much": (
        "{a: {share: 60%, text: A}, b: {share: 50%, text: B}}",
        [("`variants` has shares that come to 110%, not to 100% (a variant without a share gets "
         "what is left)")],
    ),
    "nothing left": (
        "{a: {share: 100%, text: A}, b: B}",
        ["`variants` leaves nothing for a variant without a share (lower the other shares)"],
    ),
    "one alone": (
        "{a: A}",
        ["`variants` has one variant alone (a split test compares two at least)"],
    ),
    "a bare number": (
        "{a: {share: 50, text: A}, b: B}",
        ["`variants.a.share`: a share is a percentage above 0% and up to 100%: write 50%"],
    ),
    "a name that is none": (
        "{1a: A, b: B}",
        ["the key `1a` may only hold letters, digits and underscores, and starts with no digit"],
    ),
    "a message twice": (
        "{a: {text: A, message: A}, b: B}",
        ["`variants.a` says its message twice (put all of it into `message`)"],
    ),
    "nothing to say": (
        "{a: {share: 50%}, b: B}",
        ["`message` is missing (give a text)"],
    ),
    "what the provider cannot send, in each variant": (
        "{a: {template: {id: 1}}, b: {message: {text: B, suggested_replies: [x]}}}",
        ["Acme takes no template on sms (use message.text)",
         "a template id is a Content SID: HX and 32 digits from 0 to 9 and a to f",
         "Acme takes no suggested_replies (remove it)"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SPLITS)
def test_a_split_that_cannot_be_made_is_told(tmp_path: Path, case: str) -> None:
    line, expected = SPLITS[case]
    found = problems_of(f"{BARE}variants: {line}\n", tmp_path)
    assert [told.partition(" ")[2] for told in found] == expected
    assert all(told.startswith("10:") for told in found)


def test_a_message_that_no_variant_sends_is_told(tmp_path: Path) -> None:
    (found,) = problems_of(f"{FIRST}variants: {{a: A, b: B}}\n", tmp_path)
    assert "every variant has a message of its own, so nobody would get this one" in found


def test_a_broken_variant_is_told_once_and_no_message_is_missed(tmp_path: Path) -> None:
    (found,) = problems_of(f"{BARE}variants: {{a: {{txt: A}}, b: B}}\n", tmp_path)
    assert "`txt` is not a key of `variants.a`" in found


def test_a_time_that_has_passed_is_told_at_its_variant_and_stays_out_of_the_fingerprint(
    tmp_path: Path,
) -> None:
    split = (
        "name: x\nchannel: phone\nprovider: {name: writer}\nsender: '+15551234567'\n"
        "recipients: p.csv\nvariants:\n  a: {message: {schedule_at: 20%s-01-01T00:00:00Z}}\n"
        "  b: {share: 50%%}\n"
    )
    (found,) = problems_of(split % "26", tmp_path, now=datetime(2026, 6, 1, tzinfo=UTC))
    assert found == "7:30 `message.schedule_at` is in the past"
    later, latest = (load_text(split % year, tmp_path).fingerprint for year in ("90", "91"))
    assert later == latest


@pytest.mark.parametrize(
    ("line", "same"),
    [
        ("{a: {share: 50%, text: A}, b: {share: 50%, text: B}}", True),
        ("{b: B, a: A}", False),
        ("{a: {share: 40%, text: A}, b: B}", False),
        ("{a: A, b: C}", False),
        ("{a: A, c: B}", False),
    ],
)
def test_the_fingerprint_knows_who_gets_which_message(
    tmp_path: Path, line: str, *, same: bool
) -> None:
    base = load_text(f"{BARE}variants: {{a: A, b: B}}\n", tmp_path)
    other = load_text(f"{BARE}variants: {line}\n", tmp_path)
    assert (base.fingerprint == other.fingerprint) is same


def test_a_variants_text_may_hold_what_looks_like_a_variable_of_a_shell(tmp_path: Path) -> None:
    line = "variants: {a: 'Costs ${PRICE}', b: {text: 'Only ${PRICE}'}}\n"
    assert problems_of(BARE + line, tmp_path) == []
