"""Small campaigns, planned in a folder of their own."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from campaign.errors import InvalidInput, Problem
from campaign.job import Job
from campaign.plan import making
from campaign.plan.frozen import Plan

SMS = """
name: spring
channel: sms
provider: {name: synthflow, sandbox: true, agent_id: 2a886b7d-d52d-4f8b-8ea0-19d3edc79214}
sender: "+12025550100"
message: "Hi {{ first_name }}"
"""
WHATSAPP = """
name: spring
channel: whatsapp
provider: {name: synthflow, sandbox: true, agent_id: 2a886b7d-d52d-4f8b-8ea0-19d3edc79214}
sender: "+12025550100"
message:
  text: "Hi {{ first_name }}"
  template: {id: HX00000000000000000000000000000000, variables: {1: "{{ plan }}"}}
window: {column: last_inbound}
"""
MESSENGER = """
name: spring
channel: messenger
provider: {name: sendbird, sandbox: true, app_id: APP, ai_agent_id: bot}
message: "Hi"
"""
LIST = "recipients: list.csv\n"
HEADER = ("Phone", "First Name")
ANA, BO, CEM = "+491713920000", "+12025550110", "+46701740605"


def csv_text(*rows: Sequence[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def write(folder: Path, definition: str, *rows: Sequence[str], **files: str) -> Path:
    """Write a definition, its list, and other files (``opt_outs`` becomes opt_outs.csv)."""
    path = folder / "campaign.yaml"
    path.write_text(definition, encoding="utf-8")
    if rows:
        (folder / "list.csv").write_text(csv_text(*rows), encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return path


def plan_of(folder: Path, definition: str, *rows: Sequence[str], **files: str) -> Plan:
    job = Job.load(write(folder, definition, *rows, **files))
    plan, _ = making.make(job.question(job.suppressed()), folder / "plan.parquet")
    return plan


def verdicts(plan: Plan) -> list[str]:
    """One word for each row of the list: ``send``, or the reason why not."""
    found = plan.rows().select("verdict", "reason").collect().rows()
    assert all((verdict == "send") is (reason is None) for verdict, reason in found)
    return [reason or verdict for verdict, reason in found]


def row(plan: Plan, number: int) -> dict[str, Any]:
    return plan.rows().filter(number=number).collect().to_dicts()[0]


def refusal(folder: Path, definition: str, *rows: Sequence[str], **files: str) -> list[Problem]:
    """The problems for which no plan is made."""
    with pytest.raises(InvalidInput) as caught:
        plan_of(folder, definition, *rows, **files)
    assert not (folder / "plan.parquet").exists()
    assert not list(folder.glob(".*"))
    return list(caught.value.problems)
