"""``python -m benchmarks``: measure everything and write docs/performance.md.

    python -m benchmarks               all of them, at most half an hour; writes the page
    python -m benchmarks --quick       all of them in a few minutes; writes nothing
    python -m benchmarks NAME          one of them; what follows are its own arguments
    python -m benchmarks NAME --write  one of them, and its block of the page

Names: {names}. ``python -m benchmarks NAME --help`` says what one measures.
"""

from __future__ import annotations

import argparse
import signal
import sys

from benchmarks import page
from benchmarks.suite import ALL, Benchmark, Failed, perform


def main(words: list[str]) -> int:
    """Run what is asked; return 1 where any of it failed."""
    names = {benchmark.name: benchmark for benchmark in ALL}
    if words and words[0] in names:
        chosen, words = [names[words[0]]], words[1:]
    else:
        chosen = list(ALL)
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=(__doc__ or "").format(names=", ".join(names)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=len(chosen) > 1,
        allow_abbrev=False,
    )
    parser.add_argument("--quick", action="store_true", help="a few minutes; writes nothing")
    parser.add_argument("--write", action="store_true", help="write the page's block")
    asked, arguments = parser.parse_known_args(words)
    if arguments and len(chosen) > 1:
        parser.error(f"{arguments[0]} is neither a benchmark nor an argument of all of them")
    written = (asked.write or len(chosen) > 1) and not asked.quick
    failed = [one.name for one in chosen if not _done(one, arguments, asked.quick, written)]
    if failed:
        print(f"\nNot measured: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def _done(benchmark: Benchmark, arguments: list[str], quick: bool, written: bool) -> bool:
    """Run one of them, and write its block; return whether it could be measured."""
    usual = [*(benchmark.quick if quick else benchmark.usual), *arguments]
    try:
        found = perform(benchmark, usual)
    except Failed as error:
        print(error, file=sys.stderr)
        return False
    if written:
        page.write(benchmark.name, found)
    return True


if __name__ == "__main__":
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # a shell's background job would ignore the first
        signal.signal(number, signal.default_int_handler)  # as Ctrl-C, so that nothing is left
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
