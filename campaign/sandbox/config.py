"""What a person may ask of the sandbox: who is known to it, and what goes wrong.

Everything has a default under which nothing goes wrong, and an unknown key is an error.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from campaign.errors import InvalidInput, Problem
from campaign.sandbox.people.habits import Habits
from campaign.sandbox.strict import Share, Strict, plain
from campaign.sandbox.webhooks.subscriptions import Webhooks


class Lognormal(Strict):
    """A latency with a long tail: its median in seconds, and the spread of its logarithm."""

    median: PositiveFloat
    sigma: NonNegativeFloat = 0.5


class Latency(Strict):
    """How long every answer takes, in seconds; exactly one of the three kinds.

    A plain number is read as ``fixed``.
    """

    fixed: NonNegativeFloat | None = None
    uniform: tuple[NonNegativeFloat, NonNegativeFloat] | None = None
    lognormal: Lognormal | None = None

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        if sum(kind is not None for kind in (self.fixed, self.uniform, self.lognormal)) != 1:
            raise ValueError("a latency is one of: a number, fixed, uniform, lognormal")
        if self.uniform is not None and self.uniform[0] > self.uniform[1]:
            raise ValueError("uniform is written as [shortest, longest]")
        return self


class Limit(Strict):
    """At most ``requests`` in any window of ``seconds``; a plain number means one second."""

    requests: PositiveInt
    seconds: PositiveFloat = 1.0


class Slow(Strict):
    """A share of the accepted requests whose answer comes ``seconds`` late."""

    probability: Share = 1.0
    seconds: PositiveFloat


class Faults(Strict):
    """What goes wrong, and how often. Probabilities are per request, from 0 to 1.

    "Before" means that nothing was accepted, "after" that the journal has the entry.
    """

    latency: Annotated[Latency | None, plain("fixed")] = None
    throttle: Share = 0.0
    limit: Annotated[Limit | None, plain("requests")] = None
    retry_after: NonNegativeFloat = 1.0
    """Seconds that an answer to ``throttle`` asks to wait; a ``limit`` knows them by itself."""
    retry_after_header: bool = False
    """Send ``Retry-After`` where the vendor documents no header of its own."""
    error_before: Share = 0.0
    error_after: Share = 0.0
    error_status: Literal[500, 502, 503] = 500
    drop_before: Share = 0.0
    drop_after: Share = 0.0
    drop_midway: Share = 0.0
    slow: Slow | None = None
    unreadable: Share = 0.0
    invalid_recipients: frozenset[str] = frozenset()
    """Addresses that the vendor refuses; a leading ``+`` makes no difference."""
    invalid_share: Share = 0.0
    missing_share: Share = 0.0
    """Zild only: the part of the recipients that its answer leaves out although it sent."""
    lookup_errors: Share = 0.0
    lookup_throttle: Share = 0.0
    lookup_delay: NonNegativeFloat = 0.0
    """Seconds until what was accepted shows in look-ups. No other fault touches a look-up."""


class FaultPlan(Faults):
    """The faults of every vendor, and below a vendor's name what is different there."""

    sendbird: Faults | None = None
    zild: Faults | None = None
    whippy: Faults | None = None
    synthflow: Faults | None = None
    twilio: Faults | None = None

    def of(self, vendor: str) -> Faults:
        """Return what holds for ``vendor``: its own settings where it has any, else everyone's."""
        values = {name: getattr(self, name) for name in Faults.model_fields}
        own: Faults | None = getattr(self, vendor)
        if own is not None:
            values |= {name: getattr(own, name) for name in own.model_fields_set}
        return Faults.model_construct(**values)


class VendorConfig(BaseModel):
    """Who is known to a vendor. Nothing said (null) means that anybody is."""

    # Zild's ids are integers; in a set of names they are written the same way.
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    keys: frozenset[str] | None = None
    agents: frozenset[str] | None = None


class ZildConfig(VendorConfig):
    """Zild's page says "Conversation created" but prints no status code."""

    created_status: Literal[200, 201] = 200


class WhippyFields(Strict):
    """The names of Whippy's fields that its page leaves out; ``schedule_at`` it does print."""

    sender: str = "from"
    to: str = "to"
    type: str = "type"
    send_initial_message: str = "send_initial_message"


class WhippyConfig(VendorConfig):
    """Whippy's page describes its fields without their names, so these are settings."""

    fields: WhippyFields = WhippyFields()
    types: frozenset[str] = frozenset({"phone", "whatsapp", "email"})
    inactive_agents: frozenset[str] = frozenset()
    """Agents that exist and are not active, as looking one up says."""
    channels: frozenset[str] = frozenset()
    """Numbers of the channels that a list shows; sending takes any."""
    conversations_carry_contact: bool = True
    """Whether a conversation shows its contact; one description of the API has its id alone."""


class SendbirdConfig(VendorConfig):
    """How a data export goes; its page calls the file JSON in one place and a zip in another."""

    export_polls: NonNegativeInt = 1
    """How often an export is asked after before it is done."""
    export_file: Literal["json", "zip"] = "json"


class SynthflowConfig(VendorConfig):
    """Synthflow's pages show no phone number in a chat, and do not say that there is none."""

    chats_carry_number: bool = False


class TwilioConfig(BaseModel):
    """The customer's own Twilio account, through which Synthflow and Zild send."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    accounts: dict[str, str] | None = None
    """The token of each account that is let in, by its SID. Nothing said means anybody."""
    account_status: Literal["active", "suspended", "closed"] = "active"
    numbers: frozenset[str] | None = None
    """The account's own numbers. Nothing said means whichever is asked for."""
    senders: dict[str, str] = {}
    """The status of each WhatsApp sender, such as ONLINE, by its number."""
    templates: dict[str, str] | None = None
    """The approval status of each template, by its SID. Nothing said means any, and approved."""
    zild_numbers: dict[str, str] = {}
    """The WhatsApp number behind each of Zild's channel ids."""


class SandboxConfig(Strict):
    """Everything the sandbox can be told.

    The same ``seed`` and faults hit the same recipients, in whatever order they come.
    """

    seed: int = 0
    journal: Path | None = None
    """A file to which every entry is also appended, as JSON lines."""
    faults: FaultPlan = FaultPlan()
    sendbird: SendbirdConfig = SendbirdConfig()
    zild: ZildConfig = ZildConfig()
    whippy: WhippyConfig = WhippyConfig()
    synthflow: SynthflowConfig = SynthflowConfig()
    twilio: TwilioConfig = TwilioConfig()
    people: Habits = Habits()
    webhooks: Webhooks = Webhooks()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a YAML 1.2 file; an empty one is the default.

        Raises:
            InvalidInput: the file cannot be read, is not YAML, or says something unknown.
        """
        try:
            data: Any = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, YAMLError) as error:
            raise InvalidInput(Problem(f"cannot be read: {error}", file=path)) from error
        try:
            return cls.model_validate({} if data is None else data)
        except ValidationError as error:
            raise InvalidInput(
                [Problem(described, file=path) for described in describe(error)]
            ) from error


def describe(error: ValidationError) -> list[str]:
    """Say each mistake as ``where: what``, without repeating the value (it may be a key)."""
    return [
        f"{'.'.join(map(str, mistake['loc'])) or 'the file'}: {mistake['msg']}"
        for mistake in error.errors(include_url=False, include_input=False)
    ]
