"""One request and what its answer means.

Invariant: there is one outcome for each message, whatever the provider makes of the answer, and no
text of an outcome holds a secret, whoever made it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import anyio
import httpx

from campaign.providers import http
from campaign.providers.protocol import Kind, Message, Outcome, Provider
from campaign.sending.speed import Transport

_TEXTS = ("code", "detail", "provider_id", "evidence")
"""What an outcome holds of a vendor's words."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Carries requests of a provider; ``clean`` takes the secrets out of a text."""

    provider: Provider
    transport: Transport
    clean: Callable[[str], str]

    async def outcomes(self, request: httpx.Request, messages: Sequence[Message]) -> list[Outcome]:
        """Send a request and return the outcome of each of its messages."""
        try:
            response = await self.transport.send(request)
        except httpx.HTTPError as error:
            return [http.failed(error, self.clean)] * len(messages)
        outcomes = self.provider.outcomes(response, messages)
        if len(outcomes) != len(messages):
            raise AssertionError(
                f"{self.provider.name} gave {len(outcomes)} outcomes for {len(messages)} messages"
            )
        return [self._cleaned(outcome) for outcome in outcomes]

    def broken_off(self, error: BaseException) -> Outcome:
        """Return the outcome of a request that was under way when everything had to stop.

        It may have gone out.
        """
        if isinstance(error, anyio.get_cancelled_exc_class()):
            return Outcome(Kind.UNKNOWN, "interrupted")
        return Outcome(Kind.UNKNOWN, "unreadable_answer", detail=http.told(error, self.clean))

    def _cleaned(self, outcome: Outcome) -> Outcome:
        # A provider cleans what it cuts; this is for the one that forgot.
        said = {name: value for name in _TEXTS if (value := getattr(outcome, name))}
        clean = {name: http.cleaned(value, self.clean) for name, value in said.items()}
        return outcome if clean == said else replace(outcome, **clean)
