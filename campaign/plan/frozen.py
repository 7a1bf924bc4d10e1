"""A plan on disk: one row for each row of the list, with verdict, reason and the rendered message.

Invariant: a plan is never changed. A resume sends what the first pass would have sent, and knows
by the hash in the ledger that it reads the same plan.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from campaign.audience.variants import canonical
from campaign.channel import Channel
from campaign.errors import InvalidInput, Problem
from campaign.files import sha256_of
from campaign.ledger.records import Run
from campaign.message.composition import TEMPLATE, TEXT, VARIABLE
from campaign.plan import odd
from campaign.plan.left import left_of
from campaign.plan.variants import VARIANT, WORDING
from campaign.rules.form import PROBLEM
from campaign.sending.shard import Shard
from campaign.sending.todo import Todo

SEND, SKIPPED = "send", "skipped"
INPUT = "in:"
"""Prefix of the columns that hold the list as it was read."""


EARLIER = "earlier"
"""Column of a plan that replaced another: whether a row is as the earlier one had it."""

_NUMBERS = frozenset({Channel.SMS, Channel.WHATSAPP, Channel.PHONE})
"""The channels on which an address is a telephone number, whatever the provider."""

BATCH = 20_000
"""Rows read at a time."""

AGAIN = (
    "That messages everybody again who has the message already, unless you leave them out: use "
    "the results.csv of this run as the list, with `where: state = 'pending'`."
)
"""What a new run under another name means for those whom this one has reached."""

_LOST = f"Put the file back from a backup, or start a new run under another name. {AGAIN}"


@dataclass(frozen=True)
class Plan:
    """A frozen plan: its file and the SHA-256 of it.

    ``numbers``: it was opened for a run whose addresses are telephone numbers, perhaps one of an
    earlier version, for which each form of a number was an identity of its own.
    """

    path: Path
    hash: str
    numbers: bool = field(default=False, compare=False)

    @classmethod
    def of_run(cls, run: Run, base: Path) -> Plan:
        """Open the plan of a run; ``base`` is the folder that the ledger's paths start from.

        Raises:
            InvalidInput: the run has no plan, or its file is missing or was changed.
        """
        if run.plan_path is None or run.plan_hash is None:
            raise InvalidInput(f"The run {run.run} has no plan yet; nothing was sent.")
        plan = cls.open(base / run.plan_path, run.plan_hash)
        return replace(plan, numbers=run.channel in _NUMBERS)

    @classmethod
    def open(cls, path: Path, expected: str) -> Plan:
        """Open the plan of a run that has begun.

        Raises:
            InvalidInput: the file is missing, or is not the one that the ledger knows.
        """
        if not path.exists():
            raise InvalidInput(
                Problem(
                    "the plan of this run is missing; without it nobody can tell who is next",
                    path,
                    hint=_LOST,
                )
            )
        if sha256_of(path) != expected:
            raise InvalidInput(
                Problem("the plan of this run was changed after it was made", path, hint=_LOST)
            )
        return cls(path, expected)

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The list's columns: our name, and the header as the file prints it."""
        found: dict[str, str] = json.loads(pl.read_parquet_metadata(self.path)["headers"])
        return found

    @cached_property
    def variants(self) -> Mapping[str, list[str]]:
        """The variants of a split test, and which columns hold the message of each."""
        found: dict[str, list[str]] = json.loads(
            pl.read_parquet_metadata(self.path).get(WORDING, "{}")
        )
        return found

    @cached_property
    def columns(self) -> list[str]:
        """The names of the plan's columns."""
        return pl.scan_parquet(self.path).collect_schema().names()

    def rows(self) -> pl.LazyFrame:
        """Return all rows by their numbers, which is the order of the list they came with."""
        return pl.scan_parquet(self.path)

    @cached_property
    def planned(self) -> int:
        """How many rows the list has."""
        return int(self.rows().select(pl.len()).collect().item())

    @cached_property
    def sendable(self) -> int:
        """How many recipients may be sent to."""
        return self.planned - sum(self.refusals.values())

    @cached_property
    def refusals(self) -> Mapping[tuple[str, str], int]:
        """How many rows the rules refused, by verdict and reason, most first."""
        found = (
            self.rows()
            .filter(pl.col("verdict") != SEND)
            .group_by("verdict", "reason")
            .len()
            .sort("len", "reason", descending=[True, False])
            .collect()
        )
        return {(verdict, reason): rows for verdict, reason, rows in found.iter_rows()}

    def warnings(self) -> list[str]:
        """Return sentences about what is odd in the list without being a reason to refuse."""
        return [*self.unreadable(), *odd.rows_told(self.rows(), self.columns)]

    def unreadable(self) -> list[str]:
        """Return those of the sentences that are about columns, and not about single rows."""
        return list(odd.columns_told(self.rows(), self.columns))

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield all rows in order, some at a time."""
        yield from self.rows().collect_batches(chunk_size=BATCH, maintain_order=True)

    def todo(
        self,
        only: str | None = None,
        without: Callable[[int, int], Sequence[int]] | None = None,
        shard: Shard | None = None,
    ) -> Iterator[list[Todo]]:
        """Yield those who may be sent to, in order, some at a time.

        ``only`` keeps the one recipient with this key or address. ``without`` is asked, for each
        range of numbers, who is to be left out; then nobody is yielded of whom the plan has only
        what an earlier plan said, which is not what the definition says now. ``shard`` keeps those
        of one worker. Where everybody is left out, nothing of the plan is read but the numbers.
        """
        wanted = pl.col("verdict") == SEND
        if shard is not None:
            wanted &= shard.holds(pl.col("number"))
        if without is not None and EARLIER in self.columns:
            wanted &= ~pl.col(EARLIER)
        if only is not None:
            wanted &= (pl.col("key") == only) | (pl.col("address") == only)
        templates = [name for name in self.columns if name.startswith(TEMPLATE)]
        variables = [name for name in self.columns if name.startswith(VARIABLE)]
        problems = [name for name in self.columns if name.startswith(PROBLEM)]
        plain = ["number", "key", "identity", "address", "sender", "last_inbound", TEXT]
        # A plan of an earlier version has no such columns.
        place = [
            (pl.col(name) if name in self.columns else pl.lit(None, dtype=pl.String)).alias(name)
            for name in (VARIANT, "region", "zones")
        ]
        rows = self.rows().filter(wanted)
        frames = [rows] if without is None else left_of(rows, without)
        template_names = [name.removeprefix(TEMPLATE) for name in templates]
        variable_names = [name.removeprefix(VARIABLE) for name in variables]
        forms = [name.removeprefix(PROBLEM) for name in problems]
        said = len(templates) + len(variables)
        columns = [*plain, *place, *templates, *variables, *problems]
        batches = chain.from_iterable(
            frame.select(columns).collect_batches(chunk_size=BATCH, maintain_order=True)
            for frame in frames
        )
        for found in batches:
            batch, todos = found, []
            if self.numbers:
                batch = batch.with_columns(canonical(batch["identity"]))
            for row in batch.iter_rows():
                number, key, identity, address, sender, last_inbound, text, *rest = row
                variant, region, zones, *values = rest
                todo = Todo(
                    number,
                    key,
                    identity,
                    address,
                    sender,
                    last_inbound,
                    text,
                    dict(zip(template_names, values, strict=False)),
                    dict(zip(variable_names, values[len(templates) : said], strict=True)),
                    {f: code for f, code in zip(forms, values[said:], strict=True) if code},
                    variant=variant,
                    region=region,
                    zones=zones,
                )
                todos.append(todo)
            yield [self._of_its_variant(todo) for todo in todos] if self.variants else todos

    def _of_its_variant(self, todo: Todo) -> Todo:
        """Leave out what only the messages of other variants have."""
        if todo.variant is None:
            return todo
        own = self.variants[todo.variant]
        given = {TEMPLATE + name: value for name, value in (todo.template or {}).items()}
        given |= {VARIABLE + name: value for name, value in todo.variables.items()}
        return replace(
            todo,
            template=_with(TEMPLATE, own, given),
            variables=_with(VARIABLE, own, given),
        )

    def has_earlier(self, numbers: Collection[int]) -> bool:
        """Return whether one of these is as an earlier plan had it, in a plan that replaced one."""
        found = self.rows().filter(EARLIER).select("number").collect()["number"]
        return not found.filter(found.is_in(list(numbers))).is_empty()

    def find(self, text: str) -> list[dict[str, Any]]:
        """Return the rows whose key, address or row number is ``text``; nothing is guessed."""
        digits = "".join(filter(str.isdigit, text))
        wanted = (
            (pl.col("key") == text)
            | (pl.col("address") == text)
            | (pl.col("row").cast(pl.String) == text)
        )
        if digits:
            wanted |= pl.col("address") == f"+{digits}"
        return self.rows().filter(wanted).collect().to_dicts()


def _with(prefix: str, own: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the values of the columns with a prefix, in the order in which a message has them."""
    # A column that only an earlier plan's message had is not among them any more.
    return {
        name.removeprefix(prefix): given[name]
        for name in own
        if name.startswith(prefix) and name in given
    }


def for_ledger(base: Path, path: Path) -> str:
    """Return how the ledger writes down where a plan is: from ``base``, to move with it.

    Links are followed first, on both sides: ``..`` means the folder that a link leads to.
    """
    try:
        return Path(os.path.relpath(path.resolve(), base.resolve())).as_posix()
    except ValueError:  # on another drive, which no relative path leads to
        return path.resolve().as_posix()
