"""Whether each variant of a split test fits what the provider can do.

Invariant: every variant is checked as if its message were the campaign's only one, and a mistake is
shown where the variant says it, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from campaign.definition.checks import Draft, misfits
from campaign.definition.message import Variant
from campaign.providers.protocol import Misfit


def misfits_of_each(draft: Draft, variants: Mapping[str, Variant] | None) -> Iterator[Misfit]:
    """Yield everything that does not fit; ``variants`` is None where they are not valid."""
    if variants is None:
        # Without them nobody knows whether the message at the top is the whole of it.
        yield from misfits(replace(draft, valid=draft.valid - {"message"}))
        return
    if not variants:
        yield from misfits(draft)
        return
    found: dict[Misfit, None] = {}
    for name, variant in variants.items():
        if variant.own is None and draft.message is not None:
            found |= dict.fromkeys(misfits(draft))
            continue
        own = replace(draft, message=variant.own, valid=draft.valid | {"message"})
        for misfit in misfits(own):
            at = ("variants", name) if misfit.path[:1] == ("message",) else ()
            found[replace(misfit, path=(*at, *misfit.path))] = None
    yield from found
    if draft.message is not None and all(one.own is not None for one in variants.values()):
        yield Misfit(
            ("message",),
            "every variant has a message of its own, so nobody would get this one",
            "remove it, or take the message out of the variant that is to send it",
        )
