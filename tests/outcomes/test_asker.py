"""Questions are carried to the vendor at its rate, tried again, and never break off the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from campaign.channel import Channel
from campaign.outcomes.asker import Asker
from campaign.providers.look_up import Finding, LookUp, Questions, Sought, Verdict, Wait

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


async def ask(way: LookUp, transport: Scripted, people: int, attempts: int = 3) -> list[Finding]:
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


class Odd(Way):
    """A look-up of somebody's own, which returns what it likes."""

    def __init__(self, returned: Any, *, together: bool = True) -> None:
        super().__init__(together=together)
        self.returned = returned

    def ask(self, sought: Sequence[Sought]) -> Questions:
        yield httpx.Request("GET", "http://127.0.0.1/")
        if isinstance(self.returned, Exception):
            raise self.returned
        return self.returned  # type: ignore[no-any-return]


GOOD = Finding(1, Verdict.FOUND, "there", "id-1", {"status": "sent"})


async def told_of(returned: Any) -> list[Finding]:
    return await ask(Odd(returned), Scripted(lambda _: httpx.Response(200)), 3)


@pytest.mark.parametrize(
    ("returned", "about_the_second"),
    [
        ([], "no finding"),
        (None, "no finding"),
        ("found", "no finding"),
        ([None, 7, "found", replace(GOOD, recipient=99)], "no finding"),
        ([replace(GOOD, recipient=True)], "no finding"),
        ([GOOD, GOOD], "several findings"),
        ([GOOD, replace(GOOD, verdict=Verdict.ABSENT)], "several findings"),
        ([sought(1)], "cannot be used: TypeError: it is no Finding but Sought"),
        # Spelt like a verdict, and none: it would have been weighed as "not sent".
        ([replace(GOOD, verdict="found")], "its verdict is of type str"),
        ([replace(GOOD, detail=None)], "its detail is of type NoneType"),
        ([replace(GOOD, evidence=[])], "its evidence is of type list"),
        ([replace(GOOD, evidence={("a", "b"): 1})], "cannot be used: TypeError"),
        ([replace(GOOD, provider_id=7)], "its provider_id is of type int"),
        ([replace(GOOD, code=30003)], "its code is of type int"),
        ([replace(GOOD, reason=7)], "its reason is of type int"),
        ([replace(GOOD, resend="no")], "its resend is of type str"),
    ],
    ids=lambda value: value if isinstance(value, str) else "answer",
)
async def test_a_look_up_that_breaks_its_contract_makes_nothing_certain(
    returned: Any, about_the_second: str
) -> None:
    found = await told_of(returned)
    assert [finding.recipient for finding in found] == [0, 1, 2]
    assert {finding.verdict for finding in found} == {Verdict.UNDECIDED}
    assert about_the_second in found[1].detail


async def test_one_odd_finding_costs_nobody_else_theirs() -> None:
    lost, there = replace(GOOD, recipient=0, verdict="absent"), replace(GOOD, recipient=2)
    found = await told_of([replace(GOOD, recipient=99), there, lost, GOOD])
    assert [finding.verdict for finding in found] == ["undecided", "found", "found"]
    assert found[1:] == [GOOD, there]


@pytest.mark.parametrize("together", [True, False])
async def test_a_bug_in_a_look_up_leaves_them_undecided_and_tells_no_secret(together: bool) -> None:
    way = Odd(KeyError("no s3cret in it"), together=together)
    found = await ask(way, Scripted(lambda _: httpx.Response(200)), 3)
    assert {finding.verdict for finding in found} == {Verdict.UNDECIDED}
    assert {finding.detail for finding in found} == {
        "the look-up broke: KeyError: 'no *** in it'",
    }


async def test_a_look_up_that_asks_nothing_that_can_be_asked_leaves_them_undecided() -> None:
    class Plain(Way):
        def ask(self, sought: Sequence[Sought]) -> Questions:
            return [GOOD]  # type: ignore[return-value]

    found = await ask(Plain(together=True), Scripted(lambda _: httpx.Response(200)), 2)
    assert {finding.verdict for finding in found} == {Verdict.UNDECIDED}


async def test_no_finding_tells_a_secret_whoever_made_it() -> None:
    echo = "it says s3cret"
    finding = replace(
        GOOD,
        detail=echo,
        provider_id=echo,
        code=echo,
        evidence={"status": echo, "parts": [{"deep": (echo,)}]},
    )
    (_, found, _) = await told_of([finding])
    assert found.verdict is Verdict.FOUND
    assert "s3cret" not in repr(found)
    assert found.evidence == {"status": "it says ***", "parts": [{"deep": ["it says ***"]}]}


@pytest.mark.parametrize("status", [429, 503])
async def test_a_vendor_that_asks_to_be_left_alone_for_a_day_is_not_waited_for(status: int) -> None:
    transport = Scripted(lambda _: httpx.Response(status, headers={"Retry-After": "86400"}))
    (finding,) = await ask(Way(), transport, 1)
    assert (finding.detail, transport.asked) == (f"HTTP {status}", ["/0"])


@pytest.mark.parametrize("seconds", [901.0, float("inf"), float("nan")])
async def test_a_look_up_that_asks_to_wait_for_ever_is_not_waited_for(seconds: float) -> None:
    way, transport = Way(together=True, wait=seconds), Scripted(lambda _: httpx.Response(200))
    found = await ask(way, transport, 2)
    assert {finding.verdict for finding in found} == {Verdict.UNDECIDED}
    assert "more than 15 minutes in all" in found[0].detail
    assert (transport.asked, way.closed) == ([], 1)


async def test_the_waits_of_a_look_up_are_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def at_once(seconds: float) -> None:
        slept.append(seconds)

    class Patient(Way):
        def ask(self, sought: Sequence[Sought]) -> Questions:
            while True:
                yield Wait(400)

    monkeypatch.setattr("campaign.outcomes.asker.anyio.sleep", at_once)
    (finding,) = await ask(Patient(together=True), Scripted(lambda _: httpx.Response(200)), 1)
    assert (finding.verdict, slept) == (Verdict.UNDECIDED, [400, 400])
