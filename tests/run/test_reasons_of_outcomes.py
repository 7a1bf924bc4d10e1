"""What becomes of somebody, for every reason that a vendor, a look-up or a person can give."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

import campaign
from campaign.api import Campaign
from campaign.channel import Channel
from campaign.deciding import As
from campaign.ledger.records import State
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.run.campaigns import ENVIRONMENT, Recipe
from tests.run.lists import number
from tests.run.reconciled import CONFIG, LOST, asked, prepared


@contextmanager
def refusing(text: str) -> Iterator[str]:
    """A vendor on loopback that refuses every message with the same words; yields its URL."""

    class Refuses(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps({"message": text}).encode()
            self.send_response(400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refuses)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def load(folder: Path, url: str) -> Campaign:
    (folder / "list.csv").write_text(f"Phone\n{number(1)}\n", encoding="utf-8")
    recipe = Recipe(message="message: Hi\n", retry="retry: {attempts: 1}\n")
    return campaign.load(recipe.write(folder, "list.csv", url), environment=ENVIRONMENT)


def told(loaded: Campaign) -> tuple[str, str | None]:
    """State and reason of the only recipient, as the ledger has them."""
    with loaded.view() as view:
        (found,) = view.find(number(1))
        assert found.entry is not None
        return found.entry.state.value, found.entry.reason


@pytest.mark.parametrize(
    ("code", "state", "reason", "exit_code"),
    [
        (21211, "failed", "invalid_recipient", 3),
        (21614, "failed", "not_deliverable", 3),
        (21610, "failed", "opted_out", 3),
        (63021, "failed", "content_refused", 3),
        (63016, "failed", "window_closed", 3),
        (30008, "failed", "not_delivered_now", 3),
        (63049, "held", "capped_for_now", 5),
        # Everybody's trouble: nobody is given up, and the run stops.
        (20003, "pending", "key_refused", 4),
        (30002, "pending", "account_problem", 4),
        (63013, "pending", "request_refused", 4),
        (63018, "pending", "limit_reached", 4),
        (63040, "pending", "template_problem", 4),
    ],
)
def test_each_refusal_of_the_vendor_leaves_its_reason_and_its_exit_code(
    code: int, state: str, reason: str, exit_code: int, tmp_path: Path
) -> None:
    with refusing(f"Twilio error {code}: no") as url:
        loaded = load(tmp_path, url)
        summary = loaded.run()
    assert told(loaded) == (state, reason)
    assert summary.exit_code == exit_code
    assert summary.counts.as_dict()[state] == 1


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxConfig()) as one:
        yield one


@pytest.mark.parametrize(
    ("decide", "state", "reason"),
    [
        (lambda one: one.resolve(As.SENT, None), "accepted", "resolved_sent"),
        (lambda one: one.resolve(As.NOT_SENT, None), "pending", "resolved_not_sent"),
        (lambda one: one.resolve(As.SKIP, None), "skipped", "resolved_skip"),
        (
            lambda one: one.send_again(state=State.UNKNOWN, accept_duplicates=True),
            "pending",
            "retried",
        ),
    ],
)
def test_each_decision_of_a_person_is_the_reason_from_then_on(
    decide: Callable[[Campaign], int],
    state: str,
    reason: str,
    tmp_path: Path,
    server: SandboxServer,
) -> None:
    loaded = load(tmp_path, server.url_for("synthflow"))
    server.set_faults({"drop_after": 1.0})
    assert loaded.run().exit_code == 3
    assert told(loaded) == ("unknown", "connection_lost")
    assert decide(loaded) == 1
    assert told(loaded) == (state, reason)


def test_who_the_vendor_certainly_has_not_is_pending_because_it_was_asked(tmp_path: Path) -> None:
    config = SandboxConfig.model_validate(CONFIG | {"faults": LOST})
    with SandboxServer(config) as server:
        loaded = prepared(tmp_path, server, "synthflow", Channel.SMS, twilio=True)
        not_sent = asked(loaded).not_sent
    with loaded.view() as view:
        assert view.reasons["pending", "looked_up_not_sent"] == not_sent > 0
