"""The sandbox listens on this machine alone.

It knows no passwords and keeps everything it is sent, so no other machine may reach it.
"""

from __future__ import annotations

import ipaddress
import socket

from campaign import serving
from campaign.errors import InvalidInput, Problem

BACKLOG = 4096
"""Connections that may wait to be accepted; a campaign opens its pool all at once."""


def listen(host: str, port: int) -> socket.socket:
    """Bind and listen; port 0 takes any free one.

    Raises:
        InvalidInput: ``host`` is not a loopback address, or the port cannot be had.
    """
    try:
        return serving.listen(str(_loopback(host)), port, BACKLOG)
    except (OSError, OverflowError) as error:
        raise InvalidInput(f"the sandbox cannot listen on {host} port {port}: {error}") from error


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
