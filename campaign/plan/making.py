"""From a definition and a list to a frozen plan.

The four questions one after the other, over whole columns: who is it (audience), what do we say
(message), may we (rules), and is it somebody who is on the list already (duplicates). Of those who
are left, a holdout gets nothing. Invariant: every row of the list is in the plan, with a verdict;
what cannot be judged stops the planning before anything is sent.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import polars as pl

from campaign.audience.addresses import AddressKind, with_addresses
from campaign.audience.columns import map_columns
from campaign.audience.freezing import ROW_GROUP
from campaign.audience.headers import normalise_header
from campaign.audience.reading import RecipientList, expand, open_list
from campaign.audience.readings import Reading
from campaign.audience.zones import ZONE_UNREADABLE, ZONES, with_zones
from campaign.definition.groups import full_shares
from campaign.definition.load import Loaded
from campaign.definition.quiet import HOLD
from campaign.errors import InvalidInput
from campaign.files import replaced, sha256_of
from campaign.message.composition import TEXT, Composition
from campaign.message.form import Form
from campaign.plan.columns import Needs
from campaign.plan.exchanging import exchanged
from campaign.plan.finishing import finished
from campaign.plan.frozen import INPUT, Plan
from campaign.plan.odd import WARNING
from campaign.plan.own import own_identities
from campaign.plan.repeated import repeats
from campaign.plan.saying import said, shown
from campaign.plan.variants import DRAWN, VARIANT, drawn, rows_of, united, wording
from campaign.plan.watching import Tell, Watched, unwatched
from campaign.rules.context import KEY, Context
from campaign.rules.form import FORM, PROBLEM, Choice
from campaign.rules.number_type import doubtful_type
from campaign.rules.table import BLAME, DETAIL, REASON, judged
from campaign.rules.window import LAST_INBOUND

_ADDRESS_COLUMN = {"number": "phone", "email": "email", "user_id": "user_id"}


# What a condition that does not fit the list raises; a full disk, say, is not its fault.
_WHERE_ERRORS = (
    pl.exceptions.ColumnNotFoundError,
    pl.exceptions.InvalidOperationError,
    pl.exceptions.SchemaError,
    pl.exceptions.SQLInterfaceError,
    pl.exceptions.SQLSyntaxError,
)


@dataclass(frozen=True, slots=True)
class Question:
    """What a plan answers, beside the definition itself.

    ``variants`` ask the same for each message of a split test. ``tell`` is told how far it is.
    ``inbound`` is when people last wrote to us, as far as the ledger has heard (`written_to_us`).
    """

    loaded: Loaded
    composition: Composition
    choice: Choice
    suppressed: pl.Series
    variants: Mapping[str, Question] = field(default_factory=dict)
    tell: Tell = unwatched
    inbound: pl.DataFrame | None = None

    def knowing(self, inbound: pl.DataFrame | None) -> Question:
        """Return the question with what the ledger has heard, for each of its variants too."""
        variants = {name: one.knowing(inbound) for name, one in self.variants.items()}
        return replace(self, inbound=inbound, variants=variants)


def address_column(loaded: Loaded) -> str:
    """Return the name of the column with the address, as the definition or the channel has it."""
    named = loaded.definition.recipients.address
    return named or _ADDRESS_COLUMN[address_kind(loaded)]


def address_kind(loaded: Loaded) -> AddressKind:
    """Return what an address of the channel is at this provider."""
    return loaded.provider.capabilities.channels[loaded.definition.channel]


def reading(loaded: Loaded) -> Reading:
    """Return how numbers are read that can be read in two ways."""
    recipients = loaded.definition.recipients
    return Reading(recipients.digits_are_international or "auto", recipients.validity or "strict")


def list_files(loaded: Loaded) -> list[Path]:
    """Return the files of the recipient list.

    Raises:
        InvalidInput: a path or pattern matches nothing.
    """
    try:
        return expand(loaded.definition.recipients.files, loaded.folder)
    except InvalidInput as error:
        raise InvalidInput(
            [
                loaded.locate("recipients", "files", message=problem.message, hint=problem.hint)
                for problem in error.problems
            ]
        ) from None


def make(question: Question, target: Path) -> tuple[Plan, str]:
    """Make the plan at ``target``; return it with the fingerprint of the list.

    Raises:
        InvalidInput: a file or a column is not as the definition says; nothing was written.
        OutputError: the plan cannot be written.
    """
    loaded = question.loaded
    question.tell("Reading the list", 0)
    with open_list(list_files(loaded)) as found, replaced(target) as file:
        # As it was read, before the definition's own names come in.
        kept = [pl.col(name).alias(INPUT + name) for name in found.headers]
        lst = _mapped(loaded, replace(found, frame=found.frame.with_columns(kept)))
        originals = _original_names(found, loaded.definition.recipients.columns)
        each = question.variants.values() or [question]
        said = [(one.loaded, one.composition) for one in each]
        needs = Needs.of_all(said, lst, address_column(loaded))
        address = originals[needs.address]
        key = None if needs.key is None else originals[needs.key]
        names = {name: one.composition.names() for name, one in question.variants.items()}
        headers = {"headers": json.dumps(dict(found.headers))} | wording(names)
        numbers = file.with_suffix(".numbers")
        try:
            numbers.mkdir()
            frame = _addressed(question, lst, needs, numbers)
            judge = partial(_judged, question, needs=needs, originals=originals, now=time.time())
            # The condition may ask about the whole list; nothing else of a definition can.
            whole = loaded.definition.recipients.where is not None
            again = repeats(frame, judge, None if whole else numbers / "shared.parquet")
            through = Watched("Judging every row and rendering every message", question.tell)
            rows = judge(frame).with_columns(through.counting(pl.col("number")))
            finished(rows, again, address, key, loaded.definition).sink_parquet(
                file, compression_level=1, metadata=headers, row_group_size=ROW_GROUP
            )
        except _WHERE_ERRORS as error:
            if loaded.definition.recipients.where is None:
                raise
            raise InvalidInput(
                loaded.locate(
                    "recipients",
                    "where",
                    message=f"the condition cannot be applied to the list: {_first_line(error)}",
                    hint="Texts stand in single quotes: country = 'DE'. Every column is text; "
                    "TRY_CAST(age AS INT) makes a number of one. "
                    f"There are: {', '.join(lst.headers)}.",
                )
            ) from None
        finally:
            shutil.rmtree(numbers, ignore_errors=True)
        fingerprint = lst.fingerprint
    return Plan(target, sha256_of(target)), fingerprint


def _mapped(loaded: Loaded, found: RecipientList) -> RecipientList:
    try:
        return map_columns(found, loaded.definition.recipients.columns)
    except InvalidInput as error:
        raise InvalidInput(
            [
                loaded.locate("recipients", "columns", message=problem.message, hint=problem.hint)
                for problem in error.problems
            ]
        ) from None


def _addressed(question: Question, lst: RecipientList, needs: Needs, numbers: Path) -> pl.LazyFrame:
    """Return the rows with their addresses, and with the variant that each person draws.

    What numbers are goes into the folder ``numbers``.
    """
    loaded, recipients = question.loaded, question.loaded.definition.recipients
    frame = with_addresses(
        lst.frame.with_row_index("_number"),
        kind=address_kind(loaded),
        column=needs.address,
        country_column=needs.country,
        default_region=recipients.default_region,
        reading=reading(loaded),
        apart=numbers,
        through=Watched("Reading the numbers", question.tell).through,
    )
    variant = pl.lit(None, dtype=pl.String)
    if shares := full_shares(loaded.definition.variants):
        variant = drawn(loaded.definition.name, shares, pl.col("_identity"))
    # An e-mail address is the same in any case; a number is itself, though it has other forms.
    plain = "_identity" if address_kind(loaded) == "email" else "_address"
    key = pl.col(plain if needs.key is None else needs.key)
    return frame.with_columns(variant.alias(DRAWN), key.alias(KEY))


def _judged(
    question: Question,
    frame: pl.LazyFrame,
    needs: Needs,
    originals: Mapping[str, str],
    now: float,
) -> pl.LazyFrame:
    """Return the rows with what the message says and the rules find, each by its variant."""
    if question.variants:
        shares = full_shares(question.loaded.definition.variants)
        return united(
            _judged(one, rows_of(frame, name, shares), needs, originals, now)
            for name, one in question.variants.items()
        )
    loaded = question.loaded
    recipients, consent = loaded.definition.recipients, loaded.definition.consent
    # The definition may spell the column as the header is printed; here it has its plain name.
    window = replace(question.choice.window, column=needs.window)
    frame = window.with_known(window.with_times(frame), question.inbound, now)
    frame = question.composition.render(frame)
    form = replace(question.choice, window=window).expression(now)
    frame = frame.with_columns(form.alias(FORM))
    quiet = loaded.definition.quiet_hours
    frame = with_zones(
        frame,
        column=None if quiet is None else needs.timezone,
        numbers=quiet is not None and address_kind(loaded) == "number",
    )
    frame = judged(
        frame,
        Context(
            channel=loaded.definition.channel,
            address=needs.address,
            key=needs.key,
            used=sorted(question.composition.columns),
            where=recipients.where,
            own=own_identities(loaded),
            suppressed=question.suppressed,
            window=window,
            said=said(loaded, question.composition),
            blocked_prefixes=recipients.blocked_prefixes or (),
            consent=(needs.consent, consent.values) if needs.consent and consent else None,
            country=needs.country,
            timezone=needs.timezone,
            hold_unknown_zone=quiet is not None and quiet.unknown_zone == HOLD,
        ),
    )
    rendered = [name for name in question.composition.names() if name != TEXT]
    renamed = {ours: theirs for ours, theirs in originals.items() if ours != theirs}
    return frame.select(
        pl.col("_number").alias("number"),
        pl.col("_file").alias("file"),
        pl.col("_row").alias("row"),
        pl.col(KEY).alias("key"),
        pl.col("_identity").alias("identity"),
        pl.col("_address").alias("address"),
        pl.col("_region").alias("region"),
        pl.col("_number_type").alias("number_type"),
        pl.coalesce("_warning", doubtful_type(loaded.definition.channel)).alias(WARNING),
        pl.col(DRAWN).alias(VARIANT),
        REASON,
        pl.coalesce(exchanged(pl.col(BLAME), renamed), BLAME).alias(BLAME),
        DETAIL,
        pl.col(FORM).alias("form"),
        pl.col(LAST_INBOUND).alias("last_inbound"),
        window.unreadable().alias("time_unreadable"),
        pl.col(ZONES).alias("zones"),
        pl.col(ZONE_UNREADABLE).alias("zone_unreadable"),
        TEXT,
        *rendered,
        *shown(loaded, question.composition),
        *(f"{PROBLEM}{form}" for form in Form),
        pl.col(f"^{INPUT}.*$"),
    )


def _original_names(found: RecipientList, mapping: Mapping[str, str]) -> dict[str, str]:
    """Map every name of a column to the list's own; the definition's win, as they do above."""
    names = {name: name for name in found.headers}
    for ours, header in mapping.items():
        plain = normalise_header(header)
        names[ours] = plain if plain in found.headers else header
    return names


def _first_line(error: Exception) -> str:
    """Return what polars says, without the query plan that it prints below."""
    return str(error).strip().split("\n", 1)[0].split("; valid columns", 1)[0]
