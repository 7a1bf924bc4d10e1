"""The command `campaign listen` as a process, and a vendor that posts to it."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from campaign.channel import Channel
from tests.cli.commands import COMMAND, environment
from tests.run.campaigns import Recipe

TOKEN = "a-token-that-must-not-be-seen"
ENVIRONMENT = {"HOOK": TOKEN, "TOKEN": "another-secret-of-twilio"}


def definition(folder: Path, settings: str = "  webhook_secret: ${HOOK}\n") -> Path:
    """Write a campaign through Zild, whose webhook carries a token."""
    (folder / "list.csv").write_text("Phone,First Name\n+12025550111,Ana\n", encoding="utf-8")
    recipe = Recipe("zild", Channel.WHATSAPP, settings=settings)
    return recipe.write(folder, "list.csv", "http://127.0.0.1:1")


class Process:
    """A listener; ``said`` is what it printed, one object a line."""

    def __init__(self, definition: Path, *words: str) -> None:
        command = [*COMMAND, "listen", str(definition), "--port", "0", "--json", *words]
        self._process = subprocess.Popen(
            command,
            cwd=definition.parent,
            env=environment(**ENVIRONMENT),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
        )
        self.said: list[dict[str, Any]] = [self._line()]
        assert self.said[0]["event"] == "listening", self.said
        self.url: str = self.said[0]["url"]
        self.pid = self._process.pid

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        try:
            return dict(json.loads(line))
        except ValueError:
            rest = self._process.stdout.read()
            raise AssertionError(f"it said {line}{rest}") from None

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def end(self) -> int:
        """Wait for its end; return the exit code."""
        assert self._process.stdout is not None
        rest = self._process.stdout.read()
        self.said += [json.loads(line) for line in rest.splitlines()]
        code = self._process.wait(timeout=60)
        self._process.stdout.close()
        return code

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def post(self, client: httpx.Client, conversation: str, token: str = TOKEN) -> int:
        """Post that a conversation has ended; return the status."""
        now = datetime.now(UTC).isoformat()
        event = {"id": conversation, "finishedAt": now, "messages": []}
        url = f"{self.url}/webhooks/zild?token={token}"
        return client.post(url, json=event).status_code


@contextmanager
def listening(path: Path, *words: str) -> Iterator[Process]:
    process = Process(path, *words)
    try:
        yield process
    finally:
        process.kill()


def in_a_log(path: Path) -> list[str]:
    """Listen, stop at once, and return the lines that it said where nobody watches."""
    with subprocess.Popen(
        [*COMMAND, "listen", str(path), "--port", "0"],
        cwd=path.parent,
        env=environment(**ENVIRONMENT),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        said += process.stdout.read()
    assert process.returncode == 0, said
    return said.splitlines()
