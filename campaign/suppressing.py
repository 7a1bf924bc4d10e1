"""Whom no campaign may message: the list that the ledger itself keeps.

Invariant: an entry is normalised by the code that reads recipient lists, so that one person is one
entry however they are written; or it is a SHA-256 of that, for who may not keep the addresses of
people who left. What is added stops the next message, in a run that is under way as well. Whoever
is named is looked for as the rules do (`entries_of`), and the whole list is read only for a hash
that is named, of which nobody else can tell what it is of.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import polars as pl

from campaign.audience.suppression import read_entries, read_suppressed
from campaign.audience.variants import canonical, forms_of
from campaign.deciding import who
from campaign.errors import InvalidInput, NoLedger
from campaign.files import replaced
from campaign.job import Job
from campaign.ledger.protocol import Ledger
from campaign.ledger.records import Suppression
from campaign.listed import moment, suppression_list
from campaign.plan.making import address_column, address_kind, reading
from campaign.rules.suppression import HASHED, entries_of, hashed


@dataclass(frozen=True, slots=True)
class Changed:
    """How many people were added or taken off, and how many of those named were so already."""

    changed: int
    already: int


class Suppressions:
    """The list of one ledger, for the kind of address that a campaign's channel has."""

    def __init__(self, job: Job, environment: Mapping[str, str]) -> None:
        self._job = job
        self._environment = environment
        self._kind = address_kind(job.loaded)

    def add(
        self, addresses: Sequence[str], *, why: str | None = None, hashes: bool = False
    ) -> Changed:
        """Put people on the list; all of them, or nobody.

        Args:
            addresses: as a recipient list may write them, or ``sha256:`` and a hash.
            why: what they said, say; kept with your name and the time.
            hashes: keep only the hashes of the addresses.

        Raises:
            InvalidInput: an address cannot be read.
            LedgerError: the ledger cannot be written.
        """
        return self._add(self._named(addresses), why, hashes=hashes)

    def import_file(self, file: Path, *, why: str | None = None, hashes: bool = False) -> Changed:
        """Put everybody in a file on the list; all of them, or nobody.

        The file is read like one under ``suppress``: a column named like the address column, or
        one column only.

        Raises:
            InvalidInput: the file is not there, or has lines that cannot be read.
            LedgerError: the ledger cannot be written.
        """
        if not file.is_file():
            raise InvalidInput(f"There is no file {file}; nobody was added.")
        recipients = self._job.loaded.definition.recipients
        entries = read_suppressed(
            [file],
            kind=address_kind(self._job.loaded),
            column=address_column(self._job.loaded),
            default_region=recipients.default_region,
            country=recipients.country,
            reading=reading(self._job.loaded),
        )
        # Numbers stand there in each form that the file has, and in the one of identities.
        identities = canonical(entries) if self._kind == "number" else entries
        return self._add(zip(identities, entries, strict=True), why, hashes=hashes)

    def remove(self, addresses: Sequence[str]) -> Changed:
        """Take people off the list; they may be messaged from the next run or resume on.

        A number that has two forms is taken off in both, and as the hash of either.

        Raises:
            InvalidInput: an address cannot be read.
            LedgerError: there is no ledger, or it cannot be written.
        """
        named = self._named(addresses)
        if self._kind == "number":
            named = [(one, form) for one, address in named for form in {address, *forms_of(one)}]
        people = _people(named)
        with self._ledger(create=False) as ledger:
            behind = self._behind_hashes(ledger, people)
            gone = ledger.unsuppress(self._kind, chain(behind, *people.values()))
        gone |= {behind[one] for one in gone if one in behind}
        found = sum(not entries.isdisjoint(gone) for entries in people.values())
        return Changed(found, len(people) - found)

    def all(self) -> list[Suppression]:
        """Return the list, the oldest entry first.

        Raises:
            LedgerError: there is no ledger, or it cannot be read.
        """
        return suppression_list(self._job.loaded, self._environment)

    def export(self, file: Path) -> int:
        """Write the list as a CSV file that ``suppress`` takes; return how many are on it.

        Raises:
            InvalidInput: the name does not end in .csv, or the file is there already.
            LedgerError: there is no ledger, or it cannot be read.
            OutputError: the file cannot be written.
        """
        if file.suffix.lower() != ".csv":
            raise InvalidInput("Name a .csv file.")
        if self._job.lives_from(file):
            raise InvalidInput(f"{file} is read by the campaign itself; name another file.")
        if file.exists():
            raise InvalidInput(f"{file} is there already; name another file or remove it first.")
        found = self.all()
        with replaced(file) as target, target.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow([address_column(self._job.loaded), "added_at", "who", "why"])
            for one in found:
                writer.writerow([one.identity, moment(one.added_at), one.who, one.why or ""])
        return len(found)

    def _add(self, named: Iterable[tuple[str, str]], why: str | None, *, hashes: bool) -> Changed:
        people = _people(named)
        with self._ledger() as ledger:
            asked = chain.from_iterable(people.values())
            there = ledger.suppressed_among(self._kind, asked)
            there.update(self._behind_hashes(ledger, people).values())
            new = [one for one, entries in people.items() if entries.isdisjoint(there)]
            kept = map(_hashed, new) if hashes else new
            added = ledger.suppress(self._kind, kept, who=who(), why=why)
        return Changed(len(added), len(people) - len(added))

    def _behind_hashes(self, ledger: Ledger, people: Mapping[str, set[str]]) -> Mapping[str, str]:
        """Return the entries of the list whose hashes are named, with the hashes."""
        if not any(one.startswith(HASHED) for one in people):
            return {}
        listed = (one.identity for one in ledger.suppressions(self._kind))
        return {one: key for one in listed if (key := _hashed(one)) in people}

    def _named(self, addresses: Sequence[str]) -> list[tuple[str, str]]:
        """Return the identity and the address of each."""
        loaded = self._job.loaded
        return read_entries(
            addresses,
            kind=address_kind(loaded),
            default_region=loaded.definition.recipients.default_region,
            reading=reading(loaded),
        )

    @contextmanager
    def _ledger(self, *, create: bool = True) -> Iterator[Ledger]:
        location = self._job.ledger(self._environment)
        with closing(location.open(create=create)) as ledger:
            yield ledger


def all_suppressed(job: Job, environment: Mapping[str, str]) -> pl.Series:
    """Return the entries of the definition's files and of the ledger's list, as they are now.

    Raises:
        InvalidInput: a file is missing or has lines that cannot be read.
        LedgerError: the ledger cannot be read.
    """
    listed = job.suppressed()
    try:
        entries = Suppressions(job, environment).all()
    except NoLedger:
        return listed
    kept = pl.Series("identity", [one.identity for one in entries], dtype=pl.String)
    return pl.concat([listed, kept])


def _people(named: Iterable[tuple[str, str]]) -> Mapping[str, set[str]]:
    """Return every entry that means each person, by identity; a hash is somebody by itself."""
    people: dict[str, set[str]] = {}
    hashes: set[str] = set()
    for identity, address in named:
        if identity.startswith(HASHED):
            hashes.add(identity)
        else:
            people.setdefault(identity, set()).update(entries_of(identity, address))
    hashes.difference_update(*people.values())
    return people | {one: {one} for one in hashes}


def _hashed(entry: str) -> str:
    return entry if entry.startswith(HASHED) else hashed(entry)
