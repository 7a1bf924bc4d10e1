"""Errors that are meant for people: each one is a sentence, and knows the command's exit code.

A traceback is for a bug. Everything a user can mend is raised as one of these, carrying every
problem at once, each with the place where it was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the input, and where.

    ``line`` and ``column`` count from 1. For a recipient list ``line`` is the row number that a
    spreadsheet shows. ``snippet`` is the offending line as the file has it; never a secret.
    """

    message: str
    file: Path | None = None
    line: int | None = None
    column: int | None = None
    snippet: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        place = ""
        if self.file is not None:
            place = str(self.file)
            if self.line is not None:
                place += f":{self.line}"
                if self.column is not None:
                    place += f":{self.column}"
            place += ": "
        text = f"{place}{self.message}"
        if self.snippet is not None and self.line is not None:
            text += f"\n  {self.line:>5} | {self.snippet}"
            if self.column is not None:
                text += f"\n        | {' ' * (self.column - 1)}^"
        if self.hint:
            text += f"\n        = {self.hint}"
        return text


class CampaignError(Exception):
    """Something went wrong that a person can mend; the command exits with ``exit_code``."""

    exit_code = 1


class InvalidInput(CampaignError):
    """The definition or the recipient list cannot be used as it is; nothing was sent.

    ``problems`` lists everything that was found, in the order of the files.
    """

    exit_code = 2

    def __init__(self, problems: Sequence[Problem] | Problem | str) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(problems)
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))


class RunHeld(CampaignError):
    """Another process holds this run; two processes never send for the same run by accident."""

    exit_code = 11


class LedgerError(CampaignError):
    """The ledger cannot be read or written; nothing is sent without it."""


class NoLedger(LedgerError):
    """There is no ledger yet at the place that was named."""


class LeaseLost(LedgerError):
    """Another process took this run over; this one may neither claim nor settle any more."""

    exit_code = 11


class OutputError(CampaignError):
    """A file this command should write could not be written."""


class Interrupted(CampaignError):
    """A person or the system asked to stop before there was anything to wait for."""

    exit_code = 130


def first_error(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the error of a group that people should see: one meant for them, else the first."""
    ours, _ = group.split(CampaignError)
    found: BaseException = ours or group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
