"""Write the reference pages from the code: ``python docs/generate.py``.

Invariant: the same code always gives the same text, whatever the terminal, the locale or other
installed packages; ``tests/docs/test_generated.py`` fails when a committed page is stale.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer.main

sys.path.insert(0, str(Path(__file__).parent))

from definition_page import NONE, definition, page, providers, table

from campaign.cli.app import app
from campaign.definition.schema import json_schema
from campaign.definition.values import written
from campaign.providers import codes, http
from campaign.providers.protocol import Capabilities, Refused, Scope
from campaign.reasons import reasons
from campaign.reporting.summary import EXIT_CODES

HERE = Path(__file__).parent / "reference"

_ABOUT_REASONS = """Why somebody was not messaged, or may not have been. A code is stable: reports,
the results file and scripts use it."""

_ABOUT_STATES = {
    "skipped": "Refused by a rule before sending.",
    "failed": "Refused by the vendor, or never connected. Certainly not sent. *Sent again*: "
    "`campaign retry` does, unless the [vendor's code](error-codes.md) says otherwise.",
    "held": "Not now; tried again by itself when its time has come.",
    "pending": "Not sent yet; the same command goes on.",
    "warning": "Not a reason to refuse a row: told by `campaign check` and at the start of a run.",
    "unknown": "It may or may not have gone out. Never sent again by itself.",
}

_ABOUT_CODES = """How an answer is read. A definition can override any row, or add one, under
`provider.codes`; a code in no table is read by its HTTP status. Outcomes: `rejected` and `not_sent`
certainly did not go out, `throttled` is tried again, `unknown` never is. *Everybody* stops the run
at the first one and leaves the rest pending. *Again* says what follows for a recipient that was
refused: `by itself` is tried again soon, as often as `retry.attempts` says; `by itself after 24h`
is held, and not tried before; `campaign retry` is sent again when a person says so, after mending
the cause; the others are not worth it. The reading is this project's; the vendors publish the
codes, not what a sender should do. The reasons are explained in [Reasons](reasons.md)."""


def pages() -> dict[str, str]:
    """Return the text of every generated page by its file name."""
    return {
        "campaign.schema.json": json.dumps(json_schema(providers()), indent=2) + "\n",
        "definition.md": definition(),
        "commands.md": _commands(),
        "reasons.md": _reasons(),
        "providers.md": _capabilities(),
        "error-codes.md": _error_codes(),
    }


# The commands


def _commands() -> str:
    parts = ["`campaign COMMAND --help` prints the same. Every command takes `-h`, `--help`."]
    groups = [
        (f"{group.name} ", group.typer_instance.registered_commands)
        for group in app.registered_groups
        if group.typer_instance is not None
    ]
    every = [("", app.registered_commands), *groups]
    for group, info in [(group, info) for group, infos in every for info in infos]:
        assert info.callback is not None  # noqa: S101 - typer registers functions only
        name = group + (info.name or info.callback.__name__)
        parts += [f"## campaign {name}", inspect.getdoc(info.callback) or ""]
        hints = get_type_hints(info.callback, include_extras=True)
        signature = inspect.signature(info.callback)
        usage, arguments, options = [f"campaign {name}"], [], []
        for word, parameter in signature.parameters.items():
            kind, about = get_args(hints[word])[:2]
            default = parameter.default
            must = default is inspect.Parameter.empty
            if isinstance(about, typer.models.ArgumentInfo):
                usage.append(word.upper() if must else f"[{word.upper()}]")
                shown = "required" if must else NONE if default is None else f"`{default}`"
                arguments.append((f"`{word.upper()}`", shown, about.help or ""))
            else:
                default_shown = NONE if default in (None, False, "") else f"`{default}`"
                shown = "required" if must else default_shown
                options.append((_flags(word, kind, about), shown, about.help or ""))
        parts.append(f"```sh\n{' '.join(usage)}{' [OPTIONS]' if options else ''}\n```")
        if arguments:
            parts.append(table(("argument", "default", "meaning"), arguments))
        if options:
            parts.append(table(("option", "default", "meaning"), options))
    parts += ["## Exit codes", "[What each one asks of you](../how-to/resume-after-a-failure.md)."]
    parts.append(table(("code", "meaning"), [(f"`{n}`", text) for n, text in EXIT_CODES.items()]))
    return page("Commands", *parts)


def _flags(word: str, kind: Any, about: Any) -> str:
    said = (about.default, *(about.param_decls or ()))
    names = [name for name in said if isinstance(name, str)] or [f"--{word.replace('_', '-')}"]
    flags = ", ".join(f"`{name}`" for name in sorted(names, key=len, reverse=True))
    if kind is bool:
        return flags
    types = {int: "number", Path: "path"}
    inner = next((types[way] for way in (kind, *get_args(kind)) if way in types), "text")
    return f"{flags} {about.metavar or inner}"


# Reasons, providers, error codes


def _reasons() -> str:
    parts = [_ABOUT_REASONS]
    states = list(dict.fromkeys(reason.state for reason in reasons().values()))
    for state in states:
        here = [reason for reason in reasons().values() if reason.state == state]
        titles: tuple[str, ...] = ("code", "what it means", "what to do")
        rows: list[tuple[str, ...]] = [(f"`{r.code}`", r.sentence, r.advice) for r in here]
        if state == "skipped":
            titles = (*titles, "counts for `max_rejects`")
            rows = [(*row, _fact(not r.choice)) for row, r in zip(rows, here, strict=True)]
        if state == "failed":
            titles = (*titles, "sent again")
            rows = [(*row, _fact(reason.resend)) for row, reason in zip(rows, here, strict=True)]
        rows_told = table(titles, rows)
        parts += [f"## {state}", *filter(None, [_ABOUT_STATES.get(state)]), rows_told]
    return page("Reasons", *parts)


def _capabilities() -> str:
    able = {name: provider.capabilities for name, provider in providers().items()}
    rows = [
        (f"`{field.name}`", *(_fact(getattr(can, field.name)) for can in able.values()))
        for field in dataclasses.fields(Capabilities)
    ]
    notes = inspect.getdoc(Capabilities) or ""
    meaning = " ".join(notes.partition("\n\n")[2].replace("``", "`").split())
    return page(
        "Providers",
        f"What each provider's API can do, as `campaign providers --json` prints it. {meaning}",
        table(("", *(f"[{name}](../providers/{name}.md)" for name in able)), rows),
    )


def _fact(value: object) -> str:
    if value is None or value == frozenset():
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_fact(item).replace('_', ' ')}" for key, item in value.items())
    if isinstance(value, frozenset):
        return ", ".join(sorted(value))
    return f"{value:g}" if isinstance(value, float) else str(value)


_STATUSES = (301, 400, 401, 402, 403, 404, 407, 408, 409, 410, 415, 422, 429, 500, 502, 503, 504)
_VENDORS = {
    "sendbird": "Sendbird's own codes, whatever the HTTP status says.",
    "twilio": "Twilio's codes, as Zild and Synthflow pass them on.",
    "whippy": "Whippy has no codes of its own; the HTTP status decides.",
}


def _error_codes() -> str:
    parts = [_ABOUT_CODES]
    titles = ("code", "meaning", "outcome", "concerns", "reason", "again")
    for vendor, about in _VENDORS.items():
        parts += [f"## {vendor}", about]
        if rows := [(f"`{c}`", row.text, *_read(row)) for c, row in codes.table(vendor).items()]:
            parts.append(table(titles, rows))
    statuses = [(f"`{status}`", *_read(http.by_status(status))) for status in _STATUSES]
    parts += ["## HTTP status", "For an answer without a known code."]
    parts.append(table(("status", *titles[2:]), statuses))
    return page("Error codes", *parts)


def _read(row: Refused) -> tuple[str, str, str, str]:
    whom = {"recipient": "the recipient", "campaign": "everybody"}[row.scope]
    return row.outcome, whom, f"`{row.reason}`", _again(row)


def _again(row: Refused) -> str:
    if row.outcome != "rejected" or row.scope is Scope.CAMPAIGN:
        return NONE
    if row.hold is not None:
        return f"by itself after {written(row.hold)}"
    if row.retry:
        return "by itself"
    resend = reasons()[row.reason].resend if row.resend is None else row.resend
    return "`campaign retry`" if resend else NONE


def main() -> None:
    """Write every page."""
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
