"""One benchmark in this process: ``python -m benchmarks.one NAME``.

The suite starts a process for each, so that none inherits another's memory. A benchmark is a module
with ``main``, which takes the arguments behind its name where it has a choice.
"""

from __future__ import annotations

import shlex
import signal
import sys
from importlib import import_module
from inspect import signature


def main(name: str, arguments: list[str]) -> None:
    """Run the benchmark with these arguments, or say what is missing."""
    try:
        module = import_module(f"benchmarks.{name}")
    except ModuleNotFoundError as error:
        if error.name == f"benchmarks.{name}":
            sys.exit(f"There is no benchmark of this name: benchmarks/{name}.py is missing.")
        sys.exit(f"{error}. What the benchmarks need is installed by: pip install -e '.[test]'")
    if signature(module.main).parameters:
        module.main(arguments)
    elif arguments:
        sys.exit(f"{name} takes no arguments, so {shlex.join(arguments)} says nothing to it.")
    else:
        module.main()


if __name__ == "__main__":
    # The suite asks with it to end; whoever was started in a shell's background would ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main(sys.argv[1], sys.argv[2:])
