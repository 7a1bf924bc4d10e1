"""``init``, ``providers``, ``schema`` and ``sandbox``: what somebody needs to begin."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from campaign.cli.writing import print_json
from campaign.definition.schema import json_schema
from campaign.definition.starters import available, starter
from campaign.errors import InvalidInput, OutputError
from campaign.providers import registry
from campaign.providers.protocol import Provider
from campaign.reporting import words


def init(provider: str, path: Path) -> None:
    """Write a commented definition; never over an existing file."""
    if provider not in available():
        raise InvalidInput(
            f"There is no definition to begin with for {provider!r}; there is one for "
            f"{', '.join(available())}."
        )
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(starter(provider))
    except FileExistsError:
        raise InvalidInput(f"{path} exists already; name another file.") from None
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error
    console = Console()
    console.print(
        f"Wrote {path}. Next: put your list beside it (see recipients:), then", highlight=False
    )
    console.print(f"campaign check {path}", highlight=False)


def _all() -> dict[str, type[Provider]]:
    found = {name: registry.find(name) for name in registry.names()}
    return {name: provider for name, provider in found.items() if provider is not None}


def providers(*, json: bool) -> None:
    """Print what each provider can do."""
    if json:
        facts = {name: _capabilities(provider) for name, provider in _all().items()}
        print_json(facts)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in (
        "provider",
        "what",
        "channels",
        "text",
        "template",
        "sender",
        "default rate",
        "comes back",
    ):
        table.add_column(title, overflow="fold")
    for name, provider in _all().items():
        can = provider.capabilities
        back = ("asked" if can.polls else "", "posted" if can.webhooks else "")
        text = "the agent writes" if can.writes_itself else ", ".join(sorted(can.text)) or "–"
        table.add_row(
            name,
            can.title,
            ", ".join(can.channels),
            text,
            ", ".join(sorted(can.template)) or "–",
            can.sender.replace("_", " ") + ("" if can.sender_required else ", optional"),
            words.speed(can.default_rate),
            ", ".join(filter(None, back)) or "–",
        )
    Console().print(table)


def _capabilities(provider: type[Provider]) -> dict[str, Any]:
    can = provider.capabilities
    return {
        "title": can.title,
        "channels": {channel.value: kind for channel, kind in can.channels.items()},
        "text": sorted(can.text),
        "template": sorted(can.template),
        "template_id": can.template_id,
        "writes_itself": can.writes_itself,
        "window_channels": sorted(can.window_channels),
        "sender": can.sender,
        "sender_required": can.sender_required,
        "suggested_replies": can.suggested_replies,
        "variables": can.variables,
        "schedule": can.schedule,
        "max_batch": can.max_batch,
        "default_rate": can.default_rate,
        "wait_header": can.wait_header,
        "longest_text": {channel.value: most for channel, most in can.longest_text.items()},
        "longest_value": can.longest_value,
        "longest_variable_name": can.longest_variable_name,
        "most_variables": can.most_variables,
        "polls": sorted(can.polls),
        "webhooks": sorted(can.webhooks),
    }


def schema() -> None:
    """Print the JSON Schema of a definition."""
    print(jsonlib.dumps(json_schema(_all()), indent=2))


def sandbox(port: int, config: Path | None) -> None:
    """Run the sandbox until it is stopped."""
    from campaign.sandbox.config import SandboxConfig
    from campaign.sandbox.server import serve

    console = Console()

    def ready(url: str) -> None:
        console.print(f"The sandbox listens on {url}; stop it with Ctrl-C.", highlight=False)
        console.print(f"Its journal is at {url}/_sandbox/journal.", highlight=False)

    serve(SandboxConfig.read(config) if config else None, port=port, ready=ready)
