"""``campaign listen`` as a person starts it: what it says, what it keeps, how it ends."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from campaign.ledger.sql_ledger import SqlLedger
from campaign.ledger.sqlite import SqliteLedger
from tests.cli.commands import campaign as command
from tests.ledger.ledgers import FileStore
from tests.outcomes.sent import Sent
from tests.run.listened import TOKEN, definition, listening

PEOPLE = {f"+4917139{number:05}": f"conversation-{number}" for number in range(2_000)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return definition(tmp_path)


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    limits = httpx.Limits(max_connections=16)
    with httpx.Client(trust_env=False, timeout=60, limits=limits) as one:
        yield one


def sent_to(folder: Path, people: dict[str, str]) -> int:
    """Put a run of this account into the ledger of the definition, of another campaign."""
    sent = Sent(FileStore(folder / "campaign-ledger.db"))
    run = sent.run("another-campaign", dict(people), at=None)
    sent.ledger.close()
    return run.id


def closed(folder: Path, run_id: int) -> set[int]:
    """Return of whom it is known that the conversation is over."""
    ledger: SqlLedger = SqliteLedger(folder / "campaign-ledger.db")
    columns = ledger.columns(run_id, 0, 1_000_000)
    ledger.close()
    pairs = zip(columns["number"], columns["delivery"], strict=True)
    return {number for number, delivery in pairs if delivery == "closed"}


def test_it_keeps_what_is_posted_and_ends_well_when_it_is_stopped(
    tmp_path: Path, path: Path, client: httpx.Client
) -> None:
    run_id = sent_to(tmp_path, {"+4917139000": "c-0", "+4917139001": "c-1"})
    with listening(path) as process:
        assert client.get(f"{process.url}/health").status_code == 200
        assert process.post(client, "c-1") == 204
        assert process.post(client, "c-0", token="a-guess") == 401
        process.signal(signal.SIGTERM)
        assert process.end() == 0
    assert closed(tmp_path, run_id) == {1}
    finished = process.said[-1]
    assert (finished["event"], finished["answers"]) == ("finished", {"204": 1, "401": 1})
    assert TOKEN not in str(process.said)


def test_a_second_signal_ends_it_at_once(path: Path) -> None:
    with listening(path) as process:
        url = httpx.URL(process.url)
        address = (url.host, url.port or 80)
        with socket.create_connection(address) as slow:
            target = f"/webhooks/zild?token={TOKEN}"
            slow.sendall(f"POST {target} HTTP/1.1\r\nContent-Length: 9\r\n\r\n1".encode())
            process.signal(signal.SIGINT)
            while is_there(address):
                time.sleep(0.01)
            process.signal(signal.SIGINT)
            assert process.end() == 130


def is_there(address: tuple[str, int]) -> bool:
    """Return whether somebody still takes connections at an address."""
    try:
        socket.create_connection(address).close()
    except ConnectionError:
        return False
    return True


def test_whatever_was_answered_is_in_the_ledger_though_it_is_killed_in_the_middle(
    tmp_path: Path, path: Path, client: httpx.Client
) -> None:
    run_id = sent_to(tmp_path, PEOPLE)
    answered: set[int] = set()
    with listening(path) as process:

        def post(number: int) -> None:
            try:
                status = process.post(client, f"conversation-{number}")
            except httpx.HTTPError:
                return
            assert status == 204
            answered.add(number)
            if len(answered) == 700:
                process.signal(signal.SIGKILL)

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(post, range(len(PEOPLE))))
    assert 700 <= len(answered) < len(PEOPLE)
    assert answered <= closed(tmp_path, run_id)


def test_what_fitted_nobody_is_matched_as_soon_as_its_message_is_known(
    tmp_path: Path, path: Path, client: httpx.Client
) -> None:
    with listening(path) as process:
        assert process.post(client, "c-0") == 204
        run_id = sent_to(tmp_path, {"+4917139000": "c-0"})
        process.signal(signal.SIGTERM)
        assert process.end() == 0
    assert process.said[-1]["matched_later"] == 1
    assert closed(tmp_path, run_id) == {0}


@pytest.mark.parametrize(
    ("settings", "words", "says"),
    [
        ("", (), "Nothing proves where an event is from"),
        ("  webhook_secret: ${NOT_THERE}\n", (), "NOT_THERE is not set"),
        ("  webhook_secret: ${HOOK}\n", ("--host", "0.0.0.0"), "--public-url"),
        (
            "  webhook_secret: ${HOOK}\n",
            ("--public-url", "http://campaigns.example.org"),
            "begins with https://",
        ),
        ("  webhook_secret: ${HOOK}\n", ("--public-url", "nonsense"), "is an address such as"),
    ],
)
def test_it_does_not_start_where_it_could_not_be_trusted(
    tmp_path: Path, settings: str, words: tuple[str, ...], says: str
) -> None:
    path = definition(tmp_path, settings)
    done = command("listen", path, *words, cwd=tmp_path, HOOK=TOKEN)
    assert done.returncode == 2
    assert says in done.stderr
    assert TOKEN not in done.stderr + done.stdout


def test_a_port_that_is_taken_is_told(path: Path) -> None:
    with listening(path) as process:
        port = str(httpx.URL(process.url).port)
        done = command("listen", path, "--port", port, cwd=path.parent, HOOK=TOKEN)
    assert done.returncode == 2
    assert f"Cannot listen on 127.0.0.1 port {port}" in done.stderr


def test_a_rehearsal_has_nothing_to_listen_to(tmp_path: Path) -> None:
    path = definition(tmp_path)
    text = path.read_text(encoding="utf-8").replace("base_url: http://127.0.0.1:1", "sandbox: true")
    path.write_text(text, encoding="utf-8")
    done = command("listen", path, cwd=tmp_path)
    assert done.returncode == 2
    assert "campaign sync" in done.stderr
