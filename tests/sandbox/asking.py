"""Look-ups at the sandbox, each with a good key."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import httpx

from campaign.sandbox import SandboxServer
from tests.sandbox.samples import KEY, SENDBIRD, SYNTHFLOW, WHIPPY

ACCOUNT = "AC0123456789abcdef0123456789abcdef"
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


def basic(account: str, token: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{account}:{token}".encode()).decode()}


KEYS: dict[str, Mapping[str, str]] = {
    "sendbird": SENDBIRD.headers,
    "whippy": WHIPPY.headers,
    "synthflow": SYNTHFLOW.headers,
    "twilio": basic(ACCOUNT, KEY),
}

QUESTIONS = {
    "sendbird": ("GET", "/v3/ai_agent/data_exports", None),
    "whippy": ("POST", "/v1/conversations/search", {"query": ""}),
    "synthflow": ("GET", "/v2/chat", None),
    "twilio": ("GET", MESSAGES, None),
}
"""One good question for each API."""


def ask(
    sandbox: SandboxServer,
    vendor: str,
    path: str,
    body: Any = None,
    *,
    method: str | None = None,
    headers: Mapping[str, str] | None = None,
    **query: Any,
) -> httpx.Response:
    """POST where there is a body, else GET."""
    with httpx.Client(trust_env=False) as client:
        return client.request(
            method or ("GET" if body is None else "POST"),
            sandbox.url_for(vendor) + path,
            headers=KEYS[vendor] if headers is None else headers,
            json=body,
            params=query or None,
        )


def ask_good(sandbox: SandboxServer, vendor: str, **changed: Any) -> httpx.Response:
    method, path, body = QUESTIONS[vendor]
    return ask(sandbox, vendor, path, body, method=method, **changed)
