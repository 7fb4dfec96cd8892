# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""openapi-core as a judge of recorded traffic. Knows the validator and recorded exchanges; no module, no emulator.

Added to the validator: OAuth 2 is a Bearer header, `multipart/related` is the document in its root part (which is what the
specification describes), and a query or a form may have no fields that the specification does not name.
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
    """OAuth 2 on the wire (RFC 6750)."""

    def __call__(self, parameters: RequestParameters) -> Any:
        """The token."""
        kind, _unused, token = parameters.header.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            raise SecurityProviderError("no Bearer token")
        return token


class Security(SecurityProviderFactory):
    """As in openapi-core, but OAuth 2 is no longer satisfied by anything."""

    def create(self, scheme: SchemaPath) -> Any:
        """Who looks for the credentials of a scheme."""
        return Bearer(scheme) if scheme["type"] == "oauth2" else super().create(scheme)


class Asked:
    """The request of an exchange as openapi-core wants it, sent to the server that the specification names."""

    def __init__(self, exchange: Exchange, origin: str) -> None:
        parts, headers = urlsplit(exchange.target), Headers(exchange.asked)
        self.host_url, self.path, self.method = origin, parts.path, exchange.method.lower()
        self.query = parse_qsl(parts.query, keep_blank_values=True)
        self.parameters = RequestParameters(query=ImmutableMultiDict(self.query), header=headers)
        self.body = exchange.sent
        self.content_type = plain_type(headers)


class Told:
    """The answer of an exchange as openapi-core wants it."""

    def __init__(self, exchange: Exchange) -> None:
        self.status_code, self.headers, self.data = exchange.status, Headers(exchange.told), exchange.received
        self.content_type = plain_type(self.headers)


class Judge:
    """Holds exchanges against one OpenAPI document."""

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
        """What does not conform, a line each."""
        for exchange in of_the_api(exchanges):
            yield from (f"{exchange}: {problem}" for problem in self.judge(exchange))

    def judge(self, exchange: Exchange) -> list[str]:
        """What does not conform in one exchange. A request that was refused as malformed is not judged, its answer is."""
        asked = Asked(exchange, self._origin)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of operations that the specification calls deprecated
            wrong = [f"request: {words(error)}" for error in self._request.iter_errors(asked)]
            wrong += [f"request: {problem}" for problem in self._unknown(exchange, asked)]
            wrong += [f"answer: {words(error)}" for error in self._response.iter_errors(asked, Told(exchange))]
        return sorted(set(wrong))

    def operation(self, exchange: Exchange) -> tuple[str, str]:
        """Method and path of the operation, as they are in the document."""
        found = self._find(Asked(exchange, self._origin))
        return exchange.method, "" if found is None else str(found.path_result.pattern)

    @cached_property
    def _finder(self) -> APICallPathFinder:
        return APICallPathFinder(self._spec)

    def _find(self, asked: Asked) -> Any:
        try:
            return self._finder.find(asked.method, asked.host_url + asked.path)
        except PathError:
            return None

    def _unknown(self, exchange: Exchange, asked: Asked) -> Iterator[str]:
        """Names in the query and in a form that the operation does not have; the validator lets them pass."""
        found = self._find(asked)
        if found is None:
            return
        lists = [part["parameters"].read_value() for part in (found.path, found.operation) if "parameters" in part]
        known = {parameter["name"] for each in lists for parameter in each if parameter["in"] == "query"}
        yield from (f"unknown query parameter {name!r}" for name, _unused in asked.query if name not in known)
        operation = found.operation.read_value()
        kind, _unused, boundary = asked.content_type.partition("; boundary=")
        form = operation.get("requestBody", {}).get("content", {}).get("multipart/form-data", {}).get("schema", {})
        if kind == "multipart/form-data" and "properties" in form:
            try:
                fields = form_fields(exchange.sent, boundary=boundary)
            except ValueError:
                return  # which the validator reports
            yield from (f"unknown field {name!r}" for name in fields if name not in form["properties"])


def of_the_api(exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
    """Those with the API itself; its token endpoint is not part of the specification."""
    return (exchange for exchange in exchanges if exchange.target.startswith(BASE))


def words(error: BaseException) -> str:
    """An error of the validator with all its causes, in one line."""
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
    """A copy of a document in which multipart/related is called as the validator shall know it."""
    if isinstance(value, dict):
        return {RELATED if key == "multipart/related" else key: _renamed(inner) for key, inner in value.items()}
    return [_renamed(inner) for inner in value] if isinstance(value, list) else value
