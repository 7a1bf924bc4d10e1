"""The sandbox as an ASGI application: every vendor below its own prefix, then its true path."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from campaign.sandbox.config import SandboxConfig
from campaign.sandbox.control import Control
from campaign.sandbox.exchange import Desk, Exchange
from campaign.sandbox.inquiry import Inquiry
from campaign.sandbox.lookups import SERVICES, lookups
from campaign.sandbox.vendors import NAMES, vendors


def build(config: SandboxConfig, desk: Desk) -> Starlette:
    """Return the application; what it accepts and counts is seen at ``desk``."""

    async def elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a path that no vendor has, and count it where it was meant."""
        vendor = scope["path"].split("/")[1]
        if vendor in SERVICES:
            (desk.counts if vendor in NAMES else desk.lookups).add(vendor, "404")
        answer = JSONResponse({"error": "there is nothing at this path"}, status_code=404)
        await answer(scope, receive, send)

    sending = [
        Route(f"/{vendor.name}{vendor.path}", Exchange(vendor, desk)) for vendor in vendors(config)
    ]
    asking = [
        Route(
            f"/{service.name}{lookup.path}",
            Inquiry(service, lookup, desk),
            methods=[lookup.method],
        )
        for service, lookup in lookups(config)
    ]
    # Sending comes first: a path to send to is never taken for the id of something to look up.
    app = Starlette(routes=[*sending, *asking, *Control(desk, config.seed).routes()])
    # A vendor has exactly its paths: no redirect to one with or without a slash.
    app.router.redirect_slashes = False
    app.router.default = elsewhere
    return app
