"""What the engine sends: a recipient of the plan with its rendered message in every form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from campaign.channel import Channel
from campaign.ledger.records import Claim
from campaign.message.form import Form
from campaign.providers.protocol import Message, TemplateUse


@dataclass(slots=True)
class Todo:
    """One recipient that is still to be sent to.

    ``number`` is its position in the plan; ``last_inbound`` microseconds since 1970 UTC, or
    ``None`` when not known. ``template`` and ``variables`` are those of its ``variant``, where the
    campaign is a split test. ``problems`` are the reason codes why it may not leave in a form, by
    form. ``region`` is the number's country, ``zones`` the time zones in which the recipient may
    be, joined by commas. ``tries`` counts how often it certainly was not sent in this process,
    ``begun`` says that it counts towards the limit, ``claimed`` that this process claimed it once,
    so that it does so for good. ``initiated`` says, as of when it was judged,
    that no window is known to be open.
    """

    number: int
    key: str
    identity: str
    address: str
    sender: str | None
    last_inbound: int | None
    text: str | None
    template: Mapping[str, str] | None
    variables: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    variant: str | None = None
    region: str | None = None
    zones: str | None = None
    tries: int = 0
    begun: bool = False
    claimed: bool = False
    initiated: bool | None = None

    def problem(self, form: Form) -> str | None:
        """Return the reason code why it may not leave in this form, if any.

        A gap is seen here too: a plan that an earlier version made knows its problems in one form
        only, and no plan may let a gap through.
        """
        if (found := self.problems.get(form)) is not None:
            return found
        if form is Form.TEMPLATE and None in (self.template or {}).values():
            return "missing_variable"
        if form is Form.TEXT and self.text is None:
            return "missing_variable"
        return None

    def claim(self) -> Claim:
        """Return the wish to send to this recipient."""
        identity = None if self.identity == self.key else self.identity
        address = None if self.address == self.identity else self.address
        return Claim(self.number, self.key, identity, self.initiated, address)


@dataclass(frozen=True, slots=True)
class Fixed:
    """What is the same for every recipient of a run, or of a variant where it has ``variants``."""

    channel: Channel
    template_id: str | None = None
    language: str | None = None
    suggested_replies: Sequence[str] = ()
    schedule_at: datetime | None = None
    variants: Mapping[str | None, Fixed] = field(default_factory=dict)

    def message(self, todo: Todo, form: Form) -> Message:
        """Return the message in one form."""
        if self.variants:
            return self.variants[todo.variant].message(todo, form)
        template = None
        if form is Form.TEMPLATE and self.template_id is not None:
            template = TemplateUse(self.template_id, self.language, todo.template or {})
        return Message(
            recipient=todo.number,
            address=todo.address,
            channel=self.channel,
            sender=todo.sender,
            text=todo.text if form is Form.TEXT else None,
            template=template,
            suggested_replies=self.suggested_replies,
            variables=todo.variables,
            schedule_at=self.schedule_at,
        )


def alike(message: Message) -> tuple[object, ...]:
    """Return what two messages must share to travel in one request."""
    template = message.template
    return (
        message.sender,
        message.text,
        (template.id, template.language, tuple(template.variables.items())) if template else None,
        tuple(message.variables.items()),
        tuple(message.suggested_replies),
        message.schedule_at,
    )
