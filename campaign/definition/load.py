"""From a file to a definition that can be run, or every reason why not.

Invariant: a ``Loaded`` fits its provider, and holds secrets only by name. All problems are
reported at once, in the order of the lines: a person mends a file in one go.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import TypeAdapter, ValidationError

from campaign.definition.borrowed import hidden, references
from campaign.definition.checks import Draft
from campaign.definition.groups import full_shares
from campaign.definition.message import Message
from campaign.definition.models import Definition
from campaign.definition.nodes import Keys
from campaign.definition.rate import Rate
from campaign.definition.secrets import secret_fields
from campaign.definition.source import YamlSource
from campaign.definition.split import misfits_of_each
from campaign.definition.wording import near, problem
from campaign.errors import InvalidInput, Problem
from campaign.providers.protocol import Provider, ProviderSettings

_DECISIVE = ("channel", "sender", "recipients", "message", "window")
_DECISIVE_IF_GIVEN = ("consent", "holdout", "variants")
"""Keys that came later: where a definition has none of them, its fingerprint is what it was."""


@dataclass(frozen=True)
class Loaded:
    """A definition that was read, with everything it needs to be run."""

    path: Path
    definition: Definition
    settings: ProviderSettings
    provider: type[Provider]
    source: YamlSource
    says_at: tuple[str, ...] = ("message",)
    """Where the message stands in the file; a variant's is below ``variants``."""

    def locate(self, *path: str | int, message: str, hint: str | None = None) -> Problem:
        """Return a problem at the place of ``path`` in the file, or the nearest that is written."""
        if path[:1] == ("message",):
            path = (*self.says_at, *path[1:])
        return self.source.problem(path, message, hint)

    def variants(self) -> dict[str, Loaded]:
        """Return each variant as the campaign it would be if its message were the only one."""
        found = {}
        for name, variant in self.definition.variants.items():
            alone: dict[str, Any] = {"variants": {}}
            says_at = self.says_at
            if variant.own is not None:
                alone["message"] = variant.own
                says_at = ("variants", name, "message")
            definition = self.definition.model_copy(update=alone)
            found[name] = replace(self, definition=definition, says_at=says_at)
        return found

    def beside(self, name: str) -> Path:
        """Return a path that the definition names, which is relative to the definition's folder."""
        return self.folder / name

    @property
    def folder(self) -> Path:
        """The folder of the definition itself: a link to it is the same campaign."""
        return (self.path.resolve() if self.path.is_symlink() else self.path).parent

    @property
    def fingerprint_parts(self) -> Mapping[str, str]:
        """A SHA-256 for each top-level key that decides who gets what, to say what differs."""
        return {key: _hash(value) for key, value in self._decisive().items()}

    @property
    def fingerprint(self) -> str:
        """A SHA-256 of what decides who gets what; pace, times, ledger and output do not."""
        return _hash(self._decisive())

    def _decisive(self) -> dict[str, Any]:
        # Without None, so that a new optional key in a later version changes no fingerprint.
        wanted = {*_DECISIVE, *_DECISIVE_IF_GIVEN}
        parts = self.definition.model_dump(mode="json", include=wanted, exclude_none=True)
        # A time that has passed must make room for a new one, for those who are still pending.
        message = self.definition.message
        if message is not None and message.schedule_at is not None:
            del parts["message"]["schedule_at"]
            if message.model_copy(update={"schedule_at": None}) == Message():
                del parts["message"]  # nothing else was said
        # Whether it is approved yet says nothing of who gets it.
        if message is not None and message.template is not None:
            parts["message"]["template"].pop("status", None)
        _drop_what_changes_nothing(parts, self.definition)
        # Neither how to get in nor how patient to be nor how events are signed decides who gets
        # what; a key that moved to another variable must not stand in the way of a resume.
        exclude = {"timeout", "codes", "auth", "webhook_header"} | secret_fields(
            type(self.settings)
        )
        parts["provider"] = self.settings.model_dump(
            mode="json", exclude=exclude, exclude_none=True
        )
        # The hours say when; what becomes of people without a zone says whether.
        if (quiet := self.definition.quiet_hours) is not None:
            parts["quiet_hours"] = {"unknown_zone": quiet.unknown_zone}
        for key in _DECISIVE:
            parts.setdefault(key, None)
        del parts["variants"]
        if variants := self.variants():
            # In their order and with their full shares, which decide who gets which.
            shares = full_shares(self.definition.variants)
            parts["variants"] = [
                [name, shares[name], one._decisive()["message"]]  # noqa: SLF001 - of its own kind
                for name, one in variants.items()
            ]
        return parts


