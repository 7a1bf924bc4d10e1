"""Where an event loop runs already, as in a notebook, another one has to run in another thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def outside_any_loop(function: Callable[[], T], interrupt: Callable[[], None]) -> T:
    """Call a function that starts an event loop, in a thread when one runs here (a notebook).

    The notebook's "interrupt" reaches this thread, not the one that sends, so it is passed on.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return function()
    results: list[T] = []
    errors: list[BaseException] = []

    def call() -> None:
        try:
            results.append(function())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            errors.append(error)
        finally:
            over.set()

    over = threading.Event()
    threading.Thread(target=call, name="campaign").start()
    # Not join(): interrupted once, it takes the thread for ended (Python 3.11). And for a moment at
    # a time: where a library has a signal handler of its own (polars has), a wait without an end
    # would sleep through the interrupt.
    while not over.is_set():
        try:
            over.wait(0.2)
        except KeyboardInterrupt:
            interrupt()
    if errors:
        raise errors[0]
    return results[0]
