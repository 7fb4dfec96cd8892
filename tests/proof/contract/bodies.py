# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decode multipart bodies for the validator. Must not know the specification.

The validator's own reader expects ASCII text, and reads every multipart body as a form.
"""

from __future__ import annotations

from email.message import EmailMessage, Message
from email.parser import BytesParser
from json import loads
from typing import Any
from urllib.parse import quote, unquote

from werkzeug.datastructures import Headers, ImmutableMultiDict

# Name of multipart/related for the validator.
RELATED = "application/x-multipart-related"


def plain_type(headers: Headers) -> str:
    """Return the media type with the parameters that our readers need. The validator fails with "=" in parameters."""
    head = Message()
    head["Content-Type"] = headers.get("Content-Type", "")
    wanted = {name: head.get_param(name) for name in ("boundary", "start", "charset")}
    kind = head.get_content_type().replace("multipart/related", RELATED)
    return "; ".join([kind, *(f"{name}={quote(str(value))}" for name, value in wanted.items() if value)])


def related_root(value: bytes, **parameters: str) -> Any:
    """Return the root document of a multipart/related body."""
    parts = _parts(value, "multipart/related", parameters)
    start = unquote(parameters.get("start", "")).strip("<>")
    roots = [part for part in parts if str(part.get("Content-ID", "")).strip('"<>') == start] if start else parts
    if not roots or roots[0].get_content_type() != "application/json":
        raise ValueError("no root document")
    return loads(_payload(roots[0]))


def form_fields(value: bytes, **parameters: str) -> ImmutableMultiDict[str, bytes]:
    """Return the fields of a multipart/form-data body like openapi-core, but with support for non-ASCII bytes."""
    fields = []
    for part in _parts(value, "multipart/form-data", parameters):
        name = part.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            raise ValueError("a part has no name")
        fields.append((unquote(name), _payload(part)))
    return ImmutableMultiDict(fields)


def _parts(value: bytes, kind: str, parameters: dict[str, str]) -> list[Message]:
    head = EmailMessage()
    head["Content-Type"] = kind
    head.set_param("boundary", unquote(parameters.get("boundary", "")))
    whole = BytesParser().parsebytes(b"Content-Type: " + head["Content-Type"].encode() + b"\r\n\r\n" + value)
    if not whole.is_multipart() or whole.defects:
        raise ValueError(f"not a valid {kind} body: {whole.defects}")
    return list(whole.get_payload())


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        raise TypeError("a part contains another part")
    return payload
