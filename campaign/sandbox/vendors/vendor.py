"""What every vendor's module answers; each knows one page of documentation and nothing else.

A vendor decides from the request alone: it opens no socket and keeps no journal, and it knows
faults only as two questions about a recipient. What can be looked up at it is in
:mod:`campaign.sandbox.lookups`, which shares the vendor's keys and its ways of refusing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from campaign.sandbox.answers import Answer
from campaign.sandbox.config import VendorConfig
from campaign.sandbox.faults import Wait
from campaign.sandbox.journal import Draft

Body = Mapping[str, Any]
Headers = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Call:
    """One request that came through the door: known key, within the limit, a JSON object.

    ``agent`` is the agent in the path, where the vendor has it there. ``is_invalid`` says whether
    an address is one the vendor refuses, ``is_missing`` whether the answer leaves it out.
    """

    agent: str | None
    body: Body
    now: datetime
    is_invalid: Callable[[str], bool]
    is_missing: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What was accepted, for the journal, and what the vendor answers."""

    drafts: tuple[Draft, ...]
    answer: Answer


class Service(ABC):
    """An API with a door: who is let in, and how it says no to the others."""

    name: ClassVar[str]
    """Its prefix in the sandbox, and a vendor's name in the journal."""

    @abstractmethod
    def knows_key(self, headers: Headers) -> bool:
        """Say whether the request carries a key that is let in."""

    @abstractmethod
    def unauthorised(self) -> Answer:
        """Refuse a missing or unknown key."""

    @abstractmethod
    def malformed(self) -> Answer:
        """Refuse a body that is no JSON object."""

    @abstractmethod
    def throttled(self, wait: Wait, headers: Mapping[str, str]) -> Answer:
        """Refuse for speed; ``headers`` are to be sent by vendors that document none."""

    @abstractmethod
    def broken(self, status: int) -> Answer:
        """Fail with a 5xx, as far as the vendor documents how."""


class Vendor(Service):
    """One vendor's way of saying yes and no."""

    path: ClassVar[str]
    """The vendor's true path; ``{agent}`` stands for the agent's id."""

    def __init__(self, config: VendorConfig) -> None:
        self._config = config

    def knows_key(self, headers: Headers) -> bool:
        """Say whether the request carries a key that this vendor lets in."""
        key = self.key(headers)
        return key != "" and (self._config.keys is None or key in self._config.keys)

    def knows_agent(self, agent: str) -> bool:
        """Say whether this agent exists."""
        return self._config.agents is None or agent in self._config.agents

    @abstractmethod
    def key(self, headers: Headers) -> str:
        """Return the key in the header that the vendor documents, or an empty text."""

    @abstractmethod
    def recipients(self, body: Body) -> Sequence[str]:
        """Return whoever the body names as recipients; it may be malformed."""

    @abstractmethod
    def accept(self, call: Call) -> Acceptance:
        """Accept the request.

        Raises:
            Refusal: the vendor refuses it; nothing was accepted.
        """


def header(headers: Headers, name: bytes) -> str:
    """Return one header (named in lower case) as text, or an empty text."""
    return headers.get(name, b"").decode("latin-1").strip()


def bearer(headers: Headers) -> str:
    """Return the token of ``Authorization: Bearer <token>``, or an empty text."""
    scheme, _, token = header(headers, b"authorization").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def texts(*values: object) -> list[str]:
    """Keep the values that are texts."""
    return [value for value in values if isinstance(value, str)]
