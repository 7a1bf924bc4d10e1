"""An HTTP answer as bytes, ready to be sent or to be cut off half-way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

_PHRASES = {
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and headers; ``Content-Length`` is added on sending."""

    status: int
    body: bytes
    media_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class Refusal(Exception):
    """The vendor refuses this request, with this answer; nothing was accepted."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def json_answer(
    status: int,
    value: object,
    *,
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Answer with ``value`` as JSON."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, body, media_type, tuple((headers or {}).items()))


def gateway_answer(status: int) -> Answer:
    """Answer as a proxy in front of the vendor would: HTML that no JSON parser can read."""
    phrase = _PHRASES.get(status, "Error")
    return Answer(
        status,
        f"<html>\r\n<head><title>{status} {phrase}</title></head>\r\n"
        f"<body>\r\n<center><h1>{status} {phrase}</h1></center>\r\n</body>\r\n</html>\r\n".encode(),
        "text/html",
    )


UNREADABLE = Answer(
    200,
    b"<!DOCTYPE html>\n<html><head><title>Just a moment...</title></head>"
    b"<body>Please wait while your request is being verified.</body></html>\n",
    "text/html; charset=utf-8",
)
"""A success that no client can read: the page of a gateway in between."""
