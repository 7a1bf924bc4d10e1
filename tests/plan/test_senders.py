"""Our own senders on the list, however they are written."""

from __future__ import annotations

from pathlib import Path

from tests.plan.planned import BO, HEADER, LIST, SMS, plan_of, verdicts

EMAIL = """
name: spring
channel: email
provider: {name: whippy, sandbox: true, agent_id: 2a886b7d-d52d-4f8b-8ea0-19d3edc79214}
sender: Team@Example.com
"""


def test_an_address_of_ours_is_refused_in_whatever_case_either_is_written(tmp_path: Path) -> None:
    rows = [("team@example.com",), ("TEAM@example.COM",), ("ana@example.com",)]
    plan = plan_of(tmp_path, EMAIL + LIST, ("email",), *rows)
    assert verdicts(plan) == ["sender_is_recipient", "sender_is_recipient", "send"]


def test_a_number_of_ours_is_refused(tmp_path: Path) -> None:
    own = SMS.replace("+12025550100", BO)
    plan = plan_of(tmp_path, own + LIST, HEADER, (BO, "Bo"))
    assert verdicts(plan) == ["sender_is_recipient"]
