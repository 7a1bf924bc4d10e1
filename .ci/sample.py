"""Read what the README's first command left behind, and fail when it is not what it should be."""

import csv
import json
from collections import Counter
from pathlib import Path


def rows(path: Path) -> list[dict[str, str]]:
    """Return the lines of a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


(folder,) = Path("output/renewal-reminder").iterdir()
sample = rows(Path("sample_recipients.csv"))
results = rows(folder / "results.csv")
rejects = rows(folder / "rejects.csv")
journal = [json.loads(line) for line in (folder / "sandbox-journal.jsonl").open(encoding="utf-8")]

states = Counter(line["state"] for line in results)
assert [line["Customer ID"] for line in results] == [line["Customer ID"] for line in sample]
assert states == {"accepted": 39, "skipped": 9}, states
assert len(rejects) == 9, rejects
sent = Counter(entry["to"] for entry in journal)
accepted = {line["address"] for line in results if line["state"] == "accepted"}
assert set(sent) == accepted
assert set(sent.values()) == {1}
print(f"sample campaign: {dict(states)}, each accepted recipient once in the journal")
