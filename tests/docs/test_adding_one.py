"""The provider of the guide works as it stands there: found, tested, and sending."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from .pages import DOCS, ROOT, blocks

FILES = {
    block.title: block.text
    for block in blocks((DOCS / "providers" / "adding-one.md").read_text(encoding="utf-8"))
    if block.title
}


class _Vendor(BaseHTTPRequestHandler):
    taken: list[dict[str, str]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        good = self.path == "/v1/messages" and self.headers["X-Beacon-Key"] == "a-key"
        refused = body["to"].endswith("9")
        answer: dict[str, str] = {"message_id": f"m{len(self.taken)}"}
        if not good:
            answer = {"code": "bad_key"}
        elif refused:
            answer = {"code": "stopped", "text": "STOP on 3 May"}
        else:
            self.taken.append(body)
        data = json.dumps(answer).encode()
        self.send_response(202 if good and not refused else 400)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def vendor() -> Iterator[tuple[str, list[dict[str, str]]]]:
    taken: list[dict[str, str]] = []
    handler = type("Vendor", (_Vendor,), {"taken": taken})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", taken
        server.shutdown()
        thread.join()


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Put the page's files into a folder, as an installer would."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    about = tmp_path / "campaign_beacon-0.1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: campaign-beacon\nVersion: 0.1.0\n"
    )
    (about / "entry_points.txt").write_text(
        "[campaign.providers]\nbeacon = campaign_beacon:Beacon\n"
    )
    return tmp_path


def _python(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
        "BEACON_API_KEY": "a-key",
        "COLUMNS": "200",
    }
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_its_own_tests_pass(installed: Path) -> None:
    run = _python(
        installed, "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=.", "test_beacon.py"
    )
    assert run.returncode == 0, run.stdout


def test_it_is_listed_and_described(installed: Path) -> None:
    assert "Beacon, text messages" in _python(installed, "campaign", "providers").stdout
    assert '"const": "beacon"' in _python(installed, "campaign", "schema").stdout


def test_it_sends(installed: Path, vendor: tuple[str, list[dict[str, str]]]) -> None:
    url, taken = vendor
    definition = FILES["beacon.yaml"].replace(
        "name: beacon\n", f"name: beacon\n  base_url: {url}\n"
    )
    (installed / "beacon.yaml").write_text(definition, encoding="utf-8")
    people = "phone,first_name\n+491713920001,Ana\n+491713920009,Ben\n+491713920003,Cem\n"
    (installed / "customers.csv").write_text(people, encoding="utf-8")
    run = _python(installed, "campaign", "run", "beacon.yaml", "--json")
    end = json.loads(run.stdout.splitlines()[-1])
    assert (run.returncode, end["counts"]["accepted"], end["counts"]["failed"]) == (3, 2, 1)
    assert [reason["reason"] for reason in end["reasons"]] == ["opted_out"]
    assert [body["text"] for body in taken] == ["Hi Ana", "Hi Cem"]


def test_the_embedded_sandbox_does_not_speak_for_it(installed: Path) -> None:
    definition = FILES["beacon.yaml"].replace("name: beacon\n", "name: beacon\n  sandbox: true\n")
    (installed / "beacon.yaml").write_text(definition, encoding="utf-8")
    (installed / "customers.csv").write_text("phone,first_name\n+491713920001,Ana\n")
    run = _python(installed, "campaign", "run", "beacon.yaml")
    assert run.returncode == 2
    assert "beacon" in run.stderr
