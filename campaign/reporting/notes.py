"""What must be known to read the figures right: in sentences, above them."""

from __future__ import annotations

from collections.abc import Sequence

from campaign.ledger.delivery_records import Deliveries, Delivery
from campaign.reporting import words
from campaign.reporting.compared import counts_of
from campaign.reporting.holdout import DAYS
from campaign.reporting.sums import Sums

_OF_MESSAGES = (Delivery.SENT, Delivery.DELIVERED, Delivery.READ, Delivery.UNDELIVERED)


def notes(
    sums: Sums,
    found: Deliveries,
    *,
    running: Sequence[str],
    several: bool,
    comparable: Sums,
) -> list[str]:
    """Return the sentences.

    ``running`` names the runs that are under way; ``comparable`` are those of whose holdout
    something can be told.
    """
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
    if came := counts.get("came", 0):
        said.append(
            f"{words.people(came)} whose request was left without an answer (unknown) are known to "
            "have got the message all the same: `campaign reconcile` asks the vendor about them."
        )
    if counts.get("closed") and sums.answers()["resolution"].null_count() == len(sums.answers()):
        said.append(
            "How long conversations took until their close is not known: the vendor says that they "
            "are over, and not when they ended, or only when its last message was."
        )
    if stopped := counts.get("stopped", 0):
        share = 100 * stopped / counts["accepted"]
        said.append(
            f"Of those who responded, {words.people(stopped)} asked to be left alone: {share:.1f} "
            "% of all whom the vendor took. They are among those who responded, and are never sent "
            "to again."
        )
    if sums.held_out:
        said.append(_of_the_holdout(sums, comparable))
    if several:
        said.append(
            "Several runs are added up, so that a person in two of them counts twice; there are no "
            "ranges for that. Each run's own report has them, and the lists of its groups."
        )
    return said


def _of_the_holdout(sums: Sums, comparable: Sums) -> str:
    held = words.people(sums.held_out)
    if not comparable.held_out:
        return (
            f"{held} were held out. Nobody was heard to write by themselves since, so there is "
            "nothing to compare with: their messages are heard only while `campaign listen` runs, "
            "or where `campaign sync` is told of them."
        )
    wrote = words.number(comparable.held_out_wrote)
    said = f"{held} were held out, and got nothing; {wrote} of them wrote by themselves within "
    said += f"{DAYS} days of the run's start."
    if left_out := comparable.held_out_later:
        said += (
            f" Of {words.number(left_out)} more is known only that they wrote later; they are left "
            f"out of the comparison. A report of the first {DAYS} days leaves out nobody."
        )
    return said
