"""What a run would do, without doing it: every row judged, every message rendered.

Only the list of the refused rows stays.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from campaign.audience.headers import normalise_header
from campaign.definition.secrets import missing_secrets
from campaign.errors import InvalidInput, NoLedger
from campaign.job import Job, local_now
from campaign.ledger.records import Counts, Run
from campaign.message.composition import TEMPLATE, TEXT, VARIABLE
from campaign.message.warnings import message_warnings
from campaign.plan import making
from campaign.plan.frozen import SEND
from campaign.plan.of_run import differences
from campaign.reporting.results import write_rejects

SAMPLES = 5
_SINGLE_BRACES = re.compile(r"(?<!\{)\{\s*([^{}%#]+?)\s*\}(?!\})")


@dataclass(frozen=True, slots=True)
class Sample:
    """One message as it would leave: spreadsheet row, address, form and the rendered texts."""

    row: int
    address: str
    form: str
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What would happen.

    ``planned`` rows in the list, of which ``sendable`` would be sent to. ``refusals`` counts the
    others by (verdict, reason), ``examples`` names up to five rows of each: file, row, value.
    ``already`` says where a run of this name stands, when there is one. ``seconds`` is the time at
    the asked rate. ``warnings`` are sentences about what would stop a
    real run, or is odd in the list.
    """

    name: str
    run: str
    provider: str
    channel: str
    sandbox: bool
    planned: int
    sendable: int
    refusals: Mapping[tuple[str, str], int]
    examples: Mapping[str, list[dict[str, Any]]]
    samples: list[Sample]
    already: Counts | None
    rate: float
    rejects: Path
    warnings: list[str]

    @property
    def seconds(self) -> float:
        """How long sending takes at the asked rate."""
        return self.sendable / self.rate

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are, would be sent to, and are refused, by verdict."""
        found = {"planned": self.planned, "sendable": self.sendable}
        for (verdict, _), rows in self.refusals.items():
            found[verdict] = found.get(verdict, 0) + rows
        return found

    def as_dict(self) -> dict[str, Any]:
        """Return the forecast as plain data, for machines."""
        return {
            "name": self.name,
            "run": self.run,
            "provider": self.provider,
            "channel": self.channel,
            "sandbox": self.sandbox,
            "counts": self.counts,
            "reasons": [
                {
                    "verdict": verdict,
                    "reason": reason,
                    "rows": rows,
                    "examples": self.examples[reason],
                }
                for (verdict, reason), rows in self.refusals.items()
            ],
            "samples": [
                {
                    "row": sample.row,
                    "address": sample.address,
                    "form": sample.form,
                    "texts": dict(sample.texts),
                }
                for sample in self.samples
            ],
            "already": None if self.already is None else self.already.as_dict(),
            "rate": self.rate,
            "seconds": round(self.seconds, 1),
            "rejects": str(self.rejects),
            "warnings": self.warnings,
        }


def forecast(job: Job, environment: Mapping[str, str], only: str | None = None) -> Forecast:
    """Plan without a run; only the rejects file stays.

    ``only`` picks the one recipient with this key or address as the sample.

    Raises:
        InvalidInput: the list, or something it needs, is not as the definition says; or nobody is
            known as ``only``.
        OutputError: the rejects cannot be written.
    """
    definition, capabilities = job.loaded.definition, job.loaded.provider.capabilities
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        plan, fingerprint = making.make(
            job.question(job.suppressed()), Path(folder) / "plan.parquet"
        )
        run = job.run_name(fingerprint, local_now())
        begun = _begun(job, environment, run)
        # Not in the run's own folder: what a run refused is not what it would refuse now.
        rejects = job.folder / "check-rejects.csv"
        write_rejects(plan, rejects)
        return Forecast(
            name=definition.name,
            run=run,
            provider=capabilities.title,
            channel=definition.channel.value,
            sandbox=job.loaded.settings.sandbox,
            planned=plan.planned,
            sendable=plan.sendable,
            refusals=plan.refusals,
            examples={reason: _examples(plan.rows(), reason) for _, reason in plan.refusals},
            samples=_samples(plan.rows(), plan.columns, only),
            already=begun[1] if begun else None,
            rate=job.speed().rate,
            rejects=rejects,
            warnings=plan.warnings()
            + _about_messages(job, plan.rows())
            + _single_braces(job, plan.headers)
            + [
                f"The environment variable {secret.name} is not set; a run needs it for {field}."
                for field, secret in missing_secrets(job.loaded.settings, environment)
                if not job.loaded.settings.sandbox
            ]
            + (_changed(job, begun, fingerprint) if begun else [])
            + [
                f"A run now would be refused: {found.why}. {found.hint}."
                for found in [job.hours.refusal(local_now())]
                if found is not None
            ],
        )


def _begun(job: Job, environment: Mapping[str, str], run: str) -> tuple[Run, Counts] | None:
    try:
        ledger = job.ledger(environment).open(create=False)
    except NoLedger:
        return None
    with closing(ledger):
        found = ledger.find_run(job.loaded.definition.name, run)
        return None if found is None or not found.planned else (found, ledger.counts(found.id))


def _changed(job: Job, begun: tuple[Run, Counts], list_hash: str) -> list[str]:
    """Say what a run that has begun would refuse: what is checked here is another plan."""
    run, counts = begun
    differs = differences(run, job.loaded, list_hash)
    if not differs or not counts.done:
        return []
    sentence = (
        f"This run has begun with another {' and another '.join(differs)}: `campaign run` refuses, "
        "and with --replan sends to those alone who have no outcome yet."
    )
    return [sentence]


def _about_messages(job: Job, rows: pl.LazyFrame) -> list[str]:
    definition = job.loaded.definition
    template = definition.message.template if definition.message else None
    return message_warnings(
        rows.filter(pl.col("verdict") == SEND),
        channel=definition.channel,
        category=template.category if template else None,
        footer=template.footer if template else None,
    )


def _single_braces(job: Job, columns: Collection[str]) -> list[str]:
    """Warn of ``{first_name}``, which other programs fill in and this one sends as it stands."""
    found = {
        name
        for one in job.each
        for _, text in one.composition.texts()
        for name in _SINGLE_BRACES.findall(text.source)
        if normalise_header(name) in columns
    }
    return [
        f"{{{name}}} is sent as it stands; write {{{{ {normalise_header(name)} }}}} to fill it in."
        for name in sorted(found)
    ]


def _examples(rows: pl.LazyFrame, reason: str) -> list[dict[str, Any]]:
    found = rows.filter(pl.col("reason") == reason).head(SAMPLES)
    return found.select("file", "row", "reason_column", "reason_detail").collect().to_dicts()


def _samples(rows: pl.LazyFrame, columns: list[str], only: str | None) -> list[Sample]:
    """Return the first messages as they would leave, each in its form."""
    texts = [name for name in columns if name.startswith((TEXT, TEMPLATE, VARIABLE))]
    rows = rows.filter(pl.col("verdict") == SEND)
    if only is not None:
        rows = rows.filter((pl.col("key") == only) | (pl.col("address") == only))
    found = rows.head(SAMPLES).collect()
    if only is not None and found.is_empty():
        raise InvalidInput(f"Nobody with the key or address {only} would be sent to.")
    return [
        Sample(
            row=row["row"],
            address=row["address"],
            form=row["form"],
            texts={
                name: row[name]
                for name in texts
                if row[name] is not None and _belongs(name, row["form"])
            },
        )
        for row in found.iter_rows(named=True)
    ]


def _belongs(name: str, form: str) -> bool:
    if name.startswith(VARIABLE):
        return True
    return name.startswith(TEMPLATE) == (form == "template")
