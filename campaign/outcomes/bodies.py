"""The bodies of what is posted: each of a bounded size, and of a bounded size in all.

Invariant: no more than ``LARGEST`` bytes of one body and ``MOST`` of all of them are held, from the
first byte that arrives to the answer, for most of it is held before anything is proved. Whoever
comes when that many are held is to come again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

LARGEST = 1 << 20
"""Bytes of a body; no vendor's event comes near."""
MOST = 64 << 20
"""Bytes of all bodies together: of events, tens of thousands."""


class TooLarge(Exception):
    """The body is larger than any vendor's event."""


class TooMuch(Exception):
    """So much is held already that this body must come again."""


class Bodies:
    """Reads bodies, and counts what is ``held`` of them; ``highest`` is the most that ever was."""

    def __init__(self) -> None:
        self.held = 0
        self.highest = 0

    @asynccontextmanager
    async def of(self, request: Request) -> AsyncIterator[bytes]:
        """Read a body and hold it until the end of the block.

        Raises:
            TooLarge: it is, or its head says so.
            TooMuch: with it, too many bytes would be held in all.
            ClientDisconnect: whoever posted has gone.
        """
        if _announced(request) > LARGEST:
            raise TooLarge
        parts, size = list[bytes](), 0
        try:
            async for part in request.stream():
                if size + len(part) > LARGEST:
                    raise TooLarge
                if self.held + len(part) > MOST:
                    raise TooMuch
                size += len(part)
                self.held += len(part)
                self.highest = max(self.highest, self.held)
                parts.append(part)
            body = b"".join(parts)
            parts.clear()
            yield body
        finally:
            self.held -= size


def _announced(request: Request) -> int:
    """Return how many bytes the head says that there are; what is no number is too many."""
    try:
        return int(request.headers.get("content-length", "0"))
    except ValueError:
        return LARGEST + 1
