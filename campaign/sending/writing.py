"""The bytes of a request.

Invariant: what a header or an address holds cannot end the head, so that no text of a definition
becomes a header or a request of its own.
"""

from __future__ import annotations

import re
from functools import lru_cache

import httpx

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def written(request: httpx.Request) -> bytes:
    """Return a request, whose body is in memory, as it travels.

    Raises:
        httpx.LocalProtocolError: it cannot be written.
    """
    headers = request.headers.raw
    method = request.method.encode("ascii", "replace")
    parts = [method, b" ", request.url.raw_path, b" HTTP/1.1\r\n"]
    for name, value in headers:
        if not _is_token(name):
            raise httpx.LocalProtocolError(f"{name!r} is not a header's name")
        parts += (name, b": ", value, b"\r\n")
    parts.append(b"\r\n")
    head = b"".join(parts)
    lines = len(headers) + 2
    if head.count(b"\n") != lines or head.count(b"\r") != lines or b"\0" in head:
        raise httpx.LocalProtocolError("a header, or the address, holds a line break")
    if not _is_token(method) or b"\r\ntransfer-encoding:" in head.lower():
        raise httpx.LocalProtocolError("the method or the framing of the request is not HTTP")
    return head + request.content


@lru_cache(maxsize=256)
def _is_token(name: bytes) -> bool:
    return _TOKEN.fullmatch(name) is not None
