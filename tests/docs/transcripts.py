"""Run the console blocks of a page, in a folder of its own, and write down what is printed.

``python -m tests.docs.transcripts`` runs every page and puts the new output into it, for when an
output has changed on purpose. Commands see a terminal of fixed width without colours. A definition
that would go live goes to a sandbox on this machine instead, and so does one for the sandbox on
port 8025, which is started as the page's ``sandbox.yaml`` says; nothing else is changed.
"""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from ruamel.yaml import YAML

from campaign.sandbox import SandboxConfig, SandboxServer

from .pages import PAGES, ROOT, Block, blocks

_COLUMNS = "96"
_LIVE = re.compile(r"^provider:\n  name: (\w+)\n(?!  (?:sandbox: true|base_url:))", re.MULTILINE)
_LOCAL = re.compile(r"http://127\.0\.0\.1:8025/(\w+)")
_ANSWERED = re.compile(r"\[y/N\][:\s]*y[:\s]*")
_CAMPAIGN = f"{shlex.quote(sys.executable)} -m campaign"
_FILES = ("sample_recipients.csv", "campaign.example.yaml")

# What differs from one execution to the next, each with what it is compared as.
_VARIES = (
    (re.compile(r"-sandbox-[0-9a-f]{8}"), "-sandbox-XXXXXXXX"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)?"), "TIME"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"^(Sent \d+(?: of \d+)?) in .*", re.MULTILINE), r"\1"),
    (re.compile(r"\bprocess \d+ on \S+"), "process N"),
    (re.compile(r"[ \t]+"), " "),
    (re.compile(r"\s*\n\s*"), "\n"),
)


def comparable(text: str) -> str:
    for pattern, instead in _VARIES:
        text = pattern.sub(instead, text)
    return text


def performed(text: str) -> str:
    """Return the page with what its console blocks print now."""
    pieces, at = [], 0
    said = next((block.text for block in blocks(text) if block.title == "sandbox.yaml"), None)
    config = None if said is None else SandboxConfig.model_validate(YAML(typ="safe").load(said))
    with tempfile.TemporaryDirectory() as place, SandboxServer(config) as sandbox:
        folder = Path(place)
        for name in _FILES:
            (folder / name).write_bytes((ROOT / name).read_bytes())
        for block in blocks(text):
            if block.title is not None:
                _write(folder / block.title, block.text, sandbox)
            elif block.language == "console":
                pieces += [text[at : block.start], _session(block, folder, sandbox)]
                at = block.end
    return "".join([*pieces, text[at:]])


def _write(path: Path, text: str, sandbox: SandboxServer) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = _LOCAL.sub(lambda found: sandbox.url_for(found[1]), text)
    path.write_text(_LIVE.sub(lambda found: _at(found[0], found[1], sandbox), text), "utf-8")


def _at(head: str, vendor: str, sandbox: SandboxServer) -> str:
    return f"{head}  base_url: {sandbox.url_for(vendor)}\n"


def _session(block: Block, folder: Path, sandbox: SandboxServer) -> str:
    lines = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            lines += [line, *_printed(line[2:], folder)]
            for path in folder.glob("*.yaml"):
                _write(path, path.read_text("utf-8"), sandbox)
    return "\n".join(lines).rstrip("\n") + "\n"


def _printed(command: str, folder: Path) -> list[str]:
    """Run one line in a shell at a terminal; an ``export`` holds for the lines that follow."""
    if command.startswith("export "):
        with (folder / ".environment").open("a", encoding="utf-8") as file:
            file.write(command + "\n")
        return []
    line = re.sub(r"\bcampaign (?=[a-z-])", f"{_CAMPAIGN} ", command, count=1)
    script = f"touch .environment; . ./.environment; {line}"
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["/bin/sh", "-c", script],
        cwd=folder,
        env=_environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    printed = b""
    asked = False
    try:
        while chunk := os.read(ours, 1 << 16):
            printed += chunk
            if b"[y/N]" in printed and not asked:
                os.write(ours, b"y\n")
                asked = True
    except OSError:
        pass  # the terminal goes when its last process does
    process.wait(timeout=120)
    os.close(ours)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", printed.decode()).replace("\r\n", "\n")
    text = _ANSWERED.sub("[y/N]: y\n\n", text)
    return [row.rstrip().rpartition("\r")[2] for row in text.rstrip().split("\n")] if text else []


def _environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {
        "PATH": path,
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONPATH": str(ROOT),
        "TERM": "dumb",
        "NO_COLOR": "1",
        "COLUMNS": _COLUMNS,
        "LINES": "60",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
    }


def main() -> None:
    for path in PAGES:
        text = path.read_text("utf-8")
        if blocks(text, "console"):
            path.write_text(performed(text), "utf-8")


if __name__ == "__main__":
    main()
