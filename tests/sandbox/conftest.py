from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from campaign.sandbox import SandboxConfig, SandboxServer
from tests.sandbox.receiving import LIFE, SECRET, Receiver, receiver
from tests.sandbox.samples import ALL, Sample


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """A sandbox where nothing goes wrong."""
    with SandboxServer() as server:
        yield server


@pytest.fixture
def sandbox_with() -> Iterator[Callable[..., SandboxServer]]:
    """Start a sandbox with the given configuration."""
    with ExitStack() as stack:

        def start(**config: Any) -> SandboxServer:
            server = SandboxServer(SandboxConfig.model_validate(config))
            return stack.enter_context(server)

        yield start


@pytest.fixture(params=ALL, ids=lambda sample: sample.vendor)
def sample(request: pytest.FixtureRequest) -> Sample:
    """A good request, for each vendor in turn."""
    chosen: Sample = request.param
    return chosen


@pytest.fixture
def listening() -> Iterator[Receiver]:
    """Where the vendors post to."""
    with receiver() as kept:
        yield kept


@pytest.fixture
def posting(
    sandbox_with: Callable[..., SandboxServer], listening: Receiver
) -> Callable[..., SandboxServer]:
    """Start a sandbox in which one vendor posts to the receiver."""

    def start(vendor: str, people: Any = LIFE, **more: Any) -> SandboxServer:
        hook = {"url": f"{listening.url}/webhooks/{vendor}?token=t", "secret": SECRET}
        return sandbox_with(people=people, webhooks={vendor: hook, **more})

    return start
