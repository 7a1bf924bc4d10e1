from __future__ import annotations

import ast
import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import campaign.sandbox
from campaign.errors import InvalidInput
from campaign.sandbox import SandboxConfig, SandboxServer
from tests.sandbox.samples import SENDBIRD, SYNTHFLOW


def test_nothing_of_the_providers_is_imported():
    package = Path(campaign.sandbox.__file__).parent
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: a relative import hides where it leads"
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            assert not [n for n in names if n.startswith("campaign.providers")], path


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.com", "", "::ffff:7f01"])
def test_it_refuses_to_listen_beyond_this_machine(host):
    with pytest.raises(InvalidInput, match="not a loopback address"):
        SandboxServer(host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "::1"])
def test_it_listens_on_any_loopback_address(host):
    try:
        server = SandboxServer(host=host)
    except InvalidInput as error:
        pytest.skip(f"this machine has no {host}: {error}")
    with server:
        assert SENDBIRD.post(server).status_code == 200


def test_a_port_that_is_taken_is_an_error_with_its_number():
    with SandboxServer() as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(InvalidInput, match=f"cannot listen on 127.0.0.1 port {port}"):
            SandboxServer(port=port)


def test_a_journal_that_cannot_be_opened_is_an_error(tmp_path):
    with pytest.raises(InvalidInput, match="journal cannot be opened"):
        SandboxServer(SandboxConfig(journal=tmp_path / "nowhere" / "journal.jsonl"))


def test_an_unknown_vendor_has_no_url(sandbox):
    assert sandbox.url_for("zild") == f"{sandbox.url}/zild"
    with pytest.raises(ValueError, match="acme"):
        sandbox.url_for("acme")


async def test_it_stops_at_once_although_slow_answers_are_under_way():
    server = SandboxServer(SandboxConfig.model_validate({"faults": {"slow": {"seconds": 3600}}}))
    server.start()
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        url = server.url_for("synthflow") + SYNTHFLOW.path
        asking = asyncio.create_task(
            client.post(url, headers=SYNTHFLOW.headers, json=SYNTHFLOW.body)
        )
        while not server.journal.last:  # noqa: ASYNC110 (it is written in another thread)
            await asyncio.sleep(0.01)
        # An hour's answer is under way: that this ends at all is what is to be shown.
        await asyncio.wait_for(asyncio.to_thread(server.close), 30)
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await asking
    assert len(server.journal) == 1


def test_it_can_be_closed_without_having_been_started():
    server = SandboxServer()
    server.close()
    with pytest.raises(httpx.ConnectError):
        SENDBIRD.post(server)


async def test_it_copes_with_a_thousand_connections_at_once(sandbox):
    body = b"{}"
    head = f"POST /synthflow{SYNTHFLOW.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"
    connections = await asyncio.gather(
        *(
            asyncio.open_connection("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
            for _ in range(1000)
        )
    )

    async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"}")
        return answer.split(b" ", 2)[1]

    for _ in range(2):  # The second time on the same connections.
        answers = await asyncio.gather(*(ask(*connection) for connection in connections))
        assert set(answers) == {b"401"}
    for _, writer in connections:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for _, writer in connections))
    assert sandbox.counts.as_dict()["requests"] == 2000


def test_one_connection_serves_many_requests(sandbox):
    with httpx.Client(trust_env=False, limits=httpx.Limits(max_connections=1)) as client:
        ports = set()
        for _ in range(20):
            response = client.post(sandbox.url_for("synthflow") + SYNTHFLOW.path, json={})
            stream = response.extensions["network_stream"]
            ports.add(stream.get_extra_info("client_addr"))
    assert len(ports) == 1


SERVE = """
import sys
from campaign.sandbox import serve
try:
    serve(ready=lambda url: print(url, flush=True), port=0)
except KeyboardInterrupt:
    sys.exit(7)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
def test_in_the_foreground_it_answers_until_it_is_interrupted():
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().strip()
        with httpx.Client(trust_env=False) as client:
            answer = client.get(f"{url}/_sandbox/counts")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 7
        assert process.stderr.read() == ""
    assert answer.json()["requests"] == 0


def test_a_file_says_what_the_sandbox_should_do(tmp_path):
    path = tmp_path / "sandbox.yaml"
    path.write_text(
        "seed: 7\n"
        "faults:\n"
        "  latency: {uniform: [0.01, 0.05]}\n"
        "  drop_after: 0.01\n"
        "  sendbird: {limit: 10}\n"
        "zild: {agents: [12]}\n"
        "whippy:\n"
        "  fields: {sender: channel}\n",
        encoding="utf-8",
    )
    config = SandboxConfig.read(path)
    assert config.seed == 7
    limit = config.faults.of("sendbird").limit
    assert limit is not None
    assert (limit.requests, limit.seconds) == (10, 1.0)
    assert config.faults.of("zild").limit is None
    assert config.zild.agents == {"12"}
    assert config.whippy.fields.sender == "channel"


def test_an_empty_file_is_a_sandbox_in_which_nothing_goes_wrong(tmp_path):
    path = tmp_path / "sandbox.yaml"
    path.write_text("", encoding="utf-8")
    assert SandboxConfig.read(path) == SandboxConfig()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fualts: {}", "fualts"),
        ("faults: {drop_after: 1.5}", "faults.drop_after"),
        ("faults: {latency: {fixed: 1, uniform: [1, 2]}}", "one of"),
        ("faults: {latency: {uniform: [2, 1]}}", "shortest"),
        ("faults: {error_status: 404}", "faults.error_status"),
        ("faults: {acme: {}}", "acme"),
        ("a: [", "cannot be read"),
    ],
)
def test_a_file_with_a_mistake_is_refused_with_its_place(tmp_path, text, said):
    path = tmp_path / "sandbox.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as error:
        SandboxConfig.read(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(InvalidInput, match="cannot be read"):
        SandboxConfig.read(tmp_path / "nothing.yaml")
