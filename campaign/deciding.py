"""What only a person may decide: what became of an unknown, and who is sent to again.

Invariant: nobody leaves ``unknown`` or ``failed`` but by a decision that the ledger keeps, with
who, when and why; and nobody who may have got the message is sent to again unless the person said
that a second message is acceptable.
"""

from __future__ import annotations

import getpass
import platform
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from enum import StrEnum

from campaign.errors import InvalidInput
from campaign.job import Job
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import GIVEN_UP, Decision, Entry, Run, State
from campaign.plan.frozen import Plan
from campaign.plan.meant import meant
from campaign.reasons import reasons
from campaign.taking import taken

Decisions = Callable[[Ledger, Run], list[Decision]]
"""Says what is to be decided about the recipients of a run."""


class As(StrEnum):
    """What a person found out about an unknown recipient."""

    SENT = "sent"
    NOT_SENT = "not-sent"
    SKIP = "skip"


_BECOMES = {
    As.SENT: (State.ACCEPTED, "resolved_sent"),
    As.NOT_SENT: (State.PENDING, "resolved_not_sent"),
    As.SKIP: (State.SKIPPED, GIVEN_UP),
}


def resolve(
    job: Job,
    environment: Mapping[str, str],
    answer: As,
    keys: Collection[str] | None,
    why: str | None,
    run: str | None = None,
) -> int:
    """Settle unknown recipients as a person says; return how many.

    Args:
        job: the campaign.
        environment: where the ledger's address may come from.
        answer: what became of them.
        keys: their keys or addresses; ``None`` for every unknown recipient of the run.
        why: how the person knows; kept in the ledger.
        run: the name of the run, by default the newest.

    Raises:
        InvalidInput: a key is not one of an unknown recipient; nothing was decided.
        RunHeld: the run is being sent.
    """
    becomes, reason = _BECOMES[answer]

    def decisions(ledger: Ledger, found: Run) -> list[Decision]:
        unknown = list(ledger.in_state(found.id, State.UNKNOWN))
        if keys is not None:
            unknown = _picked(unknown, *_names(job, environment, found, keys))
        return [
            Decision(entry.number, State.UNKNOWN, becomes, reason, who(), why) for entry in unknown
        ]

    return _decide(job, environment, run, decisions, f"resolved as {answer.value}")


def send_again(
    job: Job,
    environment: Mapping[str, str],
    state: State,
    codes: Collection[str] = (),
    run: str | None = None,
) -> int:
    """Make failed (or unknown) recipients pending again; return how many.

    Without ``codes`` only failures that a resend can mend are chosen; with them, those with one
    of these reason codes or codes of the vendor.

    Raises:
        InvalidInput: there is no such run, or nobody in it has one of the codes.
        RunHeld: the run is being sent.
    """
    return _decide(job, environment, run, again(state, codes), f"retry of {state.value}")


def nobody_twice(state: State, *, unless: bool) -> None:
    """Refuse to send again to those of a state who may have the message.

    Raises:
        InvalidInput: they may, and duplicates are not accepted (``unless``).
    """
    if state is State.UNKNOWN and not unless:
        raise InvalidInput(
            "Unknown recipients may have got the message. Ask the vendor with `campaign "
            "reconcile`, or look them up and use `campaign resolve`; or say --accept-duplicates "
            "to send to them all the same."
        )


def again(state: State, codes: Collection[str] = ()) -> Decisions:
    """Return what makes failed (or unknown) recipients of a run pending again; see `send_again`."""

    def decisions(ledger: Ledger, found: Run) -> list[Decision]:
        entries = list(ledger.in_state(found.id, state))
        known = Counter(entry.reason or "" for entry in entries)
        strangers = set(codes) - set(known) - {entry.code for entry in entries}
        if strangers:
            has = ", ".join(f"{reason} ({rows:,})" for reason, rows in known.most_common())
            raise InvalidInput(
                f"Nobody in this run is {state.value} with {', '.join(sorted(strangers))}. "
                + (f"There are: {has}." if has else f"Nobody is {state.value} at all.")
            )
        chosen = [entry for entry in entries if _wanted(entry, codes)]
        return [
            Decision(
                entry.number, state, State.PENDING, "retried", who(), f"retry of {entry.reason}"
            )
            for entry in chosen
        ]

    return decisions


def who() -> str:
    """Name the person who decides: the login, and the machine."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # no login name, in a container say
        user = "somebody"
    return f"{user}@{platform.node()}"


def _decide(
    job: Job, environment: Mapping[str, str], run: str | None, decisions: Decisions, what: str
) -> int:
    with taken(job, environment, run) as it:
        done = it.ledger.decide(it.lease, decisions(it.ledger, it.run))
        it.ledger.note(it.lease, what, f"{done} recipients, by {who()}")
    return done


def _wanted(entry: Entry, codes: Collection[str]) -> bool:
    if codes:
        return entry.reason in codes or entry.code in codes
    if entry.state is State.UNKNOWN:
        return True
    if entry.resend is not None:
        return entry.resend  # the vendor's code says so
    known = reasons().get(entry.reason or "")
    return known is not None and known.resend


def _names(
    job: Job, environment: Mapping[str, str], run: Run, keys: Collection[str]
) -> tuple[Mapping[str, str], Mapping[int, str]]:
    """Return the keys as the plan has them, and everybody's address.

    A person names a recipient by what the vendor shows, and as the vendor writes it.
    """
    if run.plan_path is None:
        return {key: key for key in keys}, {}
    plan = Plan.of_run(run, job.plans_from(job.ledger(environment)))
    addresses = dict(plan.rows().select("number", "address").collect().iter_rows())
    return meant(plan, job.loaded, keys), addresses


def _picked(
    unknown: Iterable[Entry], keys: Mapping[str, str], addresses: Mapping[int, str]
) -> list[Entry]:
    by_name: dict[str, Entry] = {}
    for entry in unknown:
        by_name[entry.key] = entry
        by_name.setdefault(addresses.get(entry.number, entry.key), entry)
    strangers = [key for key, name in keys.items() if name not in by_name]
    if strangers:
        raise InvalidInput(
            f"Not unknown in this run: {', '.join(strangers)}. Nothing was decided; "
            "`campaign results` lists who is unknown."
        )
    chosen = [by_name[name] for name in keys.values()]
    return list({entry.number: entry for entry in chosen}.values())
