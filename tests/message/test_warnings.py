"""A check tells what is odd in the messages, each thing once and with what to do."""

from __future__ import annotations

import polars as pl
import pytest

from campaign.message.opt_out import says_how
from campaign.message.warnings import message_warnings

OUT = "Reply STOP to opt out."
ADVICE = "Where the message is advertising, add a line such as: Reply STOP to opt out."


def _of(texts: list[str], channel: str = "sms") -> list[str]:
    said = {"form": ["text"] * len(texts), "message:text": texts, "region": ["US"] * len(texts)}
    rows = pl.LazyFrame(said, schema=dict.fromkeys(said, pl.String))
    return message_warnings(rows, channel=channel, category=None, footer=None)


def _of_template(
    previews: list[str], category: str | None, footer: str | None = None, region: str = "DE"
) -> list[str]:
    said = {"form": ["template"] * len(previews), "message:preview": previews}
    rows = pl.LazyFrame(said).with_columns(region=pl.lit(region))
    return message_warnings(rows, channel="whatsapp", category=category, footer=footer)


def test_texts_in_the_gsm_alphabet_that_say_how_to_opt_out_need_no_warning() -> None:
    assert _of([f"Hi Ana. {OUT}", f"Señor Äußerst, £5 [€6]. {OUT}"]) == []
    assert _of([]) == []


def test_a_text_without_a_way_out_is_told_and_so_is_how_many_lack_it() -> None:
    assert _of(["Hi Ana", "Hi Bo"]) == [f"The text does not say how to opt out. {ADVICE}"]
    assert _of(["Hi Ana", f"Hi Bo. {OUT}", "Hi Cem"]) == [
        f"2 of 3 texts do not say how to opt out. {ADVICE}"
    ]


def test_of_a_template_only_advertising_whose_text_is_known_is_asked() -> None:
    (warning,) = _of_template(["Sale!"], "marketing")
    assert warning.startswith(
        "The text does not say how to opt out, unless a button of the template does."
    )
    assert _of_template(["Sale!"], "marketing", OUT) == []
    assert _of_template([f"Sale! {OUT}"], "marketing") == []
    assert _of_template(["Sale!"], "utility") == []
    assert _of(["Hi Łukasz"], channel="whatsapp") == []


def test_without_its_category_a_template_to_the_united_states_may_be_for_nobody() -> None:
    (warning,) = _of_template(["Hi", "Ho"], None, region="US")
    assert warning == (
        "2 of the template's recipients have numbers in the United States, where WhatsApp delivers "
        "no marketing template. Say under which `category` it was approved."
    )
    assert _of_template(["Hi"], None, region="CA") == []
    assert _of_template(["Hi"], "utility", region="US") == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Reply STOP to end.", True),
        ("Text STOPALL", True),
        ("reply stop to end", True),
        ("Répondez ARRET", True),
        ("Zum Abmelden: STOPP", True),
        ("https://example.com/unsubscribe?x=1", True),
        ("Para darte de baja, responde BAJA", True),
        ("Non-stop flights until the end of May", False),
        ("Cancel any time", False),
        ("STOPOVER in Rome", False),
        ("", False),
    ],
)
def test_a_way_out_is_recognised_and_words_like_any_other_are_not(text: str, says: bool) -> None:
    assert pl.DataFrame({"t": [text]}).select(says_how(pl.col("t"))).item() is says
