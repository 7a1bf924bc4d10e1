"""Whom a person means who names a recipient: the key, the address, or the number written otherwise.

Invariant: what stands in the plan as it was written goes first, and nothing is guessed. A number
with blanks, with 00 for the plus or in its national form is read by the code that reads the list,
so that it means whom it would mean there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl

from campaign.audience.suppression import read_entries
from campaign.definition.load import Loaded
from campaign.errors import InvalidInput
from campaign.plan.frozen import SEND, Plan
from campaign.plan.making import address_kind, reading


def meant(plan: Plan, loaded: Loaded, texts: Collection[str]) -> Mapping[str, str]:
    """Return each text as the plan has it, as a key or an address; else the text itself."""
    there = {name: name for name in _written(plan, texts)}
    people = {text: _read(loaded, text) for text in texts if text not in there}
    forms = [form for person in people.values() for form in person]
    listed = plan.rows().filter(pl.col("address").is_in(forms) | pl.col("identity").is_in(forms))
    rows = listed.select("identity", "address", send=pl.col("verdict") == SEND).collect()
    # Of several rows with one person's number, the one that is sent to tells most.
    by_form: dict[str, str] = {}
    for identity, address, _ in rows.sort("send", descending=True, maintain_order=True).iter_rows():
        by_form.setdefault(identity, address)
    by_form |= {address: address for address in rows["address"]}
    for text, person in people.items():
        there[text] = next((by_form[form] for form in person if form in by_form), text)
    return there


def the_one(plan: Plan, loaded: Loaded, text: str) -> str:
    """Return the key or address of the one recipient whom a text means, who may be sent to.

    Raises:
        InvalidInput: nobody is meant, several are, or somebody who is not sent to.
    """
    only = meant(plan, loaded, [text])[text]
    found = [todo for batch in plan.todo(only) for todo in batch]
    if len(found) == 1:
        return only
    if found:
        raise InvalidInput(
            f"{only} is the key of one recipient and the address of another. Use the other "
            f"name of the one you mean: {' or '.join(f'{t.key}, {t.address}' for t in found)}."
        )
    for row in plan.find(only):
        if row["reason"] is None:
            raise InvalidInput(f"No recipient is known as {only}; say --only {row['key']}.")
        raise InvalidInput(
            f"{only} is not sent to: row {row['row']} was refused ({row['reason']})."
        )
    raise InvalidInput(f"No recipient of this run has the key or address {only}.")


def _written(plan: Plan, texts: Collection[str]) -> set[str]:
    """Return those that are a key or an address of the plan."""
    names = (pl.col("key"), pl.col("address"))
    rows = plan.rows().filter(pl.any_horizontal(name.is_in(list(texts)) for name in names))
    found = rows.select("key", "address").collect()
    return {*found["key"], *found["address"]}.intersection(texts)


def _read(loaded: Loaded, text: str) -> tuple[str, ...]:
    """Return the address that a text writes, and the identity; nothing where it writes none."""
    try:
        ((identity, address),) = read_entries(
            [text],
            kind=address_kind(loaded),
            default_region=loaded.definition.recipients.default_region,
            reading=reading(loaded),
        )
    except InvalidInput:
        return ()
    return address, identity
