"""What is said, as a definition says it: the message, and the variants of a split test."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from campaign.definition.fields import Body, Instant, Shorthand, Text, is_number, text_keys, wrong
from campaign.definition.groups import ONE_TEXT
from campaign.definition.part import Part
from campaign.definition.template import Template
from campaign.definition.values import Percent


class Message(Part):
    """What is said first."""

    text: Body | None = Field(
        default=None,
        description="Free-form text; {{ column }} is filled in per recipient. Line breaks at the "
        "end are dropped.",
    )
    template: Template | None = Field(
        default=None, description="An approved template, for when no free-form text is allowed."
    )
    suggested_replies: list[Text] = Field(
        default_factory=list, description="Replies the recipient can tap."
    )
    variables: Annotated[dict[str, Text], BeforeValidator(text_keys)] = Field(
        default_factory=dict, description="Values for the agent's prompt, per recipient."
    )
    schedule_at: Instant | None = Field(
        default=None,
        description="When the provider should send, with a UTC offset: 2026-12-01T09:00:00+01:00.",
    )


def _short_message(value: object) -> object:
    return {"text": value} if isinstance(value, str) or is_number(value) else value


ShortMessage = Annotated[Message, Shorthand(_short_message, (ONE_TEXT,))]


class Variant(Part):
    """One of the messages of a split test: its own, or the campaign's."""

    share: Percent | None = Field(
        default=None,
        description="How many of the people get it. Default: an equal part of what is left.",
    )
    text: Body | None = Field(default=None, description="Short for `message.text`.")
    template: Template | None = Field(default=None, description="Short for `message.template`.")
    message: ShortMessage | None = Field(
        default=None, description="What they get. Default: the campaign's `message`."
    )

    @model_validator(mode="after")
    def _says_it_once(self) -> Self:
        if self.message is not None and self.own is not self.message:
            raise wrong("says its message twice", "put all of it into `message`")
        return self

    @property
    def own(self) -> Message | None:
        """The message that the variant has of its own."""
        if self.text is None and self.template is None:
            return self.message
        return Message(text=self.text, template=self.template)
