"""What Python is told before a command sends: for how long a thread goes on, and what is garbage.

Invariant: told by a command, whose process is its own; a program that uses the library keeps its
settings.
"""

from __future__ import annotations

import gc
import sys

_TURN = 0.02
"""Seconds. The ledger's thread gives the interpreter away at every row that it writes, and asks for
it again; while requests are under way it got it back by force after Python's usual 0.005 s, and the
two spent a fifth of their time taking turns. A busy event loop gives it away by itself, whenever it
looks for answers."""


def prepare_to_send() -> None:
    """Take turns more rarely, and look for garbage only among what comes from now on."""
    sys.setswitchinterval(_TURN)
    # Some hundred thousand objects of modules and definitions stay; to look through them all would
    # stop the sending for a tenth of a second now and then.
    gc.collect()
    gc.freeze()