def _drop_what_changes_nothing(parts: dict[str, Any], definition: Definition) -> None:
    """Take out keys that say what holds without them: to write them down changes nothing."""
    recipients = parts["recipients"]
    for key, default in (("digits_are_international", "auto"), ("validity", "strict")):
        if recipients.get(key) == default:
            del recipients[key]
    if definition.quiet_hours is None:
        recipients.pop("timezone", None)
    template = (parts.get("message") or {}).get("template") or {}
    for key in ("footer", "parameters"):  # what is sent, and to whom, is the same without
        template.pop(key, None)


def _hash(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def load(
    path: Path,
    providers: Callable[[str], type[Provider] | None],
    known: Sequence[str],
    *,
    now: datetime | None = None,
    past_ok: bool = False,
) -> Loaded:
    """Read a definition.

    Args:
        path: the YAML file.
        providers: returns the provider of a name, or None; asked only for the one that is named.
        known: the names of all providers, for hints.
        now: what ``schedule_at`` is compared with; the clock by default.
        past_ok: accept a ``schedule_at`` that has passed, to look at a run that has started or
            to go on with it.

    Raises:
        InvalidInput: with every problem that was found, in the order of the lines.
    """
    source = YamlSource.read(path)
    provider = _provider(source.data, providers)
    source = source.hiding(hidden(source.data, provider))
    problems = list(source.problems)
    silent = set(source.broken)
    for place, message in references(source.data, provider):
        instead = "write the value itself, not the name of an environment variable"
        problems.append(source.problem(place, message, instead))
        silent.add(place)

    def report(place: Keys, found: Problem) -> None:
        where = source.known(place)
        # A value that is already reported as unusable needs no second complaint.
        if not any(where[: len(mute)] == mute for mute in silent) and found not in problems:
            problems.append(found)

    definition = _whole(source.data)
    values = {} if definition is None else dict(definition)
    # Key by key where something is wrong, so that the others can still be checked.
    for name in Definition.model_fields if definition is None else ():
        try:
            values[name] = _field(name, source.data)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                place = (name, *detail["loc"])
                detail["loc"] = place
                report(place, problem(detail, Definition, (), source))
        except KeyError:
            report((name,), Problem(f"`{name}` is missing", file=path, line=1))
    for key in source.data:
        if key not in Definition.model_fields:
            message = f"`{key}` is not a key of a definition"
            hint = near(key, list(Definition.model_fields))
            report((key,), source.problem((key,), message, hint, at_key=True))

    settings: ProviderSettings | None = None
    if provider is not None:
        try:
            settings = provider.Settings.model_validate(source.data["provider"])
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                place = ("provider", *detail["loc"])
                report(place, problem(detail, provider.Settings, ("provider",), source))
        draft = Draft(
            valid=frozenset(values),
            provider=provider,
            settings=settings,
            channel=values.get("channel"),
            sender=values.get("sender", []),
            message=values.get("message"),
            window=values.get("window"),
            recipients=values.get("recipients"),
            quiet_hours=values.get("quiet_hours"),
            rate=values.get("rate") or Rate(),
            source=source,
            now=None if past_ok else now or datetime.now(UTC),
        )
        for misfit in misfits_of_each(draft, values.get("variants")):
            report(misfit.path, source.problem(misfit.path, misfit.message, misfit.hint))
    elif "provider" in values:
        place = ("provider", "name")
        message = "there is no provider of this name"
        hint = near(values["provider"].name, known)
        report(place, source.problem(place, message, hint))

    if problems or definition is None or provider is None or settings is None:
        raise InvalidInput(sorted(problems, key=lambda p: (p.line or 0, p.column or 0)))
    return Loaded(path, definition, settings, provider, source)


def _provider(
    data: Mapping[str, Any], providers: Callable[[str], type[Provider] | None]
) -> type[Provider] | None:
    section = data.get("provider")
    name = section.get("name") if isinstance(section, dict) else None
    return providers(name) if isinstance(name, str) and name else None


def _whole(data: Mapping[str, Any]) -> Definition | None:
    """Return the definition if all of it is valid, which is known sooner than of each key."""
    try:
        return Definition.model_validate(data)
    except ValidationError:
        return None


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    field = Definition.model_fields[name]
    return TypeAdapter(cast("Any", Annotated)[field.annotation, field])


def _field(name: str, data: Mapping[str, Any]) -> Any:
    """Validate one top-level key by itself, so that the others can still be checked.

    Raises:
        KeyError: it is required and not there.
        ValidationError: it is not valid.
    """
    field = Definition.model_fields[name]
    if name not in data and not field.is_required():
        return field.get_default(call_default_factory=True)
    return _adapter(name).validate_python(data[name])
