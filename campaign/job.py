"""A loaded definition made ready to plan and to send: compiled texts, rules, provider, speed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from campaign import whereabouts
from campaign.audience.suppression import read_suppressed
from campaign.channel import Channel
from campaign.definition.load import Loaded
from campaign.definition.secrets import reveal
from campaign.errors import InvalidInput, Problem
from campaign.forms import choice_of
from campaign.how_fast import speed_of
from campaign.ledger.location import Location
from campaign.loading import definition_at
from campaign.message.compiling import MessageError, compile_message
from campaign.message.composition import Composition
from campaign.message.form import Form
from campaign.plan import making
from campaign.plan.making import Question, address_column, address_kind
from campaign.providers.protocol import Provider
from campaign.quiet import quiet_hours
from campaign.rules.form import Choice
from campaign.rules.frequency import AtMost
from campaign.rules.history import History
from campaign.rules.moment import Hold, MomentRule
from campaign.rules.moments import Moment, asked
from campaign.rules.suppression import NotSuppressed
from campaign.schedule import Hours
from campaign.sending.speed import Speed
from campaign.sending.todo import Fixed, Todo
from campaign.sending.upcoming import Judge


@dataclass(frozen=True, slots=True)
class Job:
    """One campaign, ready.

    ``variants`` are the same campaign with each message of a split test as its only one.
    """

    loaded: Loaded
    composition: Composition
    choice: Choice
    variants: Mapping[str, Job] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path, *, past_ok: bool = False) -> Job:
        """Read a definition and compile its texts.

        ``past_ok`` accepts a ``schedule_at`` that has passed, to look at a run that has begun.

        Raises:
            InvalidInput: with everything that is wrong.
        """
        loaded = definition_at(path, past_ok=past_ok)
        variants, problems = {}, dict[Problem, None]()
        for name, one in loaded.variants().items():
            try:
                variants[name] = cls._of(one)
            except InvalidInput as error:
                problems |= dict.fromkeys(error.problems)  # a text that they share fails once
        if problems:
            raise InvalidInput(list(problems))
        return replace(cls._of(loaded), variants=variants)

    @classmethod
    def _of(cls, loaded: Loaded) -> Job:
        try:
            composition = compile_message(loaded.definition.message)
        except MessageError as error:
            raise InvalidInput(
                [
                    loaded.locate(
                        "message",
                        *place,
                        message=f"{wrong} (line {wrong.line} of the text)"
                        if wrong.line > 1
                        else str(wrong),
                    )
                    for place, wrong in error.errors
                ]
            ) from None
        return cls(loaded, composition, choice_of(loaded, composition))

    @property
    def each(self) -> Sequence[Job]:
        """The jobs that have a message to send: those of the variants, or this one."""
        return list(self.variants.values()) or [self]

    def suppressed(self) -> pl.Series:
        """Read the suppression lists, as they are now.

        Raises:
            InvalidInput: a list is missing or has lines that cannot be read.
        """
        definition = self.loaded.definition
        missing = [
            self.loaded.locate("suppress", place, message=f"there is no file {name}")
            for place, name in enumerate(definition.suppress)
            if not self.loaded.beside(name).is_file()
        ]
        if missing:
            raise InvalidInput(missing)
        return read_suppressed(
            [self.loaded.beside(name) for name in definition.suppress],
            kind=address_kind(self.loaded),
            column=address_column(self.loaded),
            default_region=definition.recipients.default_region,
            country=definition.recipients.country,
            reading=making.reading(self.loaded),
        )

    def question(self, suppressed: pl.Series) -> Question:
        """Return what the plan is to answer."""
        variants = {name: one.question(suppressed) for name, one in self.variants.items()}
        return Question(self.loaded, self.composition, self.choice, suppressed, variants)

    def moment_rules(
        self, suppressed: pl.Series, known: Sequence[MomentRule] = ()
    ) -> tuple[MomentRule, ...]:
        """Return the rules that depend on the moment, in the order in which they are asked.

        ``known`` are those that know what other runs do; see `campaign.gate`.

        Raises:
            InvalidInput: a file that a rule needs cannot be read.
        """
        quiet = quiet_hours(self.loaded)
        # A rehearsal messages nobody, and may at any hour.
        hours = None if self.loaded.settings.sandbox else quiet
        own = Moment(suppressed=suppressed.to_list(), quiet=hours)
        return (*asked(own), *known)

    def rules_of_other_runs(
        self, history: History, listed: NotSuppressed | None = None
    ) -> tuple[MomentRule, ...]:
        """Return the rules that know what other runs do, in the order in which they are asked.

        ``history`` is what the ledger knows of messages, ``listed`` its own suppression list.
        """
        definition = self.loaded.definition
        caps = definition.frequency_cap
        known = Moment(
            listed=listed,
            history=history,
            limits=[AtMost(cap.messages, cap.window.total_seconds()) for cap in caps],
            tier=definition.rate.tier,
            window=self.choice.window,
            is_chat=definition.channel is Channel.WHATSAPP,
        )
        return asked(known)

    def judge(self, suppressed: pl.Series, known: Sequence[MomentRule] = ()) -> Judge:
        """Return the rules that are judged again right before each message.

        Raises:
            InvalidInput: a file that a rule needs cannot be read.
        """
        rules = self.moment_rules(suppressed, known)
        has_window = self.loaded.definition.channel is Channel.WHATSAPP

        def judge(todo: Todo, now: float) -> Form | str | Hold:
            if has_window:
                todo.initiated = not self.choice.window.is_open(todo.last_inbound, now)
            for rule in rules:
                if (objection := rule.objection(todo, now)) is not None:
                    return objection
            return self.form(todo, now)

        return judge

    def form(self, todo: Todo, now: float) -> Form | str:
        """Return in which form a recipient gets the message at ``now``, or why in none."""
        choice = self.choice if todo.variant is None else self.variants[todo.variant].choice
        form = choice.form(todo.last_inbound, now)
        if form is None:
            return "window_closed"
        # The window may have closed since the plan was made, and the other form was not
        # wanted then: what speaks against it refused nobody.
        return todo.problem(form) or form

    def fixed(self) -> Fixed:
        """Return what is the same for every recipient, or for every one of a variant."""
        definition = self.loaded.definition
        message = definition.message
        template = message.template if message else None
        return Fixed(
            channel=definition.channel,
            template_id=template.id if template else None,
            language=template.language if template else None,
            suggested_replies=message.suggested_replies if message else (),
            schedule_at=message.schedule_at if message else None,
            variants={name: one.fixed() for name, one in self.variants.items()},
        )

    def speed(self, limit: int | None = None) -> Speed:
        """Return how fast to send, and how stubbornly."""
        return speed_of(self.loaded, limit)

    @property
    def hours(self) -> Hours:
        """When the campaign may be sent; a rehearsal messages nobody, and may at any time."""
        rehearsal = self.loaded.settings.sandbox
        return Hours(None if rehearsal else self.loaded.definition.schedule)

    def provider(self, environment: Mapping[str, str], sandbox_url: str | None) -> Provider:
        """Return the provider, with its secrets.

        Raises:
            InvalidInput: a secret is not in the environment.
        """
        secrets = self.secrets(environment)
        return self.loaded.provider(self.loaded.settings, secrets, sandbox_url)

    def secrets(self, environment: Mapping[str, str]) -> Mapping[str, str]:
        """Return the provider's secrets, by field.

        Raises:
            InvalidInput: a secret is not in the environment.
        """
        settings = self.loaded.settings
        # The sandbox takes any key, so none has to be set up to try things out.
        return {} if settings.sandbox else reveal(settings, environment)

    def run_name(self, list_fingerprint: str, at: datetime) -> str:
        """Return the name of the run that starts at ``at``.

        The strftime pattern decides which executions are one run: the same name again is a
        resume. Past midnight, hours that cross it still belong to the day on which they began. A
        rehearsal in the sandbox messages nobody, so any change of the definition or the
        list begins a new one, and it never stands in the way of the real run.
        """
        name = self.loaded.definition.run_name(self.hours.named_at(at))
        if not self.loaded.settings.sandbox:
            return name
        return f"{name}-sandbox-{self.loaded.fingerprint[:4]}{list_fingerprint[:4]}"

    @property
    def folder(self) -> Path:
        """The folder of this campaign's plans and results."""
        return whereabouts.folder_of(self.loaded)

    def lives_from(self, path: Path) -> bool:
        """Return whether the campaign reads this file, so that nothing may be written there."""
        return whereabouts.lives_from(self.loaded, path)

    def ledger(self, environment: Mapping[str, str]) -> Location:
        """Return where the ledger is: a file is beside the definition, whoever asks from where.

        Raises:
            InvalidInput: the environment variable that holds the address is not set.
        """
        return whereabouts.ledger_of(self.loaded, environment)

    def plans_from(self, location: Location) -> Path:
        """Return the folder from which the ledger's paths of plans start."""
        return whereabouts.plans_from(self.loaded, location)


def local_now() -> datetime:
    """Return the time in this machine's zone; a nightly run is named by the local date."""
    return datetime.now(UTC).astimezone()


def seconds_of(now: Callable[[], datetime]) -> Callable[[], float]:
    """Return a clock's time in seconds since 1970 UTC.

    It is asked for every message, and to find this machine's zone takes longer than to judge one.
    """
    return time.time if now is local_now else lambda: now().timestamp()
