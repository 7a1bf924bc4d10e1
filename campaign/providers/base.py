"""What the built-in providers share: where to post, with which header, how to read a refusal."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from campaign.channel import Channel
from campaign.errors import InvalidInput, Problem
from campaign.providers import codes, http
from campaign.providers.heard import Poll, Webhook
from campaign.providers.look_up import LookUp
from campaign.providers.protocol import (
    Auth,
    Capabilities,
    Kind,
    Message,
    Misfit,
    Outcome,
    ProviderSettings,
    Refused,
)

if TYPE_CHECKING:
    import httpx

_HEADER_VALUE = re.compile(r"[\x20-\x7e]+")

SettingsT = TypeVar("SettingsT", bound=ProviderSettings)


class JsonProvider(ABC, Generic[SettingsT]):
    """A vendor that takes a JSON body over POST and a key in one header.

    A subclass says its ``path``, ``body`` and how to read a success; refusals are read here: by
    the vendor's code where there is one (the definition's ``codes`` first, then the vendor's
    table), else by the HTTP status.
    """

    name: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    default_auth: ClassVar[Auth]
    key_field: ClassVar[str]
    code_table: ClassVar[str]
    named_in: ClassVar[tuple[str, ...]] = ()
    """The members of the evidence that are ids, by which later events name the conversation."""

    def __init__(
        self, settings: SettingsT, secrets: Mapping[str, str], base_url: str | None = None
    ) -> None:
        """Take the settings and the secrets' values.

        Raises:
            InvalidInput: the key cannot be sent in a header; found here, and not by a request.
        """
        self.settings = settings
        self._secrets = dict(secrets)
        self.base = (base_url or settings.base_url or self.vendor_url()).rstrip("/")
        auth = settings.auth or self.default_auth
        # The sandbox, which checks no key, gets a stand-in.
        key = secrets.get(self.key_field, "sandbox")
        value = f"{auth.scheme} {key}".strip()
        if not _HEADER_VALUE.fullmatch(value):
            raise InvalidInput(
                Problem(
                    f"the key of {self.name} holds a character that no HTTP header can carry",
                    hint="Copy it again; a line break or a curly quote may have come along.",
                )
            )
        self._headers = {auth.header: value}
        # Here, for who looks at a run needs no HTTP.
        from campaign.providers.post import Post

        self._post = Post(self.base + self.path(), self._headers)

    @abstractmethod
    def vendor_url(self) -> str:
        """Return the vendor's documented address."""

    @abstractmethod
    def path(self) -> str:
        """Return the path that starts a conversation."""

    @abstractmethod
    def body(self, messages: Sequence[Message]) -> dict[str, Any]:
        """Return the JSON body for these messages."""

    @abstractmethod
    def accepted(self, response: httpx.Response, messages: Sequence[Message]) -> list[Outcome]:
        """Read a 2xx answer."""

    def code_and_detail(self, response: httpx.Response) -> tuple[str | None, str]:
        """Find the vendor's error code and its text in an answer that is not a success."""
        return None, http.text_of(response)

    def meaning(
        self, response: httpx.Response, code: str | None, detail: str, channel: Channel
    ) -> Refused | None:
        """Return what a code means, or ``None`` to go by the HTTP status."""
        del response, detail, channel
        return None if code is None else self.row(code)

    def row(self, code: str) -> Refused | None:
        """Return how a code is read: as the definition says, else as the vendor's table does."""
        return self.settings.codes.get(code) or codes.table(self.code_table).get(code)

    def request(self, messages: Sequence[Message]) -> httpx.Request:
        """Return the request that starts the conversation(s)."""
        return self._post.request(self.body(messages))

    def question(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> httpx.Request:
        """Return a request to the vendor, with the key."""
        # Not above: whoever reads a definition needs no client.
        import httpx

        return httpx.Request(
            method, self.base + path, params=params, headers=self._headers, json=json
        )

    def outcomes(self, response: httpx.Response, messages: Sequence[Message]) -> list[Outcome]:
        """Return what the answer means for each message, in their order."""
        if response.is_success:
            return self.accepted(response, messages)
        code, text = self.code_and_detail(response)
        detail = self.clean(text)
        status = response.status_code
        meaning = (
            self.meaning(response, code, detail, messages[0].channel)
            # A vendor without codes of its own is overridden by the HTTP status.
            or self.settings.codes.get(str(status))
            or http.by_status(status)
        )
        wait = http.wait_seconds(response, self.capabilities.wait_header)
        outcome = http.refusal(response, meaning, code=code, detail=detail, wait=wait)
        return [outcome] * len(messages)

    def unreadable(self, response: httpx.Response, what: str) -> Outcome:
        """Return the outcome of a 2xx whose body is not what the vendor documents.

        The vendor may well have sent the message, so it is unknown, never failed.
        """
        return Outcome(
            Kind.UNKNOWN,
            "unreadable_answer",
            detail=http.shorten(f"{what}: {self.clean(http.text_of(response))}"),
            http_status=response.status_code,
        )

    def clean(self, text: str) -> str:
        """Return a vendor's text without our secrets, shortened."""
        return http.shorten(http.without(self._secrets.values(), text))

    def secret(self, field: str) -> str | None:
        """Return a secret by its field, dotted where it is nested; rehearsals have none."""
        return self._secrets.get(field)

    def word(self, value: object) -> str | None:
        """Return an id or a code as text; ``None`` for what can be neither."""
        return http.word(value, self.clean)

    def kept(self, found: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
        """Return the members with these names that say something, without our secrets."""
        return http.kept(found, names, self.clean)

    def look_ups(self) -> Sequence[LookUp]:
        """Return the ways to ask what became of a message; none unless the vendor has one."""
        return ()

    def polls(self) -> Sequence[Poll]:
        """Return the ways to ask what came back; none unless the vendor has one."""
        return ()

    def webhooks(self) -> Sequence[Webhook]:
        """Return the events that the vendor posts by itself; none unless it documents any."""
        return ()

    def known_as(self, provider_id: str | None, evidence: Mapping[str, Any]) -> Sequence[str]:
        """Return by which ids the vendor's later events name the conversation or its message."""
        named = (self.word(evidence.get(name)) for name in self.named_in)
        return tuple(dict.fromkeys(name for name in (provider_id, *named) if name))

    @classmethod
    def misfits(cls, settings: SettingsT, channel: Channel, senders: Sequence[str]) -> list[Misfit]:
        """Return what only this vendor knows to be wrong; nothing beyond the capabilities."""
        del settings, channel, senders
        return []


def secret_or_sandbox(settings: ProviderSettings, field: str, example: str) -> None:
    """Refuse settings without a key, unless they send to the sandbox, which needs none.

    Raises:
        ValueError: the key is missing.
    """
    if getattr(settings, field) is None and not settings.sandbox:
        raise ValueError(f"{field} is missing; write {field}: ${{{example}}}")
