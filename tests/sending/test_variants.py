"""What is the same for all of a variant is never another variant's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from campaign.channel import Channel
from campaign.message.form import Form
from campaign.sending.todo import Fixed, Todo, alike

ANA = Todo(0, "k", "+12025550110", "+12025550110", None, None, "Hi", {"1": "x"}, variant="a")
FIXED = Fixed(
    Channel.WHATSAPP,
    variants={
        "a": Fixed(Channel.WHATSAPP, template_id="A", language="en"),
        "b": Fixed(Channel.WHATSAPP, template_id="B", language="de"),
        "c": Fixed(Channel.WHATSAPP, template_id="A", language="en", suggested_replies=["Yes"]),
        "d": Fixed(
            Channel.WHATSAPP,
            template_id="A",
            language="en",
            schedule_at=datetime(2030, 1, 1, tzinfo=UTC),
        ),
    },
)


@pytest.mark.parametrize(("variant", "template"), [("a", ("A", "en")), ("b", ("B", "de"))])
def test_a_recipient_gets_the_template_of_the_variant(
    variant: str, template: tuple[str, str]
) -> None:
    message = FIXED.message(replace(ANA, variant=variant), Form.TEMPLATE)
    assert message.template is not None
    assert (message.template.id, message.template.language) == template
    assert message.template.variables == {"1": "x"}


def test_nobody_without_a_variant_gets_a_message_of_a_split_test() -> None:
    with pytest.raises(KeyError):
        FIXED.message(replace(ANA, variant=None), Form.TEXT)


@pytest.mark.parametrize("form", [Form.TEXT, Form.TEMPLATE])
@pytest.mark.parametrize("other", ["c", "d"])
def test_variants_that_differ_in_no_text_share_no_request(form: Form, other: str) -> None:
    mine, theirs = (FIXED.message(replace(ANA, variant=name), form) for name in ("a", other))
    assert alike(mine) != alike(theirs)
    assert alike(mine) == alike(FIXED.message(replace(ANA, number=1), form))
