"""What people do: drawn once and for all from who they are, or written down word for word."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError

from campaign.errors import InvalidInput
from campaign.sandbox import SandboxConfig
from campaign.sandbox.people.habits import Habits
from tests.sandbox.samples import SENDBIRD, SYNTHFLOW, TO, WHIPPY, ZILD, control

DAY = timedelta(days=1)
EVERYBODY = {"delivered": 1, "read": 1, "replied": 1}


def doings(sandbox, vendor=None):
    """What each entry's person did by now, without the times."""
    return [[act["does"] for act in one["acts"]] for one in sandbox.people.acts(vendor)]


def seconds(one):
    """How long after the message each act came."""
    began = datetime.fromisoformat(one["began"])
    return [(datetime.fromisoformat(act["at"]) - began).total_seconds() for act in one["acts"]]


def send_many(sandbox, count, sample=SYNTHFLOW):
    for number in range(count):
        sample.post(sandbox, sample.to(f"+1555{number:07}"))


def test_nobody_does_anything_unless_it_is_configured(sandbox, sample):
    sample.post(sandbox)
    sandbox.clock.advance(timedelta(seconds=200))
    assert doings(sandbox) == [[]]


def test_sendbird_closes_by_itself_what_nobody_answers(sandbox):
    SENDBIRD.post(sandbox)
    sandbox.clock.advance(timedelta(seconds=301))
    (one,) = sandbox.people.acts()
    assert [act["does"] for act in one["acts"]] == ["closed"]
    assert seconds(one) == [300]


def test_things_happen_when_their_time_has_come(sandbox_with):
    sandbox = sandbox_with(
        people={
            "delivered": {"after": 10},
            "read": {"after": "1m"},
            "replied": {"after": "1h", "texts": ["Yes"]},
            "closed": {"answered": "2h"},
        }
    )
    SYNTHFLOW.post(sandbox)
    seen = []
    for step in (0, 11, 60, 3600, 7200):
        sandbox.clock.advance(timedelta(seconds=step))
        seen += doings(sandbox)
    assert seen == [
        [],
        ["delivered"],
        ["delivered", "read"],
        ["delivered", "read", "replied"],
        ["delivered", "read", "replied", "closed"],
    ]
    (one,) = sandbox.people.acts()
    assert seconds(one) == [10, 70, 3670, 10870]
    assert one["acts"][2]["text"] == "Yes"
    assert (one["vendor"], one["to"], one["number"]) == ("synthflow", TO, 1)
    assert one["provider_id"] == sandbox.journal.entries()[0].provider_id


def test_the_truth_can_be_asked_for_by_vendor_and_from_a_number_on(sandbox_with):
    sandbox = sandbox_with(people=EVERYBODY)
    for sample in (SENDBIRD, WHIPPY, SENDBIRD):
        sample.post(sandbox)
    sandbox.clock.advance(DAY)
    told = control(sandbox, "GET", "people?vendor=sendbird&since=1").json()
    assert [one["number"] for one in told["people"]] == [3]
    assert told["people"] == sandbox.people.acts("sendbird", 1)
    assert datetime.fromisoformat(told["now"]) <= sandbox.clock.now()
    assert control(sandbox, "GET", "people?vendor=acme").status_code == 400


def test_shares_are_parts_of_the_people(sandbox_with):
    sandbox = sandbox_with(
        people={
            "delivered": 0.6,
            "undelivered": 0.3,
            "read": 0.5,
            "replied": 0.3,
            "opted_out": 0.2,
            "closed": {"unanswered": "1d", "answered": 60},
        }
    )
    send_many(sandbox, 300)
    sandbox.clock.advance(2 * DAY)
    did = Counter(does for acts in doings(sandbox) for does in acts)
    assert 150 < did["delivered"] < 210
    assert 65 < did["undelivered"] < 120
    assert 60 < did["read"] < 120
    assert 30 < did["replied"] < 80
    assert 15 < did["opted_out"] < 60
    assert did["closed"] == 300
    for acts in doings(sandbox):
        assert not ({"delivered", "undelivered"} <= {*acts})
        assert "delivered" in acts or not {"read", "replied", "opted_out"} & {*acts}
        assert acts[-1] == "closed"


def test_the_same_people_do_the_same_in_whatever_order_they_are_written_to(sandbox_with):
    def did(order):
        sandbox = sandbox_with(seed=3, people={"delivered": 0.5, "replied": 0.5})
        for number in order:
            SYNTHFLOW.post(sandbox, SYNTHFLOW.to(f"+1555{number:07}"))
        sandbox.clock.advance(DAY)
        return {one["to"]: (seconds(one), one["acts"][-1:]) for one in sandbox.people.acts()}

    def without_times(told):
        return {to: (after, [act["does"] for act in last]) for to, (after, last) in told.items()}

    there, back = (without_times(did(order)) for order in (range(30), reversed(range(30))))
    assert there == back
    assert len({after[0] for after, _ in there.values() if after}) > 5


def test_another_seed_has_other_people_and_a_second_message_may_be_taken_otherwise(sandbox_with):
    def did(seed, times=1):
        sandbox = sandbox_with(seed=seed, people={"delivered": 0.5})
        for _ in range(times):
            send_many(sandbox, 40)
        sandbox.clock.advance(DAY)
        return doings(sandbox)

    assert did(1) != did(2)
    twice = did(1, times=2)
    assert twice[:40] == did(1)
    assert twice[:40] != twice[40:]


