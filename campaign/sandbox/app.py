"""The sandbox as an ASGI application: every vendor below its own prefix, then its true path."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from campaign.sandbox.config import SandboxConfig
from campaign.sandbox.control import Control
from campaign.sandbox.exchange import Desk, Exchange
from campaign.sandbox.vendors import NAMES, vendors


def build(config: SandboxConfig, desk: Desk) -> Starlette:
    """Return the application; what it accepts and counts is seen at ``desk``."""

    async def elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a path that no vendor has, and count it where it was meant."""
        vendor = scope["path"].split("/")[1]
        if vendor in NAMES:
            desk.counts.add(vendor, "404")
        answer = JSONResponse({"error": "there is nothing at this path"}, status_code=404)
        await answer(scope, receive, send)

    routes = [
        Route(f"/{vendor.name}{vendor.path}", Exchange(vendor, desk)) for vendor in vendors(config)
    ]
    app = Starlette(routes=[*routes, *Control(desk, config.seed).routes()])
    # A vendor has exactly its paths: no redirect to one with or without a slash.
    app.router.redirect_slashes = False
    app.router.default = elsewhere
    return app
