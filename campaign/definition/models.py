"""What a definition may say, as typed models.

Invariant: a model that exists is valid on its own. Whether its parts fit each other and the
provider is decided in ``checks``. Models are frozen and refuse keys they do not know; shorthands
are expanded before validation, so that errors keep the path of the full form.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from campaign.channel import Channel
from campaign.definition.caps import CAP, FrequencyCap, MessagingTier
from campaign.definition.estimate import Cost, CostByFile
from campaign.definition.fields import (
    Body,
    Instant,
    OneOrMany,
    Region,
    SenderList,
    Shorthand,
    Text,
    Timezone,
    Where,
    is_number,
    one_or_many,
    text_keys,
    wrong,
)
from campaign.definition.groups import (
    AnyConsent,
    AnyHoldout,
    AsVariant,
    VariantName,
    comes_to_a_whole,
)
from campaign.definition.limits import Retry, Schedule, StopWhen
from campaign.definition.naming import Name, RunPattern
from campaign.definition.part import Part
from campaign.definition.places import LedgerPlace
from campaign.definition.prefixes import Prefixes
from campaign.definition.quiet import SHORT_QUIET_HOURS, QuietHours, short_quiet_hours
from campaign.definition.ramp import SHORT_RAMP, Ramp, short_ramp
from campaign.definition.template import Template
from campaign.definition.values import Duration, Percent, PerSecond


class ProviderChoice(BaseModel):
    """Which provider; its other keys are read by that provider's own settings model."""

    # "ignore" and not "allow": what is written here may be a secret, and is not kept.
    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str = Field(min_length=1, description="The provider.")


_TEXT: dict[str, Any] = {"type": "string", "pattern": r"\S"}
_TEXTS: dict[str, Any] = {"type": "array", "items": _TEXT, "minItems": 1}

ColumnName = Annotated[
    str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="A name for use in templates.")
]


class Recipients(Part):
    """Who is on the list, and which column means what."""

    files: Annotated[list[Text], OneOrMany] = Field(
        min_length=1,
        description="CSV or Parquet files; globs are allowed. Relative to the definition.",
    )
    columns: dict[ColumnName, Text] = Field(
        default_factory=dict,
        description="Names for columns: our name on the left, the header in the list on the right.",
    )
    address: Text | None = Field(
        default=None,
        description="Column with the address. Default: phone, email or user_id, as the channel "
        "and the provider need.",
    )
    key: Text | None = Field(
        default=None,
        description="Column that identifies a recipient within a run. Default: the address.",
    )
    country: Text | None = Field(
        default=None,
        description="Column with an ISO 3166 country code per row, for numbers in national form.",
    )
    default_region: Region | None = Field(
        default=None,
        description="Country of numbers in national form where the row names none, such as DE.",
    )
    digits_are_international: Literal["auto", "yes", "no"] | None = Field(
        default=None,
        description="What digits without + and without a 0 in front are: yes, country code and "
        "number; no, national; auto, national, and refused where they are a number abroad too. "
        "Default: auto.",
    )
    validity: Literal["strict", "lenient"] | None = Field(
        default=None,
        description="lenient takes numbers that could exist but are not known to, such as those of "
        "a new range, with a warning; strict refuses them. Default: strict.",
    )
    timezone: Text | None = Field(
        default=None,
        description="Column with an IANA time zone per row, for quiet hours. Default: the number's "
        "own zones.",
    )
    where: Where | None = Field(
        default=None,
        description="Only rows that fulfil this condition (polars SQL), such as country = 'DE'.",
    )
    blocked_prefixes: Prefixes | None = Field(
        default=None,
        description='Numbers that begin with one of these get nothing: "+53", ["+53", "+98"].',
    )


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


ShortMessage = Annotated[Message, Shorthand(_short_message, (_TEXT,))]


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


class Window(Part):
    """How to know whether a recipient wrote within the last 24 hours."""

    column: Text = Field(description="Column with the time of the recipient's last message to us.")
    outside: Literal["template", "skip"] | None = Field(
        default=None,
        description="What a recipient with a closed window gets: the template, or nothing. "
        "Default: the template if there is one, else nothing.",
    )
    margin: Duration = Field(
        default=timedelta(minutes=10),
        lt=timedelta(hours=24),
        description="A window that closes within this time counts as closed.",
    )
    timezone: Timezone | None = Field(
        default=None, description="IANA time zone of times without an offset: Europe/Berlin."
    )


class Rate(Part):
    """How fast to send."""

    limit: PerSecond | None = Field(
        default=None,
        description="The most messages per unit of time, over all senders: 80/s, 1000/min. "
        "Default: the provider's.",
    )
    concurrency: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description="The most requests in flight at once. Default: from the limit.",
    )
    tier: MessagingTier = Field(
        default=None,
        description="WhatsApp's messaging tier: how many people may be messaged outside open "
        "windows in any 24 hours, over all runs of the ledger: 2000, 10k. Default: unlimited.",
    )


