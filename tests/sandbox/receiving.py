"""A receiver of webhooks on this machine that keeps what it gets, and answers as it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.sandbox.samples import TO

DAY = timedelta(days=1)
SECRET = "a-secret"
LIFE = {
    "script": {
        TO: [
            {"after": 5, "does": "delivered"},
            {"after": 30, "does": "read"},
            {"after": 60, "does": "replied", "text": "Yes – çok güzel"},
            {"after": 600, "does": "closed"},
        ]
    }
}
"""What one person does, one thing after the other."""


@dataclass(frozen=True)
class Post:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    url: str = ""
    status: int = 204
    posts: list[Post] = field(default_factory=list)
    refuse: set[int] = field(default_factory=set)
    """Which ones, counted from 0, are answered 503."""


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Listen while the block lasts."""
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = 503 if len(kept.posts) in kept.refuse else kept.status
            kept.posts.append(Post(self.path, headers, body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def bodies(listening: Receiver) -> list[dict[str, Any]]:
    return [json.loads(post.body) for post in listening.posts]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)
