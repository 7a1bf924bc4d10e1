"""A definition made ready: what is judged again before each message, speed, names, secrets."""

from __future__ import annotations

import resource
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from campaign.errors import InvalidInput
from campaign.job import Job
from campaign.message.form import Form
from campaign.preflight.forecast import forecast
from campaign.sending.quotas import Quota
from campaign.sending.todo import Todo
from tests.plan.planned import ANA, BO, CEM, HEADER, LIST, SMS, WHATSAPP, write

WITH_A_WAY_OUT = SMS.replace("first_name }}", "first_name }}. Reply STOP to opt out.")
NOW = 1_790_000_000.0
HOUR_AGO = int((NOW - 3600) * 1e6)
NOBODY = pl.Series("identity", [], dtype=pl.String)
ZILD = """
name: spring
channel: whatsapp
provider: {name: zild, sandbox: true, bot_id: 7, batch: 20}
sender: 12
message: {template: {id: 42}}
"""
WHIPPY = """
name: spring
channel: whatsapp
provider: {name: whippy, sandbox: true, agent_id: 2a886b7d-d52d-4f8b-8ea0-19d3edc79214%s}
sender: "+12025550100"
"""


def _job(folder: Path, definition: str) -> Job:
    return Job.load(write(folder, definition + LIST))


def _todo(**change: Any) -> Todo:
    said: dict[str, Any] = {"last_inbound": HOUR_AGO, "text": "Hi", "template": {"1": "Basic"}}
    return Todo(0, "k", ANA, ANA, None, **said | change)


@pytest.mark.parametrize(
    ("change", "now", "verdict"),
    [
        ({}, NOW, Form.TEXT),
        ({}, NOW + 86_400, Form.TEMPLATE),
        ({"last_inbound": None}, NOW, Form.TEMPLATE),
        # The plan judged the other form; a gap in this one must not leave now.
        ({"template": {"1": None}}, NOW, Form.TEXT),
        ({"template": {"1": None}}, NOW + 86_400, "missing_variable"),
        ({"text": None}, NOW, "missing_variable"),
        ({"text": None}, NOW + 86_400, Form.TEMPLATE),
    ],
)
def test_the_form_is_chosen_again_when_a_message_leaves(
    tmp_path: Path, change: dict[str, Any], now: float, verdict: Form | str
) -> None:
    found = _job(tmp_path, WHATSAPP).judge(NOBODY)(_todo(**change), now)
    assert found == verdict
    assert isinstance(found, Form) is isinstance(verdict, Form)


def test_without_a_template_a_window_that_has_closed_meanwhile_gets_nothing(tmp_path: Path) -> None:
    skip = WHATSAPP.replace("{column: last_inbound}", "{column: last_inbound, outside: skip}")
    judge = _job(tmp_path, skip).judge(NOBODY)
    assert judge(_todo(), NOW) is Form.TEXT
    assert judge(_todo(), NOW + 86_400) == "window_closed"


def test_an_opt_out_that_came_after_the_plan_is_honoured(tmp_path: Path) -> None:
    judge = _job(tmp_path, SMS).judge(pl.Series("identity", [ANA]))
    assert judge(_todo(), NOW) == "suppressed"


@pytest.mark.parametrize(
    ("settings", "verdict"), [("", "window_closed"), (", outside_window: send", Form.AGENT)]
)
def test_an_agent_writes_first_outside_the_window_only_when_told_to(
    tmp_path: Path, settings: str, verdict: Form | str
) -> None:
    window = "window: {column: last_inbound}\n"
    judge = _job(tmp_path, WHIPPY % settings + window).judge(NOBODY)
    assert judge(_todo(last_inbound=None), NOW) == verdict
    assert judge(_todo(), NOW) is Form.AGENT


def test_the_message_holds_one_form_only(tmp_path: Path) -> None:
    fixed = _job(tmp_path, WHATSAPP).fixed()
    text, template = fixed.message(_todo(), Form.TEXT), fixed.message(_todo(), Form.TEMPLATE)
    assert (text.text, text.template) == ("Hi", None)
    assert template.text is None
    assert template.template is not None
    assert template.template.variables == {"1": "Basic"}


@pytest.mark.parametrize(
    ("said", "rate", "concurrency"),
    [
        ("", 1.0, 30),
        ("rate: 10/min\n", 1 / 6, 8),
        ("rate: 80/s\n", 80.0, 2400),
        ("rate: 900/s\n", 900.0, 4000),
        ("rate: {limit: 900/s, concurrency: 5}\n", 900.0, 5),
    ],
)
def test_without_a_word_the_concurrency_follows_the_rate(
    tmp_path: Path, said: str, rate: float, concurrency: int
) -> None:
    speed = _job(tmp_path, SMS + said).speed()
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert files > 64 + 8
    assert speed.rate == pytest.approx(rate)
    assert (speed.concurrency, speed.batch) == (min(concurrency, files - 64), 1)


