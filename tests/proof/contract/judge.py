# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge recorded traffic with openapi-core. Must not know modules or the emulator.

Additions to the validator: OAuth 2 is a Bearer header, `multipart/related` is the document in its root part (which the
specification describes), and unknown fields of a query or a form are errors.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema_path import SchemaPath
from openapi_core.datatypes import RequestParameters
from openapi_core.security.exceptions import SecurityProviderError
from openapi_core.security.factories import SecurityProviderFactory
from openapi_core.security.providers import BaseProvider
from openapi_core.templating.paths.exceptions import PathError
from openapi_core.templating.paths.finders import APICallPathFinder
from openapi_core.validation.request.validators import V30RequestValidator
from openapi_core.validation.response.validators import V30ResponseValidator
from werkzeug.datastructures import Headers, ImmutableMultiDict

from .bodies import RELATED, form_fields, plain_type, related_root
from .tap import Exchange

BASE = "/2.0/"


class Bearer(BaseProvider):
    """Find the token of OAuth 2 (RFC 6750)."""

    def __call__(self, parameters: RequestParameters) -> Any:
        """Return the token."""
        kind, _unused, token = parameters.header.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            raise SecurityProviderError("no Bearer token")
        return token


class Security(SecurityProviderFactory):
    """Extend openapi-core, which accepts any request for OAuth 2."""

    def create(self, scheme: SchemaPath) -> Any:
        """Return the provider for the credentials of a scheme."""
        return Bearer(scheme) if scheme["type"] == "oauth2" else super().create(scheme)


class RecordedRequest:
    """Adapt the request of an exchange to openapi-core, with the server of the specification."""

    def __init__(self, exchange: Exchange, origin: str) -> None:
        parts, headers = urlsplit(exchange.target), Headers(exchange.request_headers)
        self.host_url, self.path, self.method = origin, parts.path, exchange.method.lower()
        self.query = parse_qsl(parts.query, keep_blank_values=True)
        self.parameters = RequestParameters(query=ImmutableMultiDict(self.query), header=headers)
        self.body = exchange.request_body
        self.content_type = plain_type(headers)


class RecordedResponse:
    """Adapt the response of an exchange to openapi-core."""

    def __init__(self, exchange: Exchange) -> None:
        self.status_code, self.headers, self.data = exchange.status, Headers(exchange.response_headers), exchange.response_body
        self.content_type = plain_type(self.headers)


class Judge:
    """Compare exchanges with one OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._spec = SchemaPath.from_dict(_renamed(document))
        server = document["servers"][0]["url"]
        self._origin = server.removesuffix(urlsplit(server).path)
        extra: dict[str, Callable[..., Any]] = {RELATED: related_root, "multipart/form-data": form_fields}
        self._request = V30RequestValidator(
            self._spec, extra_media_type_deserializers=extra, security_provider_factory=Security()
        )
        self._response = V30ResponseValidator(self._spec, extra_media_type_deserializers=extra)

    def problems(self, exchanges: Iterable[Exchange]) -> Iterator[str]:
        """Yield a line for each violation."""
        for exchange in of_the_api(exchanges):
            yield from (f"{exchange}: {problem}" for problem in self.judge(exchange))

    def judge(self, exchange: Exchange) -> list[str]:
        """Return the violations in an exchange. If a request was refused as malformed, judge only its response."""
        request = RecordedRequest(exchange, self._origin)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of deprecated operations
            wrong = [f"request: {words(error)}" for error in self._request.iter_errors(request)]
            wrong += [f"request: {problem}" for problem in self._unknown(exchange, request)]
            wrong += [f"response: {words(error)}" for error in self._response.iter_errors(request, RecordedResponse(exchange))]
        return sorted(set(wrong))

    def operation(self, exchange: Exchange) -> tuple[str, str]:
        """Return method and path of the operation in the document."""
        found = self._find(RecordedRequest(exchange, self._origin))
        return exchange.method, "" if found is None else str(found.path_result.pattern)

    @cached_property
    def _finder(self) -> APICallPathFinder:
        return APICallPathFinder(self._spec)

    def _find(self, request: RecordedRequest) -> Any:
        try:
            return self._finder.find(request.method, request.host_url + request.path)
        except PathError:
            return None

    def _unknown(self, exchange: Exchange, request: RecordedRequest) -> Iterator[str]:
        """Yield unknown names in the query and in a form, which the validator ignores."""
        found = self._find(request)
        if found is None:
            return
        lists = [part["parameters"].read_value() for part in (found.path, found.operation) if "parameters" in part]
        known = {parameter["name"] for each in lists for parameter in each if parameter["in"] == "query"}
        yield from (f"unknown query parameter {name!r}" for name, _unused in request.query if name not in known)
        operation = found.operation.read_value()
        kind, _unused, boundary = request.content_type.partition("; boundary=")
        form = operation.get("requestBody", {}).get("content", {}).get("multipart/form-data", {}).get("schema", {})
        if kind == "multipart/form-data" and "properties" in form:
            try:
                fields = form_fields(exchange.request_body, boundary=boundary)
            except ValueError:
                return  # the validator reports it
            yield from (f"unknown field {name!r}" for name in fields if name not in form["properties"])


def of_the_api(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    """Yield the exchanges with the API, without the token endpoint, which is not part of the specification."""
    return (exchange for exchange in exchanges if exchange.target.startswith(BASE))


def words(error: BaseException) -> str:
    """Return an error of the validator with all causes in one line."""
    texts: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        schema_errors = getattr(cause, "schema_errors", None)
        texts += _leaves(schema_errors) if schema_errors else [f"{type(cause).__name__}: {str(cause)[:200]}"]
        cause = cause.__cause__
    return "; ".join(dict.fromkeys(texts))


def _leaves(errors: Iterable[Any]) -> Iterator[str]:
    for error in errors:
        path = ".".join(map(str, error.absolute_path))
        yield f"{path}: {error.message[:200]}"
        yield from _leaves(error.context or ())


def _renamed(value: Any) -> Any:
    """Return a copy of a document with the validator's name of multipart/related."""
    if isinstance(value, dict):
        return {RELATED if key == "multipart/related" else key: _renamed(inner) for key, inner in value.items()}
    return [_renamed(inner) for inner in value] if isinstance(value, list) else value
