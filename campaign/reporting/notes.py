"""What must be known to read the figures right: in sentences, above them."""

from __future__ import annotations

from collections.abc import Sequence

from campaign.ledger.delivery_records import Deliveries, Delivery
from campaign.reporting import words
from campaign.reporting.compared import counts_of
from campaign.reporting.sums import Sums

_OF_MESSAGES = (Delivery.SENT, Delivery.DELIVERED, Delivery.READ, Delivery.UNDELIVERED)


def notes(
    sums: Sums,
    found: Deliveries,
    *,
    running: Sequence[str],
    several: bool,
    told_by_themselves: bool,
) -> list[str]:
    """Return the sentences; ``running`` names the runs that are under way."""
    counts, said = counts_of(sums), []
    if running:
        said.append(f"Under way now: {', '.join(running)}. The figures are those of this moment.")
    heard = sum(found.by_status.values())
    if counts.get("claimed") and not heard:
        said.append(
            "Nothing was heard of any message since it was sent: `campaign sync` asks the vendor, "
            "`campaign listen` is told by it. Until then, not responded means not known to have."
        )
    elif found.silent:
        said.append(
            f"Of {words.people(found.silent)} nothing was heard. Not responded means: not known to "
            "have; not delivered means: not known to be."
        )
    if heard and not any(found.by_status.get(one) for one in _OF_MESSAGES):
        said.append("The vendor says nothing of deliveries: only answers and closes were heard.")
    if others := counts.get("responded_else", 0):
        said.append(
            f"{words.people(others)} responded though the vendor is not known to have taken the "
            "message (unknown or failed here); they are in no rate."
        )
    if sums.held_out:
        said.append(_of_the_holdout(sums, told_by_themselves))
    if several:
        said.append(
            "Several runs are added up, so that a person in two of them counts twice. Each run's "
            "own report has the lists of its groups."
        )
    return said


def _of_the_holdout(sums: Sums, told: bool) -> str:
    held = words.people(sums.held_out)
    if not told:
        return (
            f"{held} were held out. Nobody was heard to write by themselves since, so there is "
            "nothing to compare with: their messages are heard only while `campaign listen` runs, "
            "or where `campaign sync` is told of them."
        )
    return (
        f"{held} were held out, and got nothing; {words.number(sums.held_out_wrote)} of them wrote "
        "by themselves since the run began."
    )
