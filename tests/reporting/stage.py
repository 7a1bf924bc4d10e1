"""A run with everything in it that a report can tell, in a real ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import campaign
from campaign import whereabouts
from campaign.ledger.delivery_records import Delivery, Inbound, Observation
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Claim, Entry, Settlement, Skip, State
from campaign.plan.frozen import Plan
from campaign.report import Asked, report_of
from campaign.reporting.figures import Report
from tests.run.campaigns import Recipe
from tests.run.lists import number

EVIL = "<script>alert(1)</script>"
RIGHT_TO_LEFT = "\u202eمرحبا\u202c"
EMOJI = "👩‍👩‍👧🦊"
FORMULA = '=HYPERLINK("http://example.org","click")'
NAMES = (EVIL, RIGHT_TO_LEFT, EMOJI, FORMULA, "Ana", "O'Neill | Sons", "<b>&amp;")
SPLIT = "variants: {a: 'Hi {{ first_name }}', b: {share: 40%, text: 'Hello, {{ plan }}'}}\n"
WRONG = ("hello", "4.91714E+11", "", number(3))
"""Cells that are refused; the last one is somebody's who is on the list already."""
ABROAD = ("+4917139200{:02}", "+44791112345{}")


@dataclass(frozen=True)
class Stage:
    """A campaign in a folder, and what opens its ledger."""

    folder: Path
    definition: Path

    def loaded(self) -> campaign.api.Campaign:
        return campaign.load(self.definition)

    def ledger(self) -> Ledger:
        return whereabouts.ledger_of(self.loaded().job.loaded, {}).open(create=False)

    def report(self, page: Path | None = None, **asked: Any) -> Report:
        return report_of(self.loaded().job.loaded, {}, Asked(**asked), page)

    def entries(self) -> list[Entry]:
        with self.opened() as (ledger, run_id):
            return list(ledger.entries(run_id, 0, 10_000))

    def opened(self) -> _Opened:
        return _Opened(self)

    def hear(self, tell: Callable[[int, list[Entry]], list[Observation]]) -> None:
        """Write down what came back; ``tell`` is given the run and whoever was accepted."""
        with self.opened() as (ledger, run_id):
            taken = [one for one in ledger.entries(run_id, 0, 10_000) if one.state == "accepted"]
            ledger.hear(tell(run_id, taken))


class _Opened:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._ledger = stage.ledger()

    def __enter__(self) -> tuple[Ledger, int]:
        loaded = self._stage.loaded().job.loaded
        run = self._ledger.latest_run(loaded.definition.name, sandbox=True)
        assert run is not None
        return self._ledger, run.id

    def __exit__(self, *_: object) -> None:
        self._ledger.close()


def stage(folder: Path, rows: int = 120, more: str = "holdout: 10%\n", limit: int = 40) -> Stage:
    """Make a campaign, and send to the first ``limit`` of its list through a rehearsal."""
    lines = ["Phone,First Name,Plan"]
    for place in range(rows):
        phone = ABROAD[0].format(place) if place % 7 == 5 else number(place)
        name = NAMES[place % len(NAMES)].replace('"', '""')
        lines.append(f'{phone},"{name}",P{place}')
    lines += [f"{cell},Bo,P" for cell in WRONG]
    (folder / "list.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    recipe = Recipe(message=SPLIT, more=more)
    found = Stage(folder, recipe.write(folder, "list.csv", None))
    found.loaded().run(limit=limit)
    return found


def every_state(found: Stage) -> None:
    """Bring somebody of the run into every state that there is, with the vendor's evil words."""
    with found.opened() as (ledger, run_id):
        run = ledger.latest_run(found.loaded().name, sandbox=True)
        assert run is not None
        plan = Plan.of_run(run, found.folder)
        left = [todo for todos in plan.todo(None, ledger_decided(ledger, run_id)) for todo in todos]
        lease = ledger.acquire(run_id)
        picked = left[:20]
        claims = [Claim(todo.number, todo.key, todo.identity) for todo in picked]
        attempts = ledger.write(lease, claims=claims)
        assert attempts == [1] * len(claims)
        settled = [
            *[("failed", "refused", "<b>21211</b>")] * 4,
            *[("failed", "invalid_recipient", "21211")] * 3,
            *[("unknown", "no_answer", None)] * 3,
            *[("unknown", "server_error", None)] * 2,
            *[("scheduled", None, None)] * 2,
            *[("held", "capped_for_now", "63049")] * 2,
        ]
        later, began = 4_000_000_000_000, run.created_at
        ledger.write(
            lease,
            settlements=[
                Settlement(
                    number=todo.number,
                    attempt=1,
                    state=State(state),
                    outcome="other",
                    started_at=began,
                    reason=reason,
                    code=code,
                    detail=f"{EVIL} said the vendor" if code else None,
                    http_status=400 if code else None,
                    not_before=later if state == "held" else None,
                )
                for todo, (state, reason, code) in zip(picked, settled, strict=False)
            ],
            skips=[Skip(todo.number, todo.key, "suppressed") for todo in left[20:23]],
        )
        ledger.release(lease)  # four claims stay open: whoever made them is gone


def ledger_decided(ledger: Ledger, run_id: int) -> Callable[[int, int], Any]:
    return lambda first, last: ledger.decided(run_id, first, last)


def what_people_did(run_id: int, taken: list[Entry]) -> list[Observation]:
    """Some read, some answer, some are closed, some never got it; of some nothing is heard."""
    heard = []
    for place, one in enumerate(taken):
        at = one.claimed_at
        assert at is not None

        def tell(
            what: Delivery, seconds: float, of: int = one.number, began: int = at, **more: Any
        ):
            return Observation(run_id, of, what, began + round(seconds * 1000), **more)

        match place % 8:
            case 0:
                heard += [tell(Delivery.SENT, 1), tell(Delivery.DELIVERED, 2)]
            case 1:
                heard += [tell(Delivery.DELIVERED, 2), tell(Delivery.READ, 20)]
            case 2 | 3:
                heard += [tell(Delivery.READ, 20), tell(Delivery.REPLIED, 30 + 10 * place)]
            case 4:
                heard += [tell(Delivery.REPLIED, 60), tell(Delivery.CLOSED, 60 + 300 + place)]
            case 5:
                heard.append(
                    tell(Delivery.UNDELIVERED, 5, code="30003", detail=f"{EVIL} unreachable")
                )
            case 6:
                heard.append(tell(Delivery.CLOSED, 86_400))
    return heard


def somebody_held_out_writes(found: Stage) -> None:
    """One of the holdout writes by themselves, and somebody who is on no list at all."""
    with found.opened() as (ledger, _):
        run = ledger.latest_run(found.loaded().name, sandbox=True)
        assert run is not None
        rows = Plan.of_run(run, found.folder).rows().collect()
        held_out = rows.filter(rows["reason"] == "holdout")["identity"].to_list()
        at = run.created_at + 1000
        ledger.heard_from(
            [
                Inbound("number", held_out[0], "sms", "", at, "sendbird"),
                Inbound("number", "+12029999999", "sms", "", at, "sendbird"),
            ]
        )
