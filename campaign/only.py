"""Whom `--only` names: one recipient by key or address, and a refusal that says why otherwise.

Invariant: a name is never guessed at; one that fits two recipients is refused.
"""

from __future__ import annotations

from campaign.errors import InvalidInput
from campaign.plan.frozen import Plan


def check_only(plan: Plan, only: str | None) -> None:
    """Refuse a name that stands for nobody, or for two, or for somebody who is not sent to.

    Raises:
        InvalidInput: it does.
    """
    if only is None:
        return
    found = [todo for batch in plan.todo(only) for todo in batch]
    if len(found) > 1:
        raise InvalidInput(
            f"{only} is the key of one recipient and the address of another. Use the other "
            f"name of the one you mean: {' or '.join(f'{t.key}, {t.address}' for t in found)}."
        )
    if found:
        return
    for row in plan.find(only):
        if row["reason"] is None:
            raise InvalidInput(f"No recipient is known as {only}; say --only {row['key']}.")
        raise InvalidInput(
            f"{only} is not sent to: row {row['row']} was refused ({row['reason']})."
        )
    raise InvalidInput(f"No recipient of this run has the key or address {only}.")
