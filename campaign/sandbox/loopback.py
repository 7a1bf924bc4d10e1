"""The sandbox listens on this machine alone.

It knows no passwords and keeps everything it is sent, so no other machine may reach it.
"""

from __future__ import annotations

import ipaddress
import socket

from campaign.errors import InvalidInput, Problem

BACKLOG = 4096
"""Connections that may wait to be accepted; a campaign opens its pool all at once."""


def listen(host: str, port: int) -> socket.socket:
    """Bind and listen; port 0 takes any free one.

    Raises:
        InvalidInput: ``host`` is not a loopback address, or the port cannot be had.
    """
    address = _loopback(host)
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    # asyncio switches Nagle's delay off only where the protocol is named; with it, every answer
    # in two parts (head and body) takes 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # Without this a port stays taken for a minute after every stop.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((str(address), port))
        listening.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listening.close()
        raise InvalidInput(f"the sandbox cannot listen on {host} port {port}: {error}") from error
    return listening


def url(listening: socket.socket) -> str:
    """Return the base URL at which a socket made by :func:`listen` is reached."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(host: str | None) -> bool:
    """Say whether a host is this machine and no other can be meant."""
    return host is not None and _known(host) is not None


def _known(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    # The name is not looked up: a hosts file could make it mean anything.
    text = "127.0.0.1" if host == "localhost" else host.strip("[]")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    is_one = address.is_loopback and not getattr(address, "ipv4_mapped", None)
    return address if is_one else None


def _loopback(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = _known(host)
    if address is None:
        raise InvalidInput(
            Problem(
                f"the sandbox listens on this machine alone: {host!r} is not a loopback address",
                hint="use 127.0.0.1, another address in 127.0.0.0/8, ::1 or localhost",
            )
        )
    return address
