"""What a test shows: the message before it leaves, and then what became of it for each address."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from campaign.ledger.records import State
from campaign.reasons import reasons
from campaign.reporting import words
from campaign.reporting.tables import STYLES
from campaign.testing import Answer, Preview, TeamTest


def preview_lines(preview: Preview) -> Iterator[Text]:
    """Yield what is about to leave."""
    rehearsal = " (sandbox: a rehearsal, nobody is messaged)" if preview.sandbox else ""
    yield Text(
        f"A test of {preview.name}: {preview.channel} through {preview.provider}{rehearsal}",
        style="bold",
    )
    variant = "" if preview.variant is None else f", variant {preview.variant}"
    yield Text(f"The message of {preview.source}{variant}, as {preview.form.value}:")
    if not preview.texts:
        nothing = "the agent writes it" if preview.form.value == "agent" else "no variables"
        yield Text(f"  ({nothing})")
    for name, text in preview.texts.items():
        # As text: what stands in brackets in a message is no mark-up of ours.
        yield Text(f"  {words.shortened(text if name == 'text' else f'{name} = {text}')}")
    for one in preview.open:
        yield Text(
            f"An earlier test to {one.address}, of {words.clock(one.claimed_at)}, has no answer: "
            "it may have arrived.",
            style=STYLES["unknown"],
        )


def tested_lines(tested: TeamTest) -> Iterator[Text]:
    """Yield what became of it."""
    if not tested.answers:
        yield Text("Not confirmed; nothing was sent.")
        return
    for answer in tested.answers:
        state = Text(answer.state.value, style=STYLES[answer.state.value])
        yield Text(f"{answer.address}  ").append_text(state).append(_why(answer))
    yield Text(
        "A test is in no count of any run. The campaign's schedule and quiet hours do not hold "
        "for it.",
        style="dim",
    )


def _why(answer: Answer) -> str:
    if answer.state is State.PENDING:
        return ": not tried; the vendor refuses the whole campaign"
    if answer.outcome is None or answer.outcome.reason is None:
        return ""
    if answer.state is State.UNKNOWN:
        told = "it may have gone out. Ask the person before you test again"
    else:
        known = reasons().get(answer.outcome.reason)
        told = known.sentence.rstrip(".") if known else answer.outcome.reason
    detail = f" ({answer.outcome.detail})" if answer.outcome.detail else ""
    return f": {told}{detail}"
