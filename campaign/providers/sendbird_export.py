"""Sendbird's data export of conversations: requested, waited for, downloaded and read.

Source: Platform API, "Data export". The file lies in a storage that is not Sendbird's API and must
not get its token. An export reaches seven days back, and covers whole days.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Generator, Iterator, Mapping
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, TypeAlias
from urllib.parse import quote
from zipfile import BadZipFile, ZipFile, is_zipfile

import httpx

from campaign.providers.asking import Reading, Unanswered, mappings
from campaign.providers.base import JsonProvider
from campaign.providers.look_up import Wait

REACH = timedelta(days=7)
"""How far back an export reaches."""

_PATH = "/v3/ai_agent/data_exports"
# Sendbird's samples take one to two minutes; ten are given.
_WAITS = (1.0, 2.0, 4.0, 8.0, 15.0, *([30.0] * 19))
# Bytes, unpacked. An export is held in memory, and what is read of it takes several times as much.
_LARGEST = 100_000_000
# Sendbird answers 400 where others answer 404.
_NO_SUCH_PATH = frozenset({400, 404, 405})
_READY, _EMPTY, _FAILED = "done", "no_data", "failed"
# What a file raises that is no JSON, or is cut off, encrypted or packed in another way.
_UNREADABLE = (
    ValueError,
    RecursionError,
    BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    RuntimeError,
    OSError,
)

Row: TypeAlias = Mapping[str, Any]


class SendbirdExports(Reading):
    """``POST /v3/ai_agent/data_exports/``, and what follows."""

    def __init__(self, provider: JsonProvider[Any], agent_id: str, base: str) -> None:
        """``base`` is where the API lives: the one place that gets the token."""
        super().__init__("Sendbird", provider.clean)
        self._provider = provider
        self._agent = agent_id
        self._base = str(httpx.URL(base)).rstrip("/")

    def rows(
        self, since: datetime, until: datetime, now: datetime
    ) -> Generator[httpx.Request | Wait, httpx.Response | None, list[Row]]:
        """Request an export of these days, both included, wait until it is made, and read it.

        Raises:
            Unanswered: it was refused, was not made in time, or cannot be read.
        """
        body = {
            "type": "conversation",
            "ai_agent_id": self._agent,
            "from": f"{since:%Y-%m-%d}",
            "to": f"{until:%Y-%m-%d}",
            "timezone": "UTC",
            "export_format": "json",
        }
        response = yield self._provider.question("POST", f"{_PATH}/", json=body)
        export = self.json_of(response)
        name = self.word(export.get("export_id")) if isinstance(export, Mapping) else None
        if not isinstance(export, Mapping) or name is None:
            raise self.odd("no export_id", response)
        for seconds in (*_WAITS, None):
            status = export.get("export_status")
            if status == _EMPTY:
                return []
            if status == _READY and (download := self._download(export)) is not None:
                return self._read((yield download))
            if status == _FAILED:
                raise Unanswered("Sendbird could not make the export")
            if seconds is not None:
                yield Wait(seconds)
                export = yield from self._state(name, since, now)
        raise Unanswered("Sendbird did not finish the export within ten minutes; ask again later")

    def _state(
        self, name: str, since: datetime, now: datetime
    ) -> Generator[httpx.Request | Wait, httpx.Response | None, Row]:
        """Ask how far an export is.

        The page calls ``export_id`` a path parameter but prints the path without it, so where that
        path is refused the list of finished exports is read instead.
        """
        path = f"{_PATH}/{quote(name, safe='')}"
        response = yield self._provider.question("GET", path)
        if response is None or response.status_code not in _NO_SUCH_PATH:
            found = self.json_of(response)
            items = found.get("items") if isinstance(found, Mapping) else None
            exports = mappings(items if isinstance(items, list) else [found])
        else:
            params = {
                "type": "conversation",
                "ai_agent_id": self._agent,
                "export_from_ts": _milliseconds(since),
                "export_to_ts": _milliseconds(now + timedelta(days=1)),
                "export_status": _READY,
                "limit": 100,
            }
            response = yield self._provider.question("GET", _PATH, params=params)
            found = self.json_of(response)
            items = found.get("items") if isinstance(found, Mapping) else None
            exports = mappings(items if isinstance(items, list) else ())
        mine = (row for row in exports if self.word(row.get("export_id")) == name)
        return next(mine, {})

    def _download(self, export: Row) -> httpx.Request | None:
        """Return the request for the file; ``None`` while there is no link to it.

        Raises:
            Unanswered: the link is none.
        """
        file = export.get("export_file")
        link = file.get("url") if isinstance(file, Mapping) else None
        if link is None:
            return None
        try:
            url = httpx.URL(self._base).join(str(link))
            if str(url).startswith(f"{self._base}/"):
                return self._provider.question("GET", str(url).removeprefix(self._base))
            # The storage gets no token: the link is signed.
            request = httpx.Request("GET", url)
        except (httpx.InvalidURL, ValueError):
            raise self.odd("no address of the file", None) from None
        if url.scheme not in ("http", "https") or not url.host:
            raise self.odd("no address of the file", None)
        return request

    def _read(self, response: httpx.Response | None) -> list[Row]:
        """Read the file: a JSON array of conversations, as it is or packed in a zip file.

        Raises:
            Unanswered: it is neither, or too large.
        """
        content = self.success(response).content
        try:
            rows = [row for part in self._parts(content) for row in _array(json.loads(part))]
        except _UNREADABLE as error:
            what = f"the file cannot be read, {type(error).__name__}"
            raise self.odd(what, None) from None
        if len(found := mappings(rows)) < len(rows):
            raise self.odd("something in the file is no conversation", None)
        return found

    def _parts(self, content: bytes) -> Iterator[bytes]:
        """Yield the texts of a file, one after the other.

        Raises:
            Unanswered: they are too large together.
        """
        if not is_zipfile(BytesIO(content)):
            self._refuse_more(len(content))
            yield content
            return
        with ZipFile(BytesIO(content)) as archive:
            files = [file for file in archive.infolist() if file.filename.endswith(".json")]
            if not files:
                raise ValueError("nothing in it")
            self._refuse_more(sum(file.file_size for file in files))
            for file in files:
                yield archive.read(file)

    def _refuse_more(self, size: int) -> None:
        if size > _LARGEST:
            raise Unanswered(
                f"Sendbird's export has {size / 1e6:,.0f} MB, and no more than "
                f"{_LARGEST / 1e6:,.0f} MB are read, for it is held in memory; `campaign listen` "
                "hears of conversations one by one"
            )


def said_in(row: Row) -> list[Row]:
    """Return the messages of a conversation, as far as the export shows them.

    The table of properties has them in the conversation, the sample in its scorecard.
    """
    for holder in (row, row.get("ai_agent_scorecard")):
        messages = holder.get("messages") if isinstance(holder, Mapping) else None
        if isinstance(messages, list):
            return mappings(messages)
    return []


def _array(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("no array")
    return value


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
