"""The connection itself: how an answer goes out whole, in part, or not at all.

ASGI has no way to hang up, and uvicorn turns an app that stays silent into a 500. So the protocol
hands its transport to the app, in the per-request state, and the app closes the real socket.
"""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from campaign.sandbox.answers import Answer

_TRANSPORT = "sandbox_transport"


class H11(H11Protocol):
    """uvicorn's own protocol, in pure Python."""

    def connection_made(self, transport: Any) -> None:
        """Let the app reach the transport of each request's connection."""
        self.app_state = {**self.app_state, _TRANSPORT: transport}
        super().connection_made(transport)


def http_protocol(name: str = "auto") -> type[asyncio.Protocol]:
    """Return the HTTP protocol for uvicorn: ``h11``, ``httptools``, or the faster one there is."""
    if name == "h11" or (name == "auto" and find_spec("httptools") is None):
        return H11
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class HttpTools(HttpToolsProtocol):
        def connection_made(self, transport: Any) -> None:
            self.app_state = {**self.app_state, _TRANSPORT: transport}
            super().connection_made(transport)

    return HttpTools


async def read_body(receive: Receive) -> bytes | None:
    """Read the whole body; None if the client left before its end."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def send_answer(answer: Answer, send: Send) -> None:
    """Send the answer whole."""
    await _start(answer, send)
    await send({"type": "http.response.body", "body": answer.body})


async def drop(scope: Scope, receive: Receive) -> None:
    """Close the connection without one byte of answer."""
    await _close(scope, receive)


async def cut(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    """Send the head and a part of the body, and close the connection."""
    await _start(answer, send)
    half = answer.body[: len(answer.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    await _close(scope, receive)


async def _start(answer: Answer, send: Send) -> None:
    headers: list[tuple[bytes, bytes]] = [
        (b"content-type", answer.media_type.encode("latin-1")),
        (b"content-length", str(len(answer.body)).encode("ascii")),
    ]
    headers += [(k.encode("latin-1"), v.encode("latin-1")) for k, v in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})


async def _close(scope: Scope, receive: Receive) -> None:
    state: dict[str, Any] = scope["state"]
    transport: asyncio.Transport = state[_TRANSPORT]
    transport.close()
    # Until uvicorn has noticed, returning would make it report that the app said nothing.
    while (await receive())["type"] != "http.disconnect":
        pass
