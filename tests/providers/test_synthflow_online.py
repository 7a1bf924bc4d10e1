"""Synthflow is asked about key and agent, and believed no further than it is documented."""

from __future__ import annotations

import httpx
import pytest

from tests.providers.online_checks import Asked, asked
from tests.providers.vendors import AGENT, answer

LISTED = {"assistants": [{"type": "outbound", "name": "Sales", "model_id": AGENT}]}
ALONE = {"assistants": {"type": "outbound", "model_id": AGENT}}


def of(response: object, status: int = 200) -> Asked:
    def vendor(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v2/chat":
            assert request.url.params["agent_id"] == AGENT
            return answer(200, {"status": "ok", "response": {}})
        assert request.url.path == f"/v2/assistants/{AGENT}"
        return answer(status, {"status": "ok", "response": response} if status == 200 else response)

    return asked("synthflow", vendor)


@pytest.mark.parametrize("response", [LISTED, ALONE])
def test_an_agent_that_is_shown_is_there_in_either_form_of_the_page(response: object) -> None:
    found = of(response)
    assert (found["key"], found["agent"]) == ("ok", "ok")
    assert "whether it is published, it does not say" in found.findings["agent"].sentence


@pytest.mark.parametrize(
    ("response", "status"),
    [({}, 400), ({"assistants": []}, 200), (None, 200), ({"assistants": [7]}, 200), ({}, 500)],
)
def test_an_agent_that_is_not_shown_may_be_there_all_the_same(
    response: object, status: int
) -> None:
    assert of(response, status)["agent"] == "unknown"
