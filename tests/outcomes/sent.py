"""A ledger in which people were sent to, at times that a test chooses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from campaign.audience.addresses import AddressKind
from campaign.channel import Channel
from campaign.ledger.delivery_records import Place
from campaign.ledger.records import Claim, Entry, Run, Settlement, State
from campaign.ledger.sql_ledger import SqlLedger
from campaign.outcomes.intake import Intake
from campaign.outcomes.matching import Account, Matching
from campaign.outcomes.people import People
from campaign.providers.heard import Happening, Heard
from tests.ledger.ledgers import Store, plan

ANA, BEN, CEM = "+491713920001", "+491713920002", "+491713920003"
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
NOON = datetime.now(UTC).replace(microsecond=0)
LATER = timedelta(hours=2)
"""After noon, and after what a test sends right now: noon was when the first test was read."""
"""When most messages were sent; not long ago, for the ledger has a clock of its own."""
KINDS: dict[Channel, AddressKind] = {
    Channel.WHATSAPP: "number",
    Channel.SMS: "number",
    Channel.EMAIL: "email",
}
PROVIDER = "zild"


def names(entry: Entry) -> Iterable[str]:
    return (entry.provider_id,) if entry.provider_id else ()


def account(channel: Channel = Channel.WHATSAPP, *, sandbox: bool = False) -> Account:
    return Account(PROVIDER, People(KINDS, channel), names, sandbox)


class Sent:
    """A ledger with runs; each says whom it sent to, when, and what the vendor called it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.ledger: SqlLedger = store.open()

    def run(
        self,
        name: str,
        people: dict[str, str | None],
        at: datetime | None = NOON,
        *,
        sandbox: bool = False,
    ) -> Run:
        """Send to these people, each with the vendor's id; at ``None`` it is now."""
        ledger = self.ledger
        run = ledger.ensure_run(
            name, "once", provider=PROVIDER, channel="whatsapp", sandbox=sandbox
        )
        lease = ledger.acquire(run.id)
        ledger.set_plan(lease, plan(len(people)))
        for number, (person, provider_id) in enumerate(people.items()):
            (attempt,) = ledger.write(lease, claims=[Claim(number, person)])
            assert attempt
            done = Settlement(
                number, attempt, State.ACCEPTED, "accepted", started_at=1, provider_id=provider_id
            )
            ledger.write(lease, settlements=[done])
        ledger.release(lease)
        if at is not None:
            claimed = "UPDATE recipient SET claimed_at = ? WHERE run_id = ?"
            self.store.rewrite(claimed, ms(at), run.id)
        return run

    def place_of(self, event: Heard, channel: Channel = Channel.WHATSAPP) -> Place | None:
        """Return whose an event is."""
        (place,) = Matching(self.ledger, account(channel)).places([event])
        return place

    def intake(self, *, sandbox: bool = False) -> Intake:
        return Intake(self.ledger, account(sandbox=sandbox), "a test")

    def told(self, run: Run) -> dict[int, str | None]:
        """Return how far each recipient's message came."""
        columns = self.ledger.columns(run.id, 0, 1_000_000)
        return dict(zip(columns["number"], columns["delivery"], strict=True))

    def listed(self) -> dict[str, str | None]:
        """Return who is on the suppression list, and why."""
        return {one.identity: one.why for one in self.ledger.suppressions("number")}

    def inbound(self, senders: list[str] | None = None) -> dict[str, int]:
        """Return when people last wrote to us, or to these senders of ours."""
        return dict(self.ledger.last_inbound("number", Channel.WHATSAPP.value, senders))


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def heard(
    happening: Happening = Happening.REPLIED,
    after: timedelta = timedelta(minutes=5),
    *,
    ids: tuple[str, ...] = (),
    address: str | None = None,
    text: str | None = None,
    began: timedelta | None = None,
    code: str | None = None,
    sender: str | None = None,
    message: str | None = None,
) -> Heard:
    """Return an event so long after noon."""
    return Heard(
        happening,
        NOON + after,
        ids=ids,
        address=address,
        text=text,
        began=None if began is None else NOON + began,
        code=code,
        sender=sender,
        message=message,
    )
