"""What a poll says is sound or it is not said, and a page that cannot be had is a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import httpx
import pytest

from campaign.channel import Channel
from campaign.outcomes.polling import NotAsked, Patience, Poller
from campaign.providers.heard import About, Happening, Page, Steps, Unheard
from campaign.providers.look_up import Wait
from tests.outcomes.sent import NOON, heard

ABOUT = About(NOON, NOON, Channel.SMS)
EVENT = heard(Happening.UNDELIVERED, ids=("a",), code="s3cret 7", address="+4915")


class Scripted:
    """A transport that answers the nth request as it is told."""

    def __init__(self, answers: Callable[[int], httpx.Response | httpx.HTTPError]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    async def send(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        answer = self._answers(len(self.asked))
        if isinstance(answer, httpx.HTTPError):
            raise answer
        return answer


class Pages:
    """A poll that returns what it is told, after a request."""

    title, each, rate = "the vendor's list", False, 10_000.0

    def __init__(self, *returned: Any) -> None:
        self._returned = list(returned)
        self.cursors: list[str | None] = []
        self.closed = 0

    def page(self, about: About, cursor: str | None) -> Steps:
        self.cursors.append(cursor)
        try:
            response = yield httpx.Request("GET", "http://127.0.0.1/")
            assert response is not None
            returned = self._returned.pop(0)
            if isinstance(returned, Exception):
                raise returned
            page: Page = returned
            return page
        finally:
            self.closed += 1


def poller(poll: Any, answers: Callable[[int], Any] = lambda _: httpx.Response(200)) -> Poller:
    patience = Patience(3, 0.001, 0.002)
    return Poller(Scripted(answers), poll, patience, lambda text: text.replace("s3cret", "***"))


async def test_a_page_is_handed_on_without_a_secret() -> None:
    page = await poller(Pages(Page([EVENT], "next"))).page(ABOUT, None)
    assert page.cursor == "next"
    assert page.heard == [replace(EVENT, code="*** 7")]


async def test_all_pages_about_one_recipient_are_read() -> None:
    pages = Pages(Page([EVENT], "2"), Page([], "3"), Page([EVENT]))
    assert len(await poller(pages).about_one(ABOUT)) == 2
    assert (pages.cursors, pages.closed) == ([None, "2", "3"], 3)


@pytest.mark.parametrize(
    ("returned", "why"),
    [
        (Unheard("the body with s3cret is odd"), "the body with *** is odd"),
        (KeyError("s3cret"), "the poll broke: KeyError: '***'"),
        (None, "it gave no Page but NoneType"),
        (Page(cast("Any", [None])), "it gave no Heard but NoneType"),
        (Page([replace(EVENT, at=datetime(2026, 11, 20))]), "no offset"),  # noqa: DTZ001
        (Page([replace(EVENT, happening="read")]), "happening of an event is of type str"),
        (Page([replace(EVENT, ids=(7,))]), "an id of an event is no text"),
        (Page([replace(EVENT, address=49)]), "address of an event is of type int"),
        (Page([EVENT], "here"), "names itself as the next one"),
    ],
    ids=lambda value: value if isinstance(value, str) else "returned",
)
async def test_a_page_that_is_not_what_it_should_be_says_so_and_nothing_else(
    returned: Any, why: str
) -> None:
    pages = Pages(returned)
    with pytest.raises(NotAsked) as found:
        await poller(pages).page(ABOUT, "here")
    assert why in str(found.value)
    assert "s3cret" not in str(found.value)
    assert pages.closed == 1


async def test_a_vendor_that_says_later_is_asked_again_and_one_that_is_gone_is_told() -> None:
    pages = Pages(Page([]))
    asked = poller(pages, lambda n: httpx.Response(429 if n < 3 else 200))
    assert (await asked.page(ABOUT, None)).heard == []
    with pytest.raises(NotAsked, match="no answer: ConnectError: gone"):
        await poller(Pages(), lambda _: httpx.ConnectError("gone")).page(ABOUT, None)


@pytest.mark.parametrize("seconds", [901.0, float("inf"), float("nan")])
async def test_no_poll_makes_us_wait_for_ever(seconds: float) -> None:
    class Slow(Pages):
        def page(self, about: About, cursor: str | None) -> Steps:
            yield Wait(seconds)
            return Page([])

    with pytest.raises(NotAsked, match="more than 15 minutes in all"):
        await poller(Slow()).page(ABOUT, None)


async def test_pages_about_one_recipient_that_go_in_a_circle_come_to_an_end() -> None:
    class Circle(Pages):
        def page(self, about: About, cursor: str | None) -> Steps:
            yield httpx.Request("GET", "http://127.0.0.1/")
            return Page([], "b" if cursor == "a" else "a")

    with pytest.raises(NotAsked, match="more than 100 pages"):
        await poller(Circle()).about_one(ABOUT)
