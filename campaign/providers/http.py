"""How HTTP is read, in one place: which answer or failure means *not sent*, and which *unknown*.

Invariant: "not sent" is said only of failures that happen before the first byte of the request
leaves (name look-up, connection refused, connect and pool time-outs). Everything that can happen
after that, and every 5xx, is *unknown*, unless the vendor documents otherwise.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from campaign.providers.protocol import Kind, Outcome, Refused, Scope

if TYPE_CHECKING:
    import httpx

DETAIL_LENGTH = 300
_WAIT_IN_TEXT = re.compile(r"retry[_ ]after:?\s*(\d+(?:\.\d+)?)\s*s", re.IGNORECASE)
# Control characters too: a vendor's text is printed on a terminal.
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_LONGEST_WORD = 512
_PERCENT = re.compile(r"%[0-9A-F]{2}")

_BY_STATUS: Mapping[int, Refused] = {
    400: Refused(outcome="rejected", reason="refused"),
    401: Refused(outcome="rejected", reason="key_refused", scope=Scope.CAMPAIGN),
    402: Refused(outcome="rejected", reason="account_problem", scope=Scope.CAMPAIGN),
    403: Refused(outcome="rejected", reason="key_refused", scope=Scope.CAMPAIGN),
    404: Refused(outcome="rejected", reason="not_found", scope=Scope.CAMPAIGN),
    405: Refused(outcome="rejected", reason="not_found", scope=Scope.CAMPAIGN),
    # A proxy on the way refused; the vendor never saw the request.
    407: Refused(outcome="not_sent", reason="not_connected"),
    408: Refused(outcome="unknown", reason="no_answer"),
    410: Refused(outcome="rejected", reason="not_found", scope=Scope.CAMPAIGN),
    415: Refused(outcome="rejected", reason="request_refused", scope=Scope.CAMPAIGN),
    429: Refused(outcome="throttled", reason="throttled"),
}

# 303 is not among them: it says that the POST was carried out and its result is elsewhere.
_REDIRECTS = frozenset({301, 302, 307, 308})


def failed(error: httpx.HTTPError, clean: Callable[[str], str] = str) -> Outcome:
    """Say what a failed exchange means: certainly not sent, or unknown.

    The line runs through httpx's own exception tree; see the module's invariant. ``clean`` takes
    the secrets out of the error's text, which may quote an answer that echoes the request.
    """
    # Not above: whoever reads a definition needs no client.
    import httpx

    not_sent = (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.UnsupportedProtocol,
        httpx.ProxyError,
    )
    detail = told(error, clean)
    if isinstance(error, not_sent):
        return Outcome(Kind.NOT_SENT, "not_connected", detail=detail)
    reason = "connection_lost"
    if isinstance(error, httpx.TimeoutException):
        reason = "no_answer"
    elif isinstance(error, httpx.DecodingError):
        reason = "unreadable_answer"
    return Outcome(Kind.UNKNOWN, reason, detail=detail)


def told(error: BaseException, clean: Callable[[str], str]) -> str:
    """Return an error's name and text for a table cell."""
    text = str(error)
    # Cleaned before it is cut: half a secret would not be found any more.
    return shorten(clean(f"{type(error).__name__}: {text}" if text else type(error).__name__))


