"""A web server in the open: only what is authentic is read, nothing is held, "kept" means kept."""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import httpx
import pytest

from campaign.errors import LedgerError
from campaign.ledger.delivery_records import Observation
from campaign.ledger.sql_ledger import SqlLedger
from campaign.outcomes import bodies, matching, patience
from tests.ledger.ledgers import FileStore
from tests.outcomes.listener import SECRET, Listener, listening, signature
from tests.outcomes.sent import ANA, BEN, Sent

READ = {"what": "read", "id": "a"}


@pytest.fixture
def sent(tmp_path: Path) -> Sent:
    return Sent(FileStore(tmp_path / "ledger.db"))


@pytest.fixture(autouse=True)
def _everybody_is_known_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was sent to within the last second would wait for the next look."""
    monkeypatch.setattr(matching, "_LEARN_EVERY", 0.0)


@pytest.fixture
def listener(sent: Sent) -> Iterator[Listener]:
    with listening(sent.intake()) as one:
        yield one


def test_what_a_vendor_posts_is_in_the_ledger_when_it_is_answered(
    sent: Sent, listener: Listener
) -> None:
    run = sent.run("spring", {ANA: "a", BEN: "b"}, at=None)
    answer = listener.events(READ, {"what": "undelivered", "id": "b", "code": "63024"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert sent.told(run) == {0: "read", 1: "undelivered"}


@pytest.mark.parametrize(
    "forged", ["", "0" * 64, "ü", signature(b"another body"), signature(b"[]", "another-key")]
)
def test_a_wrong_or_missing_signature_is_refused_and_nothing_is_read(
    sent: Sent, listener: Listener, forged: str
) -> None:
    run = sent.run("spring", {ANA: "a"}, at=None)
    body = json.dumps([READ]).encode()
    with httpx.Client(trust_env=False) as client:
        headers = {b"x-signature": forged.encode("latin-1")} if forged else {}
        answer = client.post(f"{listener.url}/webhooks/vendor", content=body, headers=headers)
    assert (answer.status_code, answer.content) == (401, b"")
    assert sent.told(run) == {0: None}
    assert any("signature or token is wrong" in one for one in listener.said)


def test_an_event_that_is_posted_again_changes_nothing(sent: Sent, listener: Listener) -> None:
    run = sent.run("spring", {ANA: "a"}, at=None)
    for _ in range(5):
        assert listener.events(READ).status_code == 204
    columns = sent.ledger.columns(run.id, 0, 10)
    assert (columns["delivery"], len(columns["read_at"])) == (["read"], 1)
    assert listener.answers == {204: 5}


@pytest.mark.parametrize("body", [b"", b"no json", b"{}", b"\xff\xfe", b'[{"what": "sang"}]'])
def test_an_event_that_cannot_be_read_is_answered_so_and_told_without_a_secret(
    listener: Listener, body: bytes
) -> None:
    assert listener.post(body).status_code == 400
    assert listener.said
    assert SECRET not in " ".join(listener.said)


def test_there_is_nothing_at_other_addresses(listener: Listener) -> None:
    with httpx.Client(trust_env=False, base_url=listener.url) as client:
        assert client.post("/webhooks/other").status_code == 404
        assert client.post("/").status_code == 404
        assert client.post("/webhooks/vendor/").status_code == 404
        assert client.get("/health").status_code == 200
        assert client.get("/webhooks/vendor").status_code == 405


def test_a_body_of_ten_megabytes_is_refused_before_it_is_read(listener: Listener) -> None:
    ten = b"x" * 10_000_000
    for _ in range(5):
        assert listener.post(ten, x_signature=signature(b"")).status_code == 413
    assert listener.bodies.highest == 0


def test_a_body_without_an_end_is_held_up_to_the_bound_and_no_further(listener: Listener) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(160):
            yield b"y" * 65_536

    with httpx.Client(trust_env=False) as client:
        url, headers = f"{listener.url}/webhooks/vendor", {"x-signature": signature(b"")}
        answer = client.post(url, content=endless(), headers=headers)
    assert answer.status_code == 413
    assert 0 < listener.bodies.highest <= bodies.LARGEST
    assert listener.bodies.held == 0


def _head(*headers: str, size: int) -> bytes:
    lines = ["POST /webhooks/vendor HTTP/1.1", "Host: x", f"Content-Length: {size}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def test_whoever_has_no_proof_is_refused_before_a_byte_of_the_body(listener: Listener) -> None:
    for query in ("", "?token=a-guess", f"?token={SECRET}"):
        head = _head(size=1000).replace(b"/vendor", f"/vendor{query}".encode())
        with closing(socket.create_connection(("127.0.0.1", listener.port))) as stranger:
            stranger.settimeout(20)
            stranger.sendall(head)
            assert stranger.recv(100).startswith(b"HTTP/1.1 401 ")
    assert listener.bodies.highest == 0


def test_what_is_held_of_all_bodies_together_is_bounded(
    sent: Sent, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = sent.run("spring", {ANA: "a"}, at=None)
    monkeypatch.setattr(bodies, "MOST", 250_000)
    with ExitStack() as stack:
        slow = [
            stack.enter_context(closing(socket.create_connection(("127.0.0.1", listener.port))))
            for _ in range(3)
        ]
        for one in slow:
            one.sendall(_head("X-Signature: a-guess", size=100_001) + b"x" * 100_000)
        answered, _, _ = select.select(slow, [], [], 20)
        assert [one.recv(100)[:13] for one in answered] == [b"HTTP/1.1 503 "]
        assert listener.bodies.highest <= 250_000
        for one in slow:
            one.sendall(b"x")
        rest = [one for one in slow if one not in answered]
        assert [one.recv(100)[:13] for one in rest] == [b"HTTP/1.1 401 "] * 2
    assert listener.bodies.held == 0
    assert listener.events(READ).status_code == 204
    assert sent.told(run) == {0: "read"}


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"POST /webhooks/vendor HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST /webhooks/vendor HTTP/1.1\r\nX-Signature: x\r\nContent-Length: 9\r\n\r\nhalf",
    ],
    ids=["nothing", "half a head", "half a body"],
)
def test_whoever_is_slow_is_hung_up_on_and_holds_nobody_up(
    sent: Sent, listener: Listener, beginning: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent.run("spring", {ANA: "a"}, at=None)
    monkeypatch.setattr(patience, "PATIENCE", 1.5)
    with closing(socket.create_connection(("127.0.0.1", listener.port))) as slow:
        slow.sendall(beginning)
        assert listener.events(READ).status_code == 204
        slow.settimeout(20)
        with suppress(ConnectionResetError):
            assert slow.recv(100) == b""
    assert set(listener.answers) <= {204, 499}


def test_a_head_without_an_end_is_hung_up_on(listener: Listener) -> None:
    with closing(socket.create_connection(("127.0.0.1", listener.port))) as loud:
        loud.sendall(b"POST /webhooks/vendor HTTP/1.1\r\nX: ")
        loud.settimeout(20)
        with pytest.raises(ConnectionError):
            loud.sendall(b"x" * 50_000_000)
    assert listener.answers == {}


def test_a_ledger_that_cannot_be_written_is_answered_with_later_until_it_can(
    sent: Sent, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = sent.run("spring", {ANA: "a"}, at=None)

    def full(*_: object) -> int:
        raise LedgerError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(SqlLedger, "hear", full)
        assert [listener.events(READ).status_code for _ in range(3)] == [503] * 3
    assert [one for one in listener.said if "the disk is full" in one] == listener.said[:1]
    assert sent.told(run) == {0: None}
    assert listener.events(READ).status_code == 204
    assert sent.told(run) == {0: "read"}


def test_an_event_that_can_never_be_written_spoils_nobody_elses(
    sent: Sent, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = sent.run("spring", {ANA: "a", BEN: "b"}, at=None)
    hear = SqlLedger.hear

    def picky(self: SqlLedger, observations: Sequence[Observation]) -> int:
        if any(one.code == "odd" for one in observations):
            raise OverflowError("too large")
        return hear(self, observations)

    monkeypatch.setattr(SqlLedger, "hear", picky)
    odd = {"what": "undelivered", "id": "b", "code": "odd"}
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(listener.events, [READ, odd] * 10))
    assert [one.status_code for one in answers] == [204, 400] * 10
    assert sent.told(run) == {0: "read", 1: None}


def test_half_characters_are_kept_as_something_that_can_be_written(
    sent: Sent, listener: Listener
) -> None:
    half = {"what": "replied", "id": "\ud83d", "address": "\udc00", "sender": "\ud83d"}
    assert listener.events(half).status_code == 204
    (one,) = sent.ledger.unmatched("zild", sandbox=False)
    assert "?" in one.event


def test_thousands_at_once_are_all_kept(sent: Sent, listener: Listener) -> None:
    people = {f"+4917139{number:05}": f"c-{number}" for number in range(3_000)}
    run = sent.run("spring", people, at=None)
    bodies = [json.dumps([{"what": "read", "id": one}]).encode() for one in people.values()]
    with httpx.Client(
        trust_env=False, limits=httpx.Limits(max_connections=32), timeout=60
    ) as client:

        def post(body: bytes) -> int:
            headers = {"x-signature": signature(body)}
            url = f"{listener.url}/webhooks/vendor"
            return client.post(url, content=body, headers=headers).status_code

        with ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(post, bodies))
    assert set(answers) == {204}
    assert set(sent.told(run).values()) == {"read"}


def test_stopping_writes_what_has_come(sent: Sent) -> None:
    run = sent.run("spring", {ANA: "a"}, at=None)
    with listening(sent.intake()) as listener:
        assert listener.events(READ).status_code == 204
    assert sent.told(run) == {0: "read"}
