"""Sendbird's data exports, from "Data export" in its AI-agent platform API.

The page prints ``export_id`` as a path parameter of a path without one, so the sandbox takes it in
the path and in the query. It calls the file JSON and a zip, and a member of its rows
``total_user_messages`` and ``total_user_message``; the file is a setting, the rows have both. The
errors are those of the rest of the platform API.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from campaign.sandbox.answers import Answer, Refusal, json_answer
from campaign.sandbox.clock import milliseconds
from campaign.sandbox.config import SendbirdConfig
from campaign.sandbox.lookups.export_file import conversations
from campaign.sandbox.lookups.export_request import ExportRequest, read_request
from campaign.sandbox.lookups.lookup import Lookup, Question, whole
from campaign.sandbox.vendors.sendbird import (
    APP_ID,
    INVALID,
    INVALID_JSON,
    NOT_FOUND,
    Sendbird,
    error,
)

_EXPORTS = "/v3/ai_agent/data_exports"
_MOST = 100
_VALID = timedelta(days=7)


@dataclass(slots=True)
class _Export:
    """An export from its request to its file; ``polls`` counts how often it was asked after."""

    id: str
    request: ExportRequest
    created: datetime
    signature: str
    polls: int = 0
    status: str = "scheduled"
    changed: datetime | None = None
    file: bytes = b""


class SendbirdExports:
    """Exports in the order in which they were requested, kept as long as the sandbox runs."""

    def __init__(self, sendbird: Sendbird, config: SendbirdConfig) -> None:
        self._sendbird = sendbird
        self._polls = config.export_polls
        self._kind = config.export_file
        self._exports: dict[str, _Export] = {}

    def table(self) -> tuple[Lookup, ...]:
        """Return the look-ups; the file lies elsewhere at the vendor's, and needs no key."""
        return (
            Lookup("POST", f"{_EXPORTS}/", self.request),
            Lookup("GET", _EXPORTS, self.list),
            Lookup("GET", f"{_EXPORTS}/{{export_id}}", self.one),
            Lookup("GET", "/files/{file}", self.download, needs_key=False),
        )

    def request(self, question: Question) -> Answer:
        """Put an export down; its rows are taken when it is done."""
        if question.body is None:
            raise Refusal(error(INVALID_JSON, "Invalid request body: not a JSON object."))
        request = read_request(question.body, question.now)
        if not self._sendbird.knows_agent(request.ai_agent_id):
            raise Refusal(error(NOT_FOUND, '"AI agent" not found.'))
        export = _Export(uuid4().hex[:15], request, question.now, signature=uuid4().hex)
        self._exports[export.id] = export
        described = self._described(export, question)
        del described["export_file"]
        return json_answer(200, described)

    def list(self, question: Question) -> Answer:
        """List the newest first; with ``export_id`` show that one alone."""
        query = question.query
        if "export_id" in query:
            return self._show(query["export_id"], question)
        limit = whole(query.get("limit", str(_MOST)))
        start = whole(query.get("token", "0"))
        if limit is None or not 1 <= limit <= _MOST or start is None:
            raise Refusal(error(INVALID, 'Invalid value: "limit" or "token".'))
        found = list(self._asked_for(question))
        page = found[start : start + limit]
        following = str(start + limit) if start + limit < len(found) else None
        previous = str(max(start - limit, 0)) if start else None
        return json_answer(200, {"items": page, "prev": previous, "next": following})

    def one(self, question: Question) -> Answer:
        """Show one export."""
        return self._show(question.path["export_id"], question)

    def download(self, question: Question) -> Answer:
        """Hand out a file to whoever has its whole, signed URL."""
        export = self._exports.get(question.path["file"].partition(".")[0])
        signed = question.query.get("X-Amz-Signature")
        if export is None or not export.file or signed != export.signature:
            return Answer(403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml")
        return Answer(200, export.file, f"application/{self._kind}")

    def _show(self, export_id: str, question: Question) -> Answer:
        export = self._exports.get(export_id)
        if export is None:
            raise Refusal(error(NOT_FOUND, '"Data export" not found.'))
        self._poll(export, question)
        return json_answer(200, self._described(export, question))

    def _asked_for(self, question: Question) -> Iterator[dict[str, Any]]:
        query = question.query
        earliest = _milliseconds(query, "export_from_ts", 0)
        latest = _milliseconds(query, "export_to_ts", 10**14)
        for export in reversed(self._exports.values()):
            self._poll(export, question)
            described = self._described(export, question)
            if earliest <= export.created.timestamp() * 1000 <= latest and all(
                query.get(name, described[name]) == described[name]
                for name in ("type", "ai_agent_id", "export_status")
            ):
                yield described

    def _poll(self, export: _Export, question: Question) -> None:
        """Count one more question after the export, and finish it after the last that waits."""
        if export.status in ("done", "no_data"):
            return
        export.polls += 1
        export.changed = question.now
        if export.polls <= self._polls:
            export.status = "exporting" if export.polls > 1 or self._polls == 1 else "scheduled"
            return
        rows = conversations(question.view, export.request)
        export.status = "done" if rows else "no_data"
        if rows:
            export.file = _packed(json_answer(200, rows).body, export.id, self._kind)

    def _described(self, export: _Export, question: Question) -> dict[str, Any]:
        """Fill the printed sample: seconds here, milliseconds there, as the page has them."""
        ended = export.status in ("done", "no_data")
        created = export.created
        changed = export.changed or created
        described: dict[str, Any] = {
            "created_at": int(created.timestamp()),
            "updated_at": int(changed.timestamp()),
            "app_id": APP_ID,
            "type": "conversation",
            "ai_agent_id": export.request.ai_agent_id,
            "from": export.request.first.isoformat(),
            "to": export.request.last.isoformat(),
            "timezone": export.request.timezone.key,
            "export_id": export.id,
            "export_status": export.status,
            "export_format": "json",
            "export_started_at": None if export.status == "scheduled" else milliseconds(created),
            "export_ended_at": milliseconds(changed) if ended else None,
            "export_elapsed": int((changed - created).total_seconds()) if ended else 0,
            "export_file": None,
        }
        if export.status == "done":
            name = f"{export.id}.{self._kind}"
            signed = f"X-Amz-Expires=604800&X-Amz-Signature={export.signature}"
            described["export_file"] = {
                "url": f"{question.base}/files/{name}?{signed}",
                "expires_at": milliseconds(changed + _VALID),
            }
        return described


def _packed(rows: bytes, name: str, kind: str) -> bytes:
    if kind == "json":
        return rows
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.json", rows)
    return packed.getvalue()


def _milliseconds(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise Refusal(error(INVALID, f'Invalid value: "{name}".'))
    return int(text)
