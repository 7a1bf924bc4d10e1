"""Questions to whoever sits at the terminal.

Invariant: only a yes is a yes. Ctrl-C, or the end of the input, is a no, whenever it comes: also in
the instant before the answer is waited for, in which Python would not see it until another key.
"""

from __future__ import annotations

import select
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from campaign.reporting.watching import answerable


def agreed(question: str) -> bool:
    """Ask, beside the output, which may go to a file or to another program."""
    try:
        with answerable(), _told_of_signals() as signals:
            while True:
                typer.echo(f"{question} [y/N]: ", err=True, nl=False)
                if sys.platform != "win32":  # where only sockets can be waited for
                    select.select([sys.stdin, signals], [], [])
                answer = sys.stdin.readline()
                if answer.strip().lower() in ("y", "yes"):
                    return True
                if not answer.endswith("\n") or answer.strip().lower() in ("", "n", "no"):
                    return False
                typer.echo("Error: answer y or n.", err=True)
    except KeyboardInterrupt:
        typer.echo(err=True)
        return False


@contextmanager
def _told_of_signals() -> Iterator[socket.socket]:
    """Yield a socket that is readable as soon as a signal has come."""
    here, there = socket.socketpair()
    with here, there:
        there.setblocking(False)
        before = signal.set_wakeup_fd(there.fileno(), warn_on_full_buffer=False)
        try:
            yield here
        finally:
            signal.set_wakeup_fd(before)
