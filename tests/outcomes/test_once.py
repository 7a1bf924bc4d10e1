"""A post without a time of its own counts once, for posted again it would be dated later."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from campaign.errors import LedgerError
from campaign.ledger.sql_ledger import SqlLedger
from campaign.providers.heard import Heard, Received
from campaign.providers.twilio_webhook import TwilioEvents
from tests.outcomes.sent import ANA, BEN, DAY, MINUTE, NOON, Sent, heard, ms


def post(name: str, after: timedelta = MINUTE, address: str = ANA) -> Heard:
    return replace(heard(after=after, address=address), once=name)


def test_an_old_post_that_comes_again_opens_no_window_and_answers_no_newer_run(sent: Sent) -> None:
    first = sent.run("spring", {ANA: "a"}, NOON - 8 * DAY)
    sent.intake().take([post("SM1", -7 * DAY)])
    second = sent.run("summer", {ANA: "b"}, NOON)
    assert sent.intake().take([post("SM1")]).events == 0
    assert (sent.told(first), sent.told(second)) == ({0: "replied"}, {0: None})
    assert sent.inbound() == {ANA: ms(NOON - 7 * DAY)}


def test_another_post_counts_and_of_two_that_come_together_the_first_does(sent: Sent) -> None:
    sent.run("spring", {ANA: "a", BEN: "b"})
    posts = [post("SM1"), post("SM2", address=BEN), post("SM1", 2 * MINUTE)]
    assert sent.intake().take(posts).events == 2
    assert sent.intake().take([post("SM3", 3 * MINUTE), heard(address=BEN)]).events == 2
    assert sent.inbound() == {ANA: ms(NOON + 3 * MINUTE), BEN: ms(NOON + 5 * MINUTE)}


def test_a_post_that_could_not_be_written_counts_when_it_comes_again(
    sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> int:
        raise LedgerError("the disk is full")

    run = sent.run("spring", {ANA: "a"})
    with monkeypatch.context() as patched:
        patched.setattr(SqlLedger, "hear", broken)
        with pytest.raises(LedgerError):
            sent.intake().take([post("SM1")])
    sent.intake().take([post("SM1", 2 * MINUTE)])
    assert sent.told(run) == {0: "replied"}


def test_a_post_is_forgotten_after_thirty_days(sent: Sent) -> None:
    sent.intake().take([post("SM1"), post("SM2")])
    sent.store.rewrite("UPDATE posted SET kept_at = kept_at - ?", 31 * 24 * 3_600_000)
    sent.intake().take([post("SM3")])
    known = sent.ledger.posted("zild", ["SM1", "SM2", "SM3"], sandbox=False)
    assert known == {"SM3"}
    assert sent.ledger.posted("zild", ["SM3"], sandbox=True) == set()


def test_an_incoming_message_that_twilio_posts_again_later_is_not_heard_again(sent: Sent) -> None:
    body = b"MessageSid=SM1&From=whatsapp%3A%2B491713920001&To=whatsapp%3A%2B12025550100&Body=hi"
    run = sent.run("spring", {ANA: "a"}, NOON - 8 * DAY)
    for at in (NOON - 7 * DAY, NOON):
        sent.intake().take(TwilioEvents().heard(Received("https://a", {}, body, at=at)))
    assert sent.told(run) == {0: "replied"}
    assert sent.inbound() == {ANA: ms(NOON - 7 * DAY)}
