"""How fast a definition asks to be sent, and how stubbornly: words made figures.

Invariant: nothing here is faster than the definition says. Without a word, the number of requests
in flight is bounded by memory and open files and not by how long a vendor takes to answer.
"""

from __future__ import annotations

import math

from campaign.definition.load import Loaded
from campaign.definition.models import Definition
from campaign.providers.protocol import Capabilities
from campaign.sending.breaker import Thresholds
from campaign.sending.quotas import Quota
from campaign.sending.speed import Speed

_PATIENCE_SECONDS = 30.0
"""How long answers may take before the requests in flight, and not the rate, bound a run."""
_FEWEST, _MOST = 8, 4000
_OTHER_FILES = 64
"""Open files that are not connections: the ledger, the plan, the log, and Python's own."""


def speed_of(loaded: Loaded, limit: int | None) -> Speed:
    """Return how fast to send, and how stubbornly; ``limit`` is how many may begin at all."""
    definition = loaded.definition
    asked = definition.rate
    rate = asked_rate(definition, loaded.provider.capabilities)
    caps = [Quota(cap.messages, cap.window.total_seconds()) for cap in asked.at_most]
    # A request that carries more than a whole window may hold could never leave.
    batch = min([getattr(loaded.settings, "batch", 1), *(cap.messages for cap in caps)])
    return Speed(
        rate=rate,
        concurrency=asked.concurrency or _in_flight(rate),
        attempts=definition.retry.attempts,
        first_wait=definition.retry.first_wait.total_seconds(),
        longest_wait=definition.retry.longest_wait.total_seconds(),
        batch=batch,
        limit=limit,
        stop_when=Thresholds(
            in_a_row=definition.stop_when.in_a_row,
            unknown=definition.stop_when.unknown,
            failed_rate=definition.stop_when.failed_rate,
        ),
        per_sender=asked.per_sender,
        at_most=caps,
    )


def asked_rate(definition: Definition, able: Capabilities) -> float:
    """Return the asked messages a second: the share of the limit that the campaign may use.

    No more than all senders may have together is ever asked.
    """
    rate, senders = definition.rate, math.inf
    if rate.per_sender is not None:
        senders = rate.per_sender * max(len(definition.sender), 1)
    limit = rate.limit
    if limit is None:
        limit = able.default_rate if rate.per_sender is None else senders
    if rate.use is not None:
        limit *= rate.use / 100
    return min(limit, senders)


def _in_flight(rate: float) -> int:
    """Return the most requests in flight where the definition does not say."""
    wanted = min(math.ceil(rate * _PATIENCE_SECONDS), _MOST, _open_files() - _OTHER_FILES)
    return max(wanted, _FEWEST)


def _open_files() -> int:
    """Return how many files this process may have open."""
    try:
        import resource  # not on every system
    except ImportError:
        return _MOST + _OTHER_FILES
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST + _OTHER_FILES if soft == resource.RLIM_INFINITY else soft