def test_only_sendbird_tells_of_a_reaction(sandbox_with):
    sandbox = sandbox_with(people={"delivered": 1, "reacted": {"after": 5}})
    for sample in (SENDBIRD, SYNTHFLOW):
        sample.post(sandbox)
    sandbox.clock.advance(timedelta(seconds=60))
    assert doings(sandbox) == [["delivered", "reacted"], ["delivered"]]


def test_who_would_answer_after_the_conversation_is_closed_does_not(sandbox_with):
    sandbox = sandbox_with(people={"delivered": 1, "replied": {"after": "1h"}})
    for sample in (SENDBIRD, SYNTHFLOW):
        sample.post(sandbox)
    sandbox.clock.advance(DAY)
    assert doings(sandbox) == [["delivered", "closed"], ["delivered", "replied"]]


def test_a_message_that_was_never_sent_reaches_nobody(sandbox_with):
    sandbox = sandbox_with(people=EVERYBODY)
    WHIPPY.post(sandbox, {**WHIPPY.body, "send_initial_message": False})
    sandbox.clock.advance(DAY)
    (one,) = sandbox.people.acts()
    assert (one["began"], one["acts"]) == (None, [])


def test_a_scheduled_message_begins_at_its_time_or_fails_to(sandbox_with):
    for share, after in ((0, ["delivered"]), (1, ["failed_to_begin"])):
        sandbox = sandbox_with(people={"failed_to_begin": share, "delivered": 1})
        later = (sandbox.clock.now() + DAY).isoformat()
        WHIPPY.post(sandbox, {**WHIPPY.body, "schedule_at": later})
        sandbox.clock.advance(DAY / 2)
        assert (sandbox.people.acts()[0]["began"], doings(sandbox)) == (None, [[]])
        sandbox.clock.advance(DAY)
        assert doings(sandbox) == [after]
        assert (sandbox.people.acts()[0]["began"] is None) == (share == 1)


def test_what_does_not_arrive_says_why_as_fits_the_channel(sandbox_with):
    sandbox = sandbox_with(
        people={"undelivered": {"codes": [30005], "whatsapp_codes": [63024, 63049]}}
    )
    SYNTHFLOW.post(sandbox)
    for number in range(20):
        ZILD.post(sandbox, ZILD.to(f"+1555{number:07}"))
    sandbox.clock.advance(DAY)
    codes = [one["acts"][0]["code"] for one in sandbox.people.acts()]
    assert codes[0] == "30005"
    assert {*codes[1:]} == {"63024", "63049"}


def test_a_script_is_followed_word_for_word_whatever_the_others_do(sandbox_with):
    sandbox = sandbox_with(
        people={
            **EVERYBODY,
            "script": {
                TO.removeprefix("+"): [
                    {"after": "2m", "does": "opted_out"},
                    {"after": 30, "does": "replied", "text": "who?"},
                    {"after": "3m", "does": "undelivered"},
                ]
            },
        }
    )
    SENDBIRD.post(sandbox)
    sandbox.clock.advance(DAY)
    (one,) = sandbox.people.acts()
    assert seconds(one) == [30, 120, 180]
    assert [(act["does"], act.get("text"), act.get("code")) for act in one["acts"]] == [
        ("replied", "who?", None),
        ("opted_out", "STOP", None),
        ("undelivered", None, "30005"),
    ]


def test_the_usual_people_leave_something_in_every_column_and_are_done_within_a_day(sandbox_with):
    sandbox = sandbox_with(people=Habits.usual())
    send_many(sandbox, 400, SENDBIRD)
    sandbox.clock.advance(DAY)
    did = Counter(does for acts in doings(sandbox) for does in acts)
    assert {*did} == {
        "delivered",
        "undelivered",
        "read",
        "replied",
        "reacted",
        "opted_out",
        "closed",
    }
    assert did["closed"] == 400
    sandbox.clock.advance(30 * DAY)
    assert Counter(does for acts in doings(sandbox) for does in acts) == did


@pytest.mark.parametrize(
    "people",
    [
        {"delivered": 1.5},
        {"delivered": 0.7, "undelivered": 0.7},
        {"replied": 0.5, "reacted": 0.4, "opted_out": 0.2},
        {"read": {"after": [20, 10]}},
        {"read": {"after": "soon"}},
        {"read": {"after": -1}},
        {"replied": {"texts": []}},
        {"undelivered": {"codes": ["none"]}},
        {"script": {TO: [{"after": 1, "does": "laughed"}]}},
        {"laughed": 1},
    ],
)
def test_people_who_make_no_sense_are_refused(people):
    with pytest.raises(ValidationError):
        SandboxConfig.model_validate({"people": people})


def test_people_are_read_from_a_file_with_units_of_time(tmp_path):
    path = tmp_path / "sandbox.yaml"
    path.write_text(
        "people:\n"
        "  delivered: 0.9\n"
        "  read: {share: 0.5, after: [30s, 2h]}\n"
        '  script: {"+15550000001": [{after: 1.5m, does: replied, text: yes please}]}\n',
        encoding="utf-8",
    )
    people = SandboxConfig.read(path).people
    assert people.delivered.share == 0.9
    assert people.read.after == (30, 7200)
    assert people.script["+15550000001"][0].after == 90
    path.write_text("people: {delivered: most}\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"people\.delivered"):
        SandboxConfig.read(path)
