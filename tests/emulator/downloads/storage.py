# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve contents behind signed URLs as strictly as S3 does (fact sheet, section 1.4)."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from urllib.parse import unquote

from werkzeug import Response
from werkzeug.datastructures import Headers
from werkzeug.http import http_date, parse_etags, parse_if_range_header, parse_range_header, quote_etag

from ..auth.signing import Signer
from ..http import responses
from ..http.exchange import Exchange
from ..http.wire import FileBody
from ..switches import Switches
from ..workspaces import State
from .state import Artifact

ONE_MECHANISM = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
    "Signature query string parameter or the Authorization header should be specified"
)
MISMATCH = "The request signature we calculated does not match the signature you provided. Check your key and signing method."


@dataclass
class Storage:
    """Serve the contents of artifacts."""

    state: State
    switches: Switches
    signer: Signer

    def __call__(self, exchange: Exchange) -> Response:
        """Serve a request."""
        response = self._refusal(exchange)
        if response is None:
            artifact = self._find(exchange.raw_path)
            if artifact is None:
                key = unquote(exchange.raw_path.lstrip("/"))
                response = responses.xml_error(404, "NoSuchKey", "The specified key does not exist.", Key=key)
            else:
                exchange.entry.artifact = artifact.name
                response = self._content(exchange, artifact)
        response.headers["Server"] = "AmazonS3"
        return response

    def _refusal(self, exchange: Exchange) -> Response | None:
        headers = {name.lower(): value for name, value in exchange.headers.items()}
        if "authorization" in headers:
            return responses.xml_error(
                400,
                "InvalidArgument",
                ONE_MECHANISM,
                ArgumentName="Authorization",
                ArgumentValue=headers["authorization"],
            )
        query = exchange.query
        signed = self.signer.valid(exchange.method, exchange.raw_path, query, headers)
        stray = [name for name in headers if name == "cookie" or name.startswith(("x-atlassian-", "x-oauth-"))]
        if exchange.method != "GET" or not signed or stray or exchange.body.left:
            return responses.xml_error(403, "SignatureDoesNotMatch", MISMATCH, AWSAccessKeyId=self.signer.key_id)
        if int(query["Expires"]) < self.state.clock.now().timestamp():
            return responses.xml_error(403, "AccessDenied", "Request has expired", Expires=query["Expires"])
        return None

    def _find(self, raw_path: str) -> Artifact | None:
        parts = [unquote(part) for part in raw_path.split("/")[1:]]
        for workspace in list(self.state.workspaces.values()):
            for repository in list(workspace.repositories.values()):
                if parts[:2] == [repository.uuid, "downloads"] and len(parts) == 4:
                    artifact = repository.get(parts[3])
                    return artifact if artifact and artifact.key == parts[2] else None
                if parts[:3] == [workspace.slug, repository.slug, "downloads"] and len(parts) == 4:
                    return repository.get(parts[3])
        return None

    def _content(self, exchange: Exchange, artifact: Artifact) -> Response:
        tag = etag_of(artifact, self.switches.etag)
        early = self._precondition(exchange.headers, artifact, tag)
        if early is not None:
            return early
        start, length, status = 0, artifact.blob.length, 200
        requested = self._range(exchange.headers, artifact, tag)
        if requested is not None:
            if requested[1] <= requested[0]:
                return self._unsatisfiable(artifact)
            start, length, status = requested[0], requested[1] - requested[0], 206
        try:
            stream = artifact.blob.path.open("rb")
        except FileNotFoundError:
            return responses.xml_error(404, "NoSuchKey", "The specified key does not exist.")
        response = Response(FileBody(stream, start, length), status, direct_passthrough=True)
        response.headers = self._headers(exchange, artifact, tag)
        response.headers["Content-Length"] = str(length)
        if status == 206:
            response.headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{artifact.blob.length}"
        return response

    def _headers(self, exchange: Exchange, artifact: Artifact, tag: str | None) -> Headers:
        guess = mimetypes.guess_type(artifact.name)[0] or "application/octet-stream"
        headers = Headers({"Content-Type": guess, "Accept-Ranges": "bytes", **dates(artifact)})
        if tag is not None:
            headers["ETag"] = quote_etag(tag)
        for name in ("content-disposition", "content-encoding"):
            if f"response-{name}" in exchange.query:
                headers[name.title()] = exchange.query[f"response-{name}"]
        return headers

    def _precondition(self, headers: Headers, artifact: Artifact, tag: str | None) -> Response | None:
        if "If-Match" in headers and not (tag and parse_etags(headers["If-Match"]).contains(tag)):
            failed = "At least one of the pre-conditions you specified did not hold"
            return responses.xml_error(412, "PreconditionFailed", failed, Condition="If-Match")
        if "If-None-Match" in headers and tag and parse_etags(headers["If-None-Match"]).contains_weak(tag):
            response = Response(b"", 304)
            response.headers.update({"ETag": quote_etag(tag), **dates(artifact)})
            return response
        return None

    def _range(self, headers: Headers, artifact: Artifact, tag: str | None) -> tuple[int, int] | None:
        """Return start and end of the requested range, or None for the complete content."""
        requested = parse_range_header(headers.get("Range"))
        if requested is None or requested.units != "bytes" or len(requested.ranges) != 1:
            return None
        condition = parse_if_range_header(headers.get("If-Range"))
        if condition.etag is not None and (condition.etag != tag or headers["If-Range"].startswith("W/")):
            return None
        if condition.date is not None and http_date(condition.date) != http_date(artifact.created_on):
            return None
        (start, end), total = requested.ranges[0], artifact.blob.length
        if start < 0:
            return max(0, total + start), total
        return start, total if end is None else min(end, total)

    def _unsatisfiable(self, artifact: Artifact) -> Response:
        response = responses.xml_error(416, "InvalidRange", "The requested range is not satisfiable")
        response.headers["Content-Range"] = f"bytes */{artifact.blob.length}"
        return response


def dates(artifact: Artifact) -> dict[str, str]:
    """Return the Last-Modified header of an artifact."""
    return {"Last-Modified": http_date(artifact.created_on)}


def etag_of(artifact: Artifact, style: str) -> str | None:
    """Return the entity tag without quotes. It is the same for the same content."""
    if style == "none":
        return None
    if style == "opaque":
        return hashlib.md5(artifact.key.encode(), usedforsecurity=False).hexdigest()
    digest = artifact.blob.digest("md5")
    if style == "multipart":
        return hashlib.md5(bytes.fromhex(digest), usedforsecurity=False).hexdigest() + "-2"
    return digest
