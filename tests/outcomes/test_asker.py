"""Questions are carried to the vendor at its rate, tried again, and never break off the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import httpx

from campaign.channel import Channel
from campaign.outcomes.asker import Asker
from campaign.providers.look_up import Finding, Questions, Sought, Verdict, Wait

Answers = Callable[[int], httpx.Response | httpx.HTTPError]


class Scripted:
    """A transport that answers the nth request as it is told."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.asked: list[str] = []

    async def send(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        answer = self._answers(len(self.asked))
        if isinstance(answer, httpx.HTTPError):
            raise answer
        return answer


class Way:
    """Asks once for each recipient, and finds whom the vendor answers 200 for."""

    title, authoritative, delay, rate = "the list", True, timedelta(0), 10_000.0

    def __init__(self, *, together: bool = False, wait: float | None = None) -> None:
        self.together = together
        self.wait = wait
        self.closed = 0

    def ask(self, sought: Sequence[Sought]) -> Questions:
        try:
            if self.wait is not None:
                assert (yield Wait(self.wait)) is None
            found = []
            for one in sought:
                response = yield httpx.Request("GET", f"http://127.0.0.1/{one.recipient}")
                assert response is not None
                ok = response.status_code == 200
                verdict = Verdict.FOUND if ok else Verdict.UNDECIDED
                found.append(Finding(one.recipient, verdict, f"HTTP {response.status_code}"))
            return found
        finally:
            self.closed += 1


def sought(number: int) -> Sought:
    return Sought(number, "+4915", Channel.SMS, None, None, datetime.now(UTC))


async def ask(way: Way, transport: Scripted, people: int, attempts: int = 3) -> list[Finding]:
    asker = Asker(
        transport,
        way,
        attempts=attempts,
        first_wait=0.001,
        longest_wait=0.002,
        clean=lambda text: text.replace("s3cret", "***"),
    )
    lots = asker.findings([sought(number) for number in range(people)])
    return [finding async for lot in lots for finding in lot]


async def test_everybody_gets_a_finding_in_their_order() -> None:
    transport = Scripted(lambda _: httpx.Response(200))
    found = await ask(Way(), transport, 20)
    assert [finding.recipient for finding in found] == list(range(20))
    assert sorted(transport.asked) == sorted(f"/{number}" for number in range(20))


async def test_one_question_for_all_is_asked_once() -> None:
    way = Way(together=True)
    found = await ask(way, Scripted(lambda _: httpx.Response(200)), 5)
    assert ([f.recipient for f in found], way.closed) == ([0, 1, 2, 3, 4], 1)


async def test_a_vendor_that_says_later_is_asked_again_and_the_last_answer_counts() -> None:
    transport = Scripted(lambda n: httpx.Response([429, 503, 200][n - 1]))
    (finding,) = await ask(Way(), transport, 1)
    assert (finding.verdict, transport.asked) == (Verdict.FOUND, ["/0"] * 3)
    transport = Scripted(lambda _: httpx.Response(503))
    (finding,) = await ask(Way(), transport, 1)
    assert (finding.detail, len(transport.asked)) == ("HTTP 503", 3)


async def test_a_refusal_is_an_answer_and_not_asked_again() -> None:
    transport = Scripted(lambda _: httpx.Response(404))
    await ask(Way(), transport, 1)
    assert transport.asked == ["/0"]


async def test_a_line_that_breaks_once_is_asked_again() -> None:
    transport = Scripted(lambda n: httpx.Response(200) if n > 1 else httpx.ReadError("gone"))
    (finding,) = await ask(Way(), transport, 1)
    assert finding.verdict is Verdict.FOUND


async def test_no_answer_at_all_leaves_everybody_undecided_and_tells_no_secret() -> None:
    way = Way(together=True)
    transport = Scripted(lambda _: httpx.ConnectError("no route with s3cret"))
    found = await ask(way, transport, 3)
    assert {finding.verdict for finding in found} == {Verdict.UNDECIDED}
    assert found[0].detail == "no answer: ConnectError: no route with ***"
    assert (len(transport.asked), way.closed) == (3, 1)


async def test_who_gets_no_answer_costs_nobody_else_theirs() -> None:
    class Half(Scripted):
        async def send(self, request: httpx.Request) -> httpx.Response:
            if request.url.path == "/1":
                raise httpx.ReadTimeout("slow")
            return await super().send(request)

    found = await ask(Way(), Half(lambda _: httpx.Response(200)), 3)
    assert [finding.verdict for finding in found] == ["found", "undecided", "found"]


async def test_an_export_that_is_being_made_is_waited_for() -> None:
    found = await ask(Way(together=True, wait=0.001), Scripted(lambda _: httpx.Response(200)), 2)
    assert len(found) == 2