def test_without_a_word_no_more_is_in_flight_than_files_may_be_open(tmp_path: Path) -> None:
    job = _job(tmp_path, SMS + "rate: 900/s\n")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        assert job.speed().concurrency == 256 - 64
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(
    ("said", "rate"),
    [
        ("{limit: 80/s, use: 90%}", 72.0),
        ("{use: 50%}", 0.5),
        ("{per_sender: 10/s}", 20.0),
        ("{per_sender: 10/s, use: 50%}", 10.0),
        ("{limit: 15/s, per_sender: 10/s}", 15.0),
        ("{limit: 80/s, per_sender: 10/s}", 20.0),
    ],
)
def test_the_asked_rate_is_the_share_of_the_limit_and_no_more_than_all_senders_may_have(
    tmp_path: Path, said: str, rate: float
) -> None:
    two = SMS.replace('sender: "+12025550100"', 'sender: ["+12025550100", "+12025550101"]')
    assert two != SMS
    assert _job(tmp_path, two + f"rate: {said}\n").speed().rate == pytest.approx(rate)


def test_a_cap_reaches_the_engine_in_seconds(tmp_path: Path) -> None:
    speed = _job(tmp_path, SMS + "rate: {at_most: [1000/min, 20000/h, 50000/d]}\n").speed()
    assert speed.at_most == [Quota(1_000, 60.0), Quota(20_000, 3_600.0), Quota(50_000, 86_400.0)]


def test_no_request_carries_more_than_a_cap_has_room_for(tmp_path: Path) -> None:
    chat = ZILD + "rate: {at_most: 5/min}\n"
    assert _job(tmp_path, ZILD).speed().batch == 20
    assert _job(tmp_path, chat).speed().batch == 5


def test_a_real_run_is_named_by_its_pattern_and_a_rehearsal_by_what_it_would_send(
    tmp_path: Path,
) -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    real = SMS.replace("sandbox: true", "api_key: '${KEY}'")
    assert _job(tmp_path, real).run_name("abcdef", at) == "once"
    assert _job(tmp_path, real + "run: '%Y-%m-%d'\n").run_name("abcdef", at) == "2026-11-20"
    rehearsal = _job(tmp_path, SMS).run_name("abcdef", at)
    assert rehearsal.startswith("once-sandbox-")
    other = _job(tmp_path, SMS.replace("Hi", "Hello"))
    assert len({rehearsal, other.run_name("abcdef", at), other.run_name("123456", at)}) == 3


def test_a_missing_secret_is_told_by_name_and_the_sandbox_needs_none(tmp_path: Path) -> None:
    real = _job(tmp_path, SMS.replace("sandbox: true", "api_key: '${KEY}'"))
    with pytest.raises(InvalidInput, match="KEY is not set"):
        real.provider({}, None)
    assert real.provider({"KEY": "x"}, None).name == "synthflow"
    assert _job(tmp_path, SMS).provider({}, "http://127.0.0.1:1").name == "synthflow"


def test_a_forecast_counts_shows_and_keeps_nothing_but_the_rejects_and_the_page(
    tmp_path: Path,
) -> None:
    rows = [(ANA, "Ana"), ("x", "Bo"), (BO, ""), (BO, "Bo"), (CEM, "Cem"), (CEM, "Cem")]
    job = Job.load(write(tmp_path, WITH_A_WAY_OUT + LIST + "rate: 2/s\n", HEADER, *rows))
    found = forecast(job, {})
    assert found.counts == {"planned": 6, "sendable": 3, "skipped": 3}
    assert found.refusals == {
        ("skipped", "duplicate"): 1,
        ("skipped", "missing_variable"): 1,
        ("skipped", "number_with_letters"): 1,
    }
    assert [(sample.row, sample.texts) for sample in found.samples] == [
        (2, {"message:text": "Hi Ana. Reply STOP to opt out."}),
        (5, {"message:text": "Hi Bo. Reply STOP to opt out."}),
        (6, {"message:text": "Hi Cem. Reply STOP to opt out."}),
    ]
    assert found.seconds == 1.5
    assert found.warnings == []
    assert found.rejects.read_text(encoding="utf-8").count("\n") == 4
    kept = {path.name for path in (tmp_path / "output").rglob("*") if path.is_file()}
    assert kept == {"check-rejects.csv", "check.html"}
    assert sum(reason["rows"] for reason in found.as_dict()["reasons"]) == 3


def test_a_forecast_shows_the_one_recipient_who_is_asked_for(tmp_path: Path) -> None:
    job = Job.load(write(tmp_path, SMS + LIST, HEADER, (ANA, "Ana"), (BO, "Bo")))
    assert [sample.address for sample in forecast(job, {}, only=BO).samples] == [BO]


def test_a_forecast_warns_of_a_secret_that_a_run_would_need(tmp_path: Path) -> None:
    real = WITH_A_WAY_OUT.replace("sandbox: true", "api_key: '${KEY}'") + LIST
    job = Job.load(write(tmp_path, real, HEADER, (ANA, "Ana")))
    (warning,) = forecast(job, {}).warnings
    assert "KEY" in warning
    assert forecast(job, {"KEY": "x"}).warnings == []


def test_a_forecast_tells_of_texts_that_cost_more_and_name_no_way_out(tmp_path: Path) -> None:
    rows = [(ANA, "Ana"), (BO, "Łucja"), ("x", "Łukasz")]
    found = forecast(Job.load(write(tmp_path, SMS + LIST, HEADER, *rows)), {})
    assert found.lengths is not None
    assert found.lengths.switched == 1
    (warning,) = found.warnings
    assert warning.startswith("The text does not say how to opt out.")