def by_status(status: int) -> Refused:
    """Say what an HTTP status means when the body names no code that we know."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status in _REDIRECTS:
        # Not followed: a POST that is sent on may be sent twice.
        return Refused(outcome="rejected", reason="not_found", scope=Scope.CAMPAIGN)
    if 400 <= status < 500:
        return Refused(outcome="rejected", reason="refused")
    if status >= 500:
        return Refused(outcome="unknown", reason="server_error")
    return Refused(outcome="unknown", reason="unreadable_answer")


def refusal(
    response: httpx.Response,
    meaning: Refused,
    *,
    code: str | None = None,
    detail: str | None = None,
    wait: float | None = None,
) -> Outcome:
    """Build the outcome of an answer that is not a success."""
    return Outcome(
        Kind(meaning.outcome),
        meaning.reason,
        scope=meaning.scope,
        code=code,
        detail=shorten(detail or meaning.text or f"HTTP {response.status_code}"),
        wait=wait,
        http_status=response.status_code,
        retry=meaning.retry,
        resend=meaning.resend,
        hold=None if meaning.hold is None else meaning.hold.total_seconds(),
    )


def wait_seconds(response: httpx.Response, header: str | None = None) -> float | None:
    """Read how long the vendor asks us to wait, in seconds; ``None`` when it does not say.

    Reads the vendor's own ``header`` (fractional seconds), then the standard ``Retry-After``
    (seconds or a date, RFC 9110 section 10.2.3), then a text such as ``retry_after: 0.07s``.
    """
    for name in filter(None, (header, "Retry-After")):
        value = response.headers.get(name)
        if value is None:
            continue
        if (seconds := _seconds(value)) is not None:
            return seconds
        try:
            until = parsedate_to_datetime(value)
            if until.tzinfo is None:
                until = until.replace(tzinfo=UTC)
            left = (until - datetime.now(UTC)).total_seconds()
        except (ValueError, OverflowError, TypeError):  # the second: a year beyond all calendars
            continue
        return max(0.0, left)
    if found := _WAIT_IN_TEXT.search(text_of(response)):
        return _seconds(found[1])
    return None


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    # Python also reads "inf" and "nan", which would be a pause without an end.
    return max(0.0, seconds) if math.isfinite(seconds) else None


def json_of(response: httpx.Response) -> object:
    """Return the answer's JSON, or ``None`` when it is not JSON."""
    try:
        return response.json()
    except (ValueError, RecursionError):  # the second: nested deeper than Python can read
        return None


def text_of(response: httpx.Response) -> str:
    """Return the answer's text, whatever encoding it claims to be in."""
    try:
        return response.text
    except Exception:  # noqa: BLE001 - codecs such as "hex" and "zlib" fail each in their own way
        return response.content.decode("utf-8", "replace")


def storable(text: str) -> str:
    """Replace halves of characters, which JSON can name and no database takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def word(value: object, clean: Callable[[str], str] = storable) -> str | None:
    """Return an id or a code as text, whether the vendor gives text or a number.

    ``None`` for what can be neither, and for more than an id has.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        found = clean(str(value)).strip()
    except ValueError:  # a number of more digits than Python writes
        return None
    return found if 0 < len(found) <= _LONGEST_WORD else None


def kept(
    found: Mapping[str, Any], names: Iterable[str], clean: Callable[[str], str]
) -> dict[str, Any]:
    """Return the members with these names that say something, without secrets."""
    scalars = {
        name: found[name] for name in names if isinstance(found.get(name), str | int | float)
    }
    return {
        name: clean(value) if isinstance(value, str) else value for name, value in scalars.items()
    }


def shorten(text: str) -> str:
    """Fold white space and cut a vendor's text to what fits a table cell."""
    folded = _SPACES.sub(" ", storable(text)).strip()
    return folded if len(folded) <= DETAIL_LENGTH else folded[: DETAIL_LENGTH - 1] + "…"


def without(secrets: Iterable[str], text: str) -> str:
    """Remove secrets from a text that a vendor may have echoed, as JSON or in a URL too."""
    for form in _forms(tuple(secrets)):
        if form in text:
            text = text.replace(form, "***")
    return text


@lru_cache(maxsize=16)
def _forms(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Return all ways in which the secrets may be spelt: made once, and asked for every answer."""
    forms = {form for secret in secrets for form in _written(secret.strip()) if form}
    # The longest first: one form may be the beginning of another.
    return tuple(sorted(forms, key=len, reverse=True))


def cleaned(value: Any, clean: Callable[[str], str]) -> Any:
    """Return a text, or plain data that holds texts, without secrets.

    For what comes from a provider or a look-up that may have forgotten to clean what it keeps.
    """
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {key: cleaned(inner, clean) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(inner, clean) for inner in value]
    return value


def _written(secret: str) -> Iterator[str]:
    """Yield the ways in which an answer or an error may spell a secret."""
    encoded = secret.encode("utf-8", "replace")
    yield secret
    for escaped in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        yield escaped
        yield escaped.replace("/", r"\/")
    # httpx's errors show what arrived as Python writes bytes.
    yield repr(encoded)[2:-1]
    for quoted in (quote(encoded), quote(encoded, safe=""), quote_plus(encoded)):
        yield quoted
        yield _PERCENT.sub(lambda found: found[0].lower(), quoted)
