"""Small campaigns that are checked, in a folder of their own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from campaign.job import Job
from campaign.preflight.answer import Forecast
from campaign.preflight.forecast import forecast
from tests.plan.planned import HEADER, LIST, SMS, write

WITH_TEMPLATE = """
name: spring
channel: whatsapp
provider: {name: synthflow, sandbox: true, agent_id: 2a886b7d-d52d-4f8b-8ea0-19d3edc79214}
sender: "+12025550100"
message:
  text: "Hi {{ first_name }}"
  template:
    id: HX00000000000000000000000000000000
    category: marketing
    variables: {1: "{{ first_name }}"}
window: {column: last_inbound}
"""
GERMAN = "+4917139200{:02}"


def checked(
    folder: Path,
    *rows: Sequence[str],
    definition: str = SMS,
    header: Sequence[str] = HEADER,
    more: str = "",
    **files: str,
) -> Forecast:
    """Check a list of these rows; ``more`` is appended to the definition."""
    path = write(folder, definition + LIST + more, header, *rows, **files)
    return forecast(Job.load(path), {})


def people(*names: str) -> list[tuple[str, str]]:
    """One German mobile number for each first name."""
    return [(GERMAN.format(place), name) for place, name in enumerate(names)]
