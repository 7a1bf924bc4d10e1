"""What a look-up returned, made whole: exactly one finding for each recipient, and a sound one.

Look-ups come with providers, and those from anywhere. Invariant: whatever one returns, nobody is
settled by a finding that is another's, is one of several, or is not what the contract says; and no
text of a finding holds a secret.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from campaign.providers import http
from campaign.providers.look_up import Finding, Sought, Verdict


def completed(
    sought: Sequence[Sought], returned: object, clean: Callable[[str], str]
) -> list[Finding]:
    """Return one finding for each who is sought for, in their order.

    Whoever has none, several, or one that cannot be used is undecided; findings of anybody else
    are dropped. ``clean`` takes the secrets out of a text.
    """
    by_recipient: dict[int, list[object]] = {one.recipient: [] for one in sought}
    for finding in returned if isinstance(returned, Sequence) else ():
        number = getattr(finding, "recipient", None)
        if type(number) is int and number in by_recipient:
            by_recipient[number].append(finding)
    return [_of_one(number, given, clean) for number, given in by_recipient.items()]


def undecided(sought: Sequence[Sought], detail: str) -> list[Finding]:
    """Return the findings that say nothing of any of them."""
    return [Finding(one.recipient, Verdict.UNDECIDED, detail) for one in sought]


def _of_one(number: int, given: Sequence[object], clean: Callable[[str], str]) -> Finding:
    if len(given) != 1:
        how_many = "several findings" if given else "no finding"
        return Finding(number, Verdict.UNDECIDED, f"the look-up gave {how_many} for this recipient")
    try:
        return _sound(given[0], clean)
    except Exception as error:  # noqa: BLE001 - evidence may hold anything, and fail in its own way
        detail = f"the look-up gave a finding that cannot be used: {http.told(error, clean)}"
        return Finding(number, Verdict.UNDECIDED, detail)


def _sound(finding: object, clean: Callable[[str], str]) -> Finding:
    """Return a finding without secrets.

    Raises:
        TypeError: a part of it is not of the type that the contract says.
    """
    if not isinstance(finding, Finding):
        raise TypeError(f"it is no Finding but {type(finding).__name__}")
    # A verdict that is only spelt like one is none of ours, and would be weighed as anything.
    for name, kinds in (
        ("verdict", Verdict),
        ("detail", str),
        ("evidence", Mapping),
        ("provider_id", str | None),
        ("reason", str | None),
        ("code", str | None),
        ("resend", bool | None),
    ):
        value = getattr(finding, name)
        if not isinstance(value, kinds):
            raise TypeError(f"its {name} is of type {type(value).__name__}")
    evidence = http.cleaned(finding.evidence, clean)
    json.dumps(evidence, default=str)  # or the ledger could not keep it
    return replace(
        finding,
        # Cleaned before it is cut: half a secret would not be found any more.
        detail=http.shorten(clean(finding.detail)),
        provider_id=http.cleaned(finding.provider_id, clean),
        code=http.cleaned(finding.code, clean),
        evidence=evidence,
    )
