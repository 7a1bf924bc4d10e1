"""Checks what goes over the wire against a vendor's contract, the YAML file of that name.

Any base URL is accepted before the vendor's true path, so the same check holds for the vendor's
own host and for the sandbox's prefix.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from ruamel.yaml import YAML
from werkzeug.datastructures import Headers, ImmutableMultiDict

_HERE = Path(__file__).parent
_HOST = "http://contract.invalid"
# openapi-core reads application/json and passes its relatives on as bytes.
_CONFIG = Config(extra_media_type_deserializers={"application/problem+json": json.loads})


@dataclass(frozen=True)
class _Contract:
    openapi: OpenAPI
    path: re.Pattern[str]


class _Request:
    """An httpx request as openapi-core wants to see it."""

    def __init__(self, request: httpx.Request, path: str) -> None:
        self.host_url = _HOST
        self.path = path
        self.method = request.method.lower()
        self.body = request.content
        self.content_type = request.headers.get("content-type", "").lower()
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(request.url.params.multi_items()),
            header=Headers(request.headers.multi_items()),
        )


class _Response:
    """An httpx response as openapi-core wants to see it."""

    def __init__(self, response: httpx.Response) -> None:
        self.status_code = response.status_code
        self.data = response.content
        self.content_type = response.headers.get("content-type", "").lower()
        self.headers = Headers(response.headers.multi_items())


def assert_request_fits(vendor: str, request: httpx.Request) -> None:
    """Fail unless path, method, key header, content type and every member fit the contract."""
    contract = _contract(vendor)
    _check(vendor, contract.openapi.validate_request, _adapt(vendor, contract, request))


def assert_response_fits(vendor: str, request: httpx.Request, response: httpx.Response) -> None:
    """Fail unless the vendor could answer this request so, by its contract."""
    contract = _contract(vendor)
    adapted = _adapt(vendor, contract, request)
    _check(vendor, contract.openapi.validate_response, adapted, _Response(response))


def _adapt(vendor: str, contract: _Contract, request: httpx.Request) -> _Request:
    found = contract.path.search(request.url.raw_path.decode("ascii").partition("?")[0])
    if found is None:
        raise AssertionError(f"{vendor}: {request.url.path} is not a path of the contract")
    return _Request(request, found[0])


def _check(vendor: str, validate: Any, *adapted: Any) -> None:
    try:
        validate(*adapted)
    except OpenAPIError as error:
        raise AssertionError(f"{vendor}: {_described(error)}") from error


def _described(error: BaseException) -> str:
    """Name the member that is wrong: openapi-core keeps that in causes and lists of causes."""
    text = str(error) or type(error).__name__
    for part in getattr(error, "schema_errors", ()):
        where = "/".join(map(str, part.absolute_path))
        text += f"\n  {where or 'body'}: {part.message}"
    return text if error.__cause__ is None else f"{text}\n{_described(error.__cause__)}"


@cache
def _contract(vendor: str) -> _Contract:
    spec = YAML(typ="safe", pure=True).load(_HERE / f"{vendor}.yaml")
    spec["servers"] = [{"url": _HOST}]
    templates = [re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)) for path in spec["paths"]]
    return _Contract(
        OpenAPI.from_dict(spec, config=_CONFIG), re.compile(f"(?:{'|'.join(templates)})$")
    )
