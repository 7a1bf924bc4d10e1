"""``python -m benchmarks NAME``: run one benchmark and print its table."""

from __future__ import annotations

import argparse

from benchmarks import check, phones, preflight, recovery, startup, throughput, wire

ALL = {
    "check": check.main,
    "phones": phones.main,
    "preflight": preflight.main,
    "recovery": recovery.main,
    "startup": lambda _: startup.main(),
    "throughput": lambda _: throughput.main(),
    "wire": wire.main,
}


def main() -> None:
    """Run the benchmark that is named, with the arguments behind its name."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=sorted(ALL))
    named, arguments = parser.parse_known_args()
    ALL[named.name](arguments)


main()
