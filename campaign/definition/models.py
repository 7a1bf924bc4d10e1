"""What a definition may say, as typed models.

Invariant: a model that exists is valid on its own. Whether its parts fit each other and the
provider is decided in ``checks``. Models are frozen and refuse keys they do not know; shorthands
are expanded before validation, so that errors keep the path of the full form.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from campaign.channel import Channel
from campaign.definition.caps import CAP, FrequencyCap
from campaign.definition.estimate import Cost, CostByFile
from campaign.definition.fields import (
    AsWhole,
    OneOrMany,
    SenderList,
    Shorthand,
    Text,
    Timezone,
    one_or_many,
)
from campaign.definition.groups import (
    AnyConsent,
    AnyHoldout,
    AsVariant,
    VariantName,
    comes_to_a_whole,
)
from campaign.definition.limits import Retry, Schedule, StopWhen
from campaign.definition.message import ShortMessage, Variant
from campaign.definition.naming import Name, RunPattern
from campaign.definition.part import Part
from campaign.definition.places import LedgerPlace
from campaign.definition.quiet import SHORT_QUIET_HOURS, QuietHours, short_quiet_hours
from campaign.definition.ramp import SHORT_RAMP, Ramp, short_ramp
from campaign.definition.rate import SHORT_RATE, Rate, short_rate
from campaign.definition.recipients import AnyRecipients
from campaign.definition.values import Duration, Percent


class ProviderChoice(BaseModel):
    """Which provider; its other keys are read by that provider's own settings model."""

    # "ignore" and not "allow": what is written here may be a secret, and is not kept.
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    name: str = Field(min_length=1, description="The provider.")


class Window(Part):
    """How to know whether a recipient wrote within the last 24 hours."""

    column: Text | None = Field(
        default=None,
        description="Column with the time of the recipient's last message to us. What `campaign "
        "sync` and `campaign listen` have heard counts as well; without a column, that alone.",
    )
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
    recipients: AnyRecipients = Field(
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
    rate: Annotated[Rate, Shorthand(short_rate, (SHORT_RATE,))] = Field(
        default_factory=Rate, description="How fast: 80/s, or a mapping that says more."
    )
    workers: Annotated[int, AsWhole] = Field(
        default=1,
        ge=1,
        le=64,
        description="By how many processes a run is sent, where one core is not enough. The rate "
        "and every bound hold for all of them together, but for what docs/how-to/workers.md lists. "
        "With rate.at_most it is one.",
    )
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
