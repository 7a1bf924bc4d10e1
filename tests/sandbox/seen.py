"""What look-ups show beside the truth."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx

from campaign.sandbox import SandboxServer
from tests.contracts.validator import assert_request_fits, assert_response_fits
from tests.sandbox.samples import TO

DAY = timedelta(days=1)
ANSWERS = {"script": {TO: [{"after": 60, "does": "replied", "text": "Yes"}]}}
ENDS = {
    "script": {
        TO: [
            {"after": 5, "does": "delivered"},
            {"after": 30, "does": "read"},
            {"after": 60, "does": "replied", "text": "Yes"},
            {"after": 90, "does": "opted_out", "text": "STOP"},
            {"after": 600, "does": "closed"},
        ]
    }
}


def checked(vendor: str, answer: httpx.Response) -> Any:
    assert_request_fits(vendor, answer.request)
    assert_response_fits(vendor, answer.request, answer)
    assert answer.status_code == 200
    return answer.json()


def acts(sandbox: SandboxServer) -> dict[str, datetime]:
    """When each thing happened, by the truth."""
    (one,) = sandbox.people.acts()
    return {act["does"]: datetime.fromisoformat(act["at"]) for act in one["acts"]}
