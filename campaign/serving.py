"""What every web server of this project needs: a socket that listens, its address, and silence.

Invariant: a server speaks only where its command does; it logs nothing by itself, and names itself
to nobody.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

QUIET: Mapping[str, Any] = {
    "loop": "asyncio",
    "ws": "none",
    "lifespan": "off",
    "log_config": None,
    "log_level": "critical",
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
}
"""Options of uvicorn."""


def listen(host: str, port: int, backlog: int) -> socket.socket:
    """Bind an IP address and listen; port 0 takes any free one.

    ``backlog`` connections may wait to be accepted.

    Raises:
        OSError: the address or the port cannot be had.
        OverflowError: there is no such port.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's delay off only where the protocol is named; with it, every answer
    # in two parts (head and body) takes 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # Without this a port stays taken for a minute after every stop.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(backlog)
    except (OSError, OverflowError):
        listening.close()
        raise
    return listening


def url(listening: socket.socket) -> str:
    """Return the base URL at which a socket that listens is reached."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
