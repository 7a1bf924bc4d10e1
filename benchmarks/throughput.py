"""Accepted messages a second with the durable ledger, against the script everybody writes.

The script is one shared ``httpx.AsyncClient``, a semaphore and a CSV log: it neither plans nor
claims, and forgets or repeats people after a crash. Both send the same list to the same sandbox,
which runs as a process of its own.
"""

from __future__ import annotations

import asyncio
import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

import campaign

CONCURRENCY = (16, 64, 256)
PEOPLE = 4_000
AGENT = "2a886b7d-d52d-4f8b-8ea0-19d3edc79214"
DEFINITION = """\
name: throughput
channel: sms
provider: {{name: synthflow, base_url: "{url}", agent_id: {agent}, api_key: "${{KEY}}"}}
sender: "+12025550100"
recipients: list.csv
message: "Hi {{{{ first_name }}}}"
rate: {{limit: 1000000/s, concurrency: {concurrency}}}
"""


@contextmanager
def sandbox() -> Iterator[str]:
    """Run the sandbox in a process of its own; yield its base URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "campaign", "sandbox", "--port", "0"],
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    try:
        yield line.split("listens on ")[1].split(";")[0].strip() + "/synthflow"
    finally:
        process.terminate()
        process.wait()


def write_list(folder: Path) -> list[tuple[str, str]]:
    """Write the list that both send to."""
    people = [(f"+1{2_022_000_000 + place}", "Ana") for place in range(PEOPLE)]
    with (folder / "list.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("phone", "first_name"), *people])
    return people


def ours(folder: Path, url: str, concurrency: int) -> float:
    """Return accepted messages a second of this project, without planning and results."""
    text = DEFINITION.format(url=url, agent=AGENT, concurrency=concurrency)
    (folder / "campaign.yaml").write_text(text, encoding="utf-8")
    summary = campaign.load(folder / "campaign.yaml", environment={"KEY": "key"}).run()
    assert summary.counts.accepted == PEOPLE, summary
    return summary.achieved


async def script(folder: Path, url: str, concurrency: int) -> float:
    """Return accepted messages a second of the script."""
    slots = asyncio.Semaphore(concurrency)
    people = list(csv.reader((folder / "list.csv").open(encoding="utf-8")))[1:]
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    with (folder / "log.csv").open("w", newline="", encoding="utf-8") as file:
        log = csv.writer(file)
        async with httpx.AsyncClient(limits=limits, timeout=60) as client:

            async def send(phone: str, name: str) -> None:
                async with slots:
                    response = await client.post(
                        f"{url}/v2/chat/outbound",
                        headers={"Authorization": "Bearer key"},
                        json={
                            "agent_id": AGENT,
                            "channel": "sms",
                            "to_number": phone,
                            "from_number": "+12025550100",
                            "initial_message": f"Hi {name}",
                        },
                    )
                    log.writerow([phone, response.json()["response"]["conversation_id"]])

            started = time.monotonic()
            async with asyncio.TaskGroup() as tasks:
                for phone, name in people:
                    tasks.create_task(send(phone, name))
            return len(people) / (time.monotonic() - started)


def main() -> None:
    """Measure and print the table."""
    print("| in flight | this project, with its ledger | the script | ratio |")
    print("|---:|---:|---:|---:|")
    for concurrency in CONCURRENCY:
        with tempfile.TemporaryDirectory() as name, sandbox() as url:
            folder = Path(name)
            write_list(folder)
            theirs = asyncio.run(script(folder, url, concurrency))
            own = ours(folder, url, concurrency)
        print(
            f"| {concurrency} | {own:,.0f}/s | {theirs:,.0f}/s | {own / theirs:.1f} |", flush=True
        )


if __name__ == "__main__":
    main()
