"""``python -m benchmarks NAME``: run one benchmark and print its table."""

from __future__ import annotations

import argparse

from benchmarks import recovery, throughput

ALL = {"recovery": recovery.main, "throughput": throughput.main}


def main() -> None:
    """Run the benchmark that is named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=sorted(ALL))
    ALL[parser.parse_args().name]()


main()
