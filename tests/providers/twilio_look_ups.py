"""Twilio's records of messages, and an account that has some of them."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx

from tests.providers.look_ups import ANA, AT, BO, Exchange, asked, to, twilio
from tests.providers.vendors import NUMBER, SENDER, answer

OTHER = "+491713920099"


def message(minutes: float = 0.5, **changes: Any) -> dict[str, Any]:
    made = {
        "sid": "SM" + "1" * 32,
        "to": NUMBER,
        "from": SENDER,
        "body": ANA.text,
        "direction": "outbound-api",
        "status": "delivered",
        "date_created": format_datetime(AT + timedelta(minutes=minutes)),
        "date_sent": None,
        "error_code": None,
        "error_message": None,
    }
    return made | changes


BOS = message(-1, to=BO.address, body="Hi Bo, your order is ready.")
"""What the run sent to Bo."""


def page(*messages: Any, **more: Any) -> dict[str, Any]:
    return {"messages": list(messages), "next_page_uri": None, **more}


def of_ana(*messages: Any, own: bool = True, **changes: Any) -> Exchange:
    """Ask an account that has these messages to Ana, and perhaps what the run sent to Bo."""

    def vendor(request: httpx.Request) -> httpx.Response:
        if request.url.params["To"] == BO.address:
            return answer(200, page(*([BOS] if own else [])))
        return answer(200, page(*messages))

    return asked(twilio(), vendor, to(ANA, **changes))
