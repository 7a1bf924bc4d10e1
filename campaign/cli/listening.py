"""``listen``: the web server for webhooks, and what a person sees of it."""

from __future__ import annotations

import json as jsonlib
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import anyio
import typer
from rich.console import Console
from rich.status import Status
from rich.text import Text

from campaign import api
from campaign.listening import Address, Place, Standing, Told
from campaign.reporting import words

_EVERY_SECONDS = 60.0
_MEANING = {
    204: "kept",
    400: "unreadable",
    401: "not authentic",
    404: "to no address of ours",
    413: "too large",
    503: "to be posted again",
}


def listen(
    definition: Path,
    *,
    host: str,
    port: int,
    public_url: str | None,
    env_file: Path | None,
    json: bool,
) -> None:
    """Listen until stopped; exit with 0, or with 130 where it was stopped twice."""
    campaign = api.load(definition, env_file=env_file, past_ok=True)
    console = Console()
    shown: _Json | _Screen | _Log
    if json:
        shown = _Json()
    elif console.is_terminal:
        shown = _Screen(console)
    else:
        shown = _Log(console)
    told = Told(shown.ready, shown.sentence, shown.standing)
    listening = campaign.listening(Place(host, port, public_url), told)

    async def main() -> Standing:
        return await listening.run(handle_signals=True)

    try:
        found = anyio.run(main)
    finally:
        shown.close()
    shown.ended(found)
    raise typer.Exit(130 if listening.broken_off else 0)


class _Log:
    """Plain lines: what to enter at the vendors, trouble, and every minute how much came."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = time.monotonic()
        self._before = Standing()

    def _say(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)
        self._console.file.flush()

    def ready(self, base: str, addresses: list[Address]) -> None:
        """Write what to enter at the vendors; the token is named, and not shown."""
        self._say(f"Listening on {base}; stop with Ctrl-C. Enter at the vendor:")
        for one in addresses:
            self._say(f"  {one.title}: {one.url}")
            self._say(f"    ({_proof(one)})")

    def sentence(self, text: str) -> None:
        """Write a sentence."""
        self._say(text)

    def standing(self, standing: Standing) -> None:
        """Write how much came, once a minute, where something did."""
        now = time.monotonic()
        if now - self._last >= _EVERY_SECONDS and standing != self._before:
            self._last, self._before = now, standing
            self._say(_line(standing))

    def close(self) -> None:
        """There is nothing to close."""

    def ended(self, standing: Standing) -> None:
        """Write how much came in all."""
        self._say(f"Stopped. {_line(standing)}")


class _Screen(_Log):
    """The same on a terminal, with the counts in a line that changes."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._status: Status | None = None

    def standing(self, standing: Standing) -> None:
        """Show how much came."""
        if self._status is None:
            self._status = self._console.status("")
            self._status.start()
        self._status.update(Text(_line(standing)))

    def close(self) -> None:
        """Take the changing line away."""
        if self._status is not None:
            self._status.stop()


class _Json:
    """One JSON object a line, each with its ``event`` and the time in seconds since 1970 UTC."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def _say(self, event: str, **values: Any) -> None:
        said = {"event": event, "at": round(time.time(), 3), **values}
        print(jsonlib.dumps(said), flush=True)

    def ready(self, base: str, addresses: list[Address]) -> None:
        """Write an event ``listening``."""
        self._say("listening", url=base, addresses=[asdict(one) for one in addresses])

    def sentence(self, text: str) -> None:
        """Write an event ``message``."""
        self._say("message", text=text)

    def standing(self, standing: Standing) -> None:
        """Write an event ``progress``, once a minute."""
        now = time.monotonic()
        if now - self._last >= _EVERY_SECONDS:
            self._last = now
            self._say("progress", **standing.as_dict())

    def close(self) -> None:
        """There is nothing to close."""

    def ended(self, standing: Standing) -> None:
        """Write an event ``finished``."""
        self._say("finished", **standing.as_dict())


def _proof(one: Address) -> str:
    """Say what proves an event; an address is offered a token only where it takes one."""
    secret = f"provider.{one.field}"
    if not one.takes_token:
        return f"signed with {secret}; that key has no place in the address"
    if one.signed:
        return f"signed with {secret}, or add ?token=*** with it where nothing is signed"
    return f"add ?token=*** with {secret}: nothing is signed"


def _line(standing: Standing) -> str:
    taken = standing.taken
    people = "1 person" if taken.opted_out == 1 else f"{taken.opted_out:,} people"
    said = [
        f"{words.number(taken.events)} events",
        f"{words.people(taken.changed)} known further",
    ]
    if taken.opted_out:
        said.append(f"{people} asked to be left alone")
    said += [
        f"{words.number(count)} {_MEANING.get(status, str(status))}"
        for status, count in sorted(standing.answers.items())
        if status != 204
    ]
    return ", ".join(said) + "."
