"""One worker as the run sees it: a process, a pipe to it and a pipe from it.

Invariant: whatever ends a worker, the run hears of it, after the last line that the worker said.
What anything else prints on that pipe is passed over.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import IO, cast

from campaign.workers.orders import Line, Orders, as_bytes, line_of

PROGRAM = "from campaign.workers.worker import main; main()"
"""What a worker runs."""

# Ctrl-C reaches every process of a terminal; the run alone says what it means. First of all, for
# loading the rest takes a while. The path is handed over because a program may have changed it.
_BEFORE = """
import json, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.path[:] = json.loads(sys.argv[1])
"""


class Hand:
    """A worker that is started now.

    ``hear`` is called in the event loop with each line that it says, and with ``None`` when it has
    ended and :attr:`code` is known.
    """

    def __init__(
        self,
        orders: Orders,
        environment: Mapping[str, str],
        hear: Callable[[Hand, Line | None], None],
    ) -> None:
        self.orders = orders
        self.shard = orders.shard
        self.code: int | None = None
        self._is_silent = False
        self._hear = hear
        self._loop = asyncio.get_running_loop()
        # Not through a shell, and by this very Python: what is run is written above.
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", _BEFORE + PROGRAM, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
        )
        self._to = cast("IO[bytes]", self._process.stdin)
        self._from = cast("IO[bytes]", self._process.stdout)
        self.tell(orders.written())
        threading.Thread(target=self._listen, name="worker's pipe", daemon=True).start()

    @property
    def name(self) -> str:
        """Which of the workers it is, in a sentence."""
        return self.shard.worker

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended, also where the run has not heard of it yet."""
        # The question is not answered while the other thread waits for the process's end.
        return self._process.poll() is not None or self._is_silent

    def tell(self, line: Line) -> None:
        """Tell it something; one that has ended hears nothing."""
        with suppress(OSError, ValueError):
            self._to.write(as_bytes(line))
            self._to.flush()

    def dismiss(self) -> None:
        """Let it end, as soon as nothing is under way any more."""
        with suppress(OSError):
            self._to.close()

    def how_it_ended(self) -> str:
        """Return by what the process ended, in words."""
        if self.code is not None and self.code < 0:
            with suppress(ValueError):
                return f"was ended by {signal.Signals(-self.code).name}"
        return f"ended unexpectedly with exit code {self.code}"

    def _listen(self) -> None:
        try:
            with self._from as lines:
                for said in lines:
                    if (line := line_of(said)) is not None:
                        self._pass_on(line)
        finally:
            self._is_silent = True
            self.dismiss()  # whom nobody hears any more is let go
            self.code = self._process.wait()
            self._pass_on(None)

    def _pass_on(self, line: Line | None) -> None:
        with suppress(RuntimeError):  # the event loop has been closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._hear, self, line)
