"""What a vendor can be asked before anybody is messaged: key, agent, sender, template.

A check opens no socket: it is a generator that yields requests and is sent the answers. Invariants:
the requests only read; ``OK`` and ``WRONG`` are said only of what the vendor's answer says, and
everything else, also what the vendor documents no way to ask, is ``UNKNOWN`` in so many words.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from campaign.channel import Channel
from campaign.providers import http

if TYPE_CHECKING:
    import httpx


class Answered(StrEnum):
    """What a check says."""

    OK = "ok"
    WRONG = "wrong"
    """A run would fail: the vendor says so."""
    UNKNOWN = "unknown"
    """The vendor does not say, or cannot be asked."""


@dataclass(frozen=True, slots=True)
class OnlineFinding:
    """What a check says of ``what``; ``sentence`` and ``hint`` are for people."""

    what: str
    verdict: Answered
    sentence: str
    hint: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """Return it as plain data, for machines."""
        return {
            "what": self.what,
            "verdict": self.verdict.value,
            "sentence": self.sentence,
            "hint": self.hint,
        }


@dataclass(frozen=True, slots=True)
class Subject:
    """What the definition would send with; ``templates`` are the ids of all its templates."""

    channel: Channel
    senders: Sequence[str]
    templates: Sequence[str] = ()


Questions: TypeAlias = "Generator[httpx.Request, httpx.Response, list[OnlineFinding]]"
"""Yields requests that only read, and is sent their answers; returns findings."""


@dataclass(frozen=True, slots=True)
class OnlineCheck:
    """One thing to ask; ``what`` is it for people, also where no answer comes."""

    what: str
    ask: Callable[[], Questions]


@runtime_checkable
class AsksOnline(Protocol):
    """A provider whose vendor can be asked beforehand."""

    def online_checks(self, subject: Subject) -> Sequence[OnlineCheck]:
        """Return what can be asked about what the definition would send with."""
        ...


def ok(what: str, sentence: str) -> OnlineFinding:
    """Return that something is right."""
    return OnlineFinding(what, Answered.OK, sentence)


def wrong(what: str, sentence: str, hint: str | None = None) -> OnlineFinding:
    """Return that something is wrong, and what to do."""
    return OnlineFinding(what, Answered.WRONG, sentence, hint)


def unknown(what: str, sentence: str, hint: str | None = None) -> OnlineFinding:
    """Return that something could not be found out, and why."""
    return OnlineFinding(what, Answered.UNKNOWN, sentence, hint)


def cannot_be_asked(what: str, why: str) -> OnlineCheck:
    """Return the check of something that the vendor documents no way to ask."""

    def ask() -> Questions:
        yield from ()
        hint = "A test send to yourself shows it: campaign test."
        return [unknown(what, f"cannot be asked beforehand: {why}", hint)]

    return OnlineCheck(what, ask)


class Reader:
    """Reads the answers of one vendor; ``clean`` takes secrets out of a text."""

    def __init__(self, vendor: str, clean: Callable[[str], str]) -> None:
        self.vendor = vendor
        self.clean = clean

    def refuses_key(self, response: httpx.Response) -> bool:
        """Say whether the answer refuses the key."""
        return response.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)

    def key(self, response: httpx.Response, what: str = "key") -> OnlineFinding:
        """Say what an answer means for the key."""
        if response.is_success:
            return ok(what, f"{self.vendor} takes it")
        if self.refuses_key(response):
            return wrong(
                what,
                self.quoted(f"{self.vendor} refuses it", response),
                "Copy it again from the vendor's settings, and see whether it has run out.",
            )
        return self.unclear(what, response)

    def unclear(self, what: str, response: httpx.Response) -> OnlineFinding:
        """Return the finding of an answer that says nothing about it."""
        if self.refuses_key(response):
            return unknown(what, f"{self.vendor} refuses the key, so this could not be asked")
        said = "gave an answer that could not be understood"
        if not response.is_success:
            said = f"answered HTTP {response.status_code}"
        return unknown(what, self.quoted(f"{self.vendor} {said}", response))

    def quoted(self, text: str, response: httpx.Response) -> str:
        """Return a sentence with the vendor's own words behind it."""
        said = self.clean(http.text_of(response))
        shown = f": {said}" if said and said != "{}" else ""
        return http.shorten(f"{text} (HTTP {response.status_code}){shown}")

    def object_of(self, response: httpx.Response) -> Mapping[str, Any]:
        """Return the JSON object of an answer, empty where it is none."""
        found = http.json_of(response)
        return found if isinstance(found, Mapping) else {}

    def word(self, value: object) -> str | None:
        """Return an id or a status as text; ``None`` for what can be neither."""
        return http.word(value, self.clean)