def _short_recipients(value: object) -> object:
    return {"files": value} if isinstance(value, str | list) else value


def _short_rate(value: object) -> object:
    return {"limit": value} if isinstance(value, str) or is_number(value) else value


class Definition(Part):
    """One campaign: who gets what, through whom, how fast."""

    name: Name = Field(
        description="The campaign's name: lower-case letters, digits, dots, dashes, underscores."
    )
    run: RunPattern | None = Field(
        default=None,
        description="strftime pattern that names each run, such as %Y-%m-%d for a nightly job; "
        "the same run again is a resume. Default: a one-off.",
    )
    channel: Channel = Field(description="How recipients are reached.")
    provider: ProviderChoice = Field(description="Through whom, with that provider's settings.")
    sender: Annotated[list[Text], SenderList] = Field(
        default_factory=list,
        description="From whom: one number, address or channel id, or a list to spread over.",
    )
    recipients: Annotated[Recipients, Shorthand(_short_recipients, (_TEXT, _TEXTS))] = Field(
        description="A CSV or Parquet file, a list of files, or a mapping that says more."
    )
    message: ShortMessage | None = Field(
        default=None, description="The text, or a mapping that says more."
    )
    consent: AnyConsent | None = Field(
        default=None,
        description="Column that says who agreed to be messaged, or a mapping that says more. "
        "Default: everybody did.",
    )
    holdout: AnyHoldout | None = Field(
        default=None,
        description="A share of the people who get nothing, to compare the others with: 5%. "
        "Always the same people.",
    )
    variants: Annotated[
        dict[VariantName, Annotated[Variant, AsVariant]], AfterValidator(comes_to_a_whole)
    ] = Field(
        default_factory=dict,
        description="Messages to compare, by name, each with its share of the people: a split "
        "test. Always the same people get the same one.",
    )
    window: Window | None = Field(
        default=None,
        description="How to know whose 24-hour customer service window is open (WhatsApp).",
    )
    suppress: Annotated[list[Text], OneOrMany] = Field(
        default_factory=list,
        description="Files with addresses that never get a message, such as opt-outs.",
    )
    rate: Annotated[
        Rate, Shorthand(_short_rate, ({"type": "string", "pattern": "/", "examples": ["80/s"]},))
    ] = Field(default_factory=Rate, description="How fast: 80/s, or a mapping that says more.")
    frequency_cap: Annotated[list[FrequencyCap], Shorthand(one_or_many, (CAP,))] = Field(
        default_factory=list,
        description="How many messages one person gets from all runs of the ledger: at most 2 in "
        "7 days, or a list of such caps.",
    )
    retry: Retry = Field(default_factory=Retry, description="How often and when to try again.")
    schedule: Schedule | None = Field(
        default=None, description="Between which hours it may be sent. Default: at any time."
    )
    quiet_hours: (
        Annotated[QuietHours, Shorthand(short_quiet_hours, (SHORT_QUIET_HOURS,))] | None
    ) = Field(
        default=None,
        description="When nobody gets a message, by the clock where they are: 21:00-08:00, or a "
        "mapping that says more. Default: at any time.",
    )
    ramp: Annotated[Ramp, Shorthand(short_ramp, (SHORT_RAMP,))] | None = Field(
        default=None,
        description="Some first, then a wait, then the others: first 100, wait 30 min, then all. "
        "Default: all at once.",
    )
    stop_when: StopWhen = Field(
        default_factory=StopWhen, description="What stops a run that does no good."
    )
    max_rejects: Percent | None = Field(
        default=None,
        description="The largest share of rows that may be refused for what is wrong with them: "
        "5%. Above it, `campaign check` exits with 2 and a new run does not begin. Rows left out "
        "by choice (`where`, suppression, duplicates, empty rows, a holdout) count neither way.",
    )
    cost: Annotated[Cost, CostByFile] | None = Field(
        default=None,
        description="By which rates `campaign check` estimates the cost: a file, or a mapping.",
    )
    ledger: LedgerPlace = Field(
        default="campaign-ledger.db",
        description="The ledger: a SQLite file, relative to the definition; or, for several "
        "machines, postgresql://user@host/database, or ${NAME} with such an address in it.",
    )
    output: Text = Field(
        default="output", description="Folder for plans and results, relative to the definition."
    )

    def run_name(self, at: datetime) -> str:
        """Return the name of the run that starts at ``at``; a one-off has only one, ``once``."""
        return "once" if self.run is None else at.strftime(self.run)
