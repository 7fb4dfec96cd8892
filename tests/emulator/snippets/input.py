# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what a POST or PUT of a snippet requests, in its three content types (fact sheet, section 2.4)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from werkzeug import Response

from ..altering import STORED
from ..auth.gate import Refused
from ..http import responses
from ..http.exchange import Exchange
from ..http.multipart import BadUpload, boundary_of, read_upload
from ..http.names import stored_name
from ..http.related import BadRelated, Part, read_related
from ..switches import Switches
from .parts import is_text

LONGEST = 1 << 30
BOOLEANS = {"true": True, "True": True, "false": False, "False": False}


@dataclass
class Draft:
    """Hold the requested properties, files by their stored name, and names of files to delete."""

    values: dict[str, object] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Reader:
    """Read requests. `new_path` returns a path for each file of a form."""

    switches: Switches
    new_path: Callable[[], Path]

    def __call__(self, exchange: Exchange) -> Draft:
        """Return the request as a draft, or raise `Refused`."""
        if "Transfer-Encoding" in exchange.headers or "Content-Length" not in exchange.headers:
            raise Refused(responses.error(411, "Length Required"))
        content_type = exchange.headers.get("Content-Type", "")
        kind = content_type.partition(";")[0].strip().lower()
        if kind == "application/json":
            return self._json(exchange)
        if kind == "multipart/form-data":
            return self._form(exchange, boundary_of(content_type) or "")
        if kind == "multipart/related":
            return self._related(exchange, content_type)
        raise Refused(responses.error(415, f"Unsupported media type '{kind}' in request."))

    def _json(self, exchange: Exchange) -> Draft:
        """Read a body of properties; `files` is not a property."""
        document = self._document(exchange, exchange.body.read_all(LONGEST))
        return Draft(self._checked(document))

    def _form(self, exchange: Exchange, boundary: str) -> Draft:
        try:
            upload = read_upload(exchange.body, boundary, self.new_path)
            exchange.body.drain()
        except (BadUpload, ValueError) as problem:
            raise Refused(self._bad()) from problem
        try:
            contents = [(part, part.path.read_bytes()) for part in upload.files]
        finally:
            upload.drop()
        exchange.entry.uploads += [part.name for part in upload.files]
        named = [text for name, text in upload.fields if name == "files"]
        fields: dict[str, Any] = dict(upload.fields) | ({"files": named} if named else {})
        exchange.entry.fields |= fields
        if any(part.field == "files" for part, _content in contents):
            raise Refused(self._bad(files=["Must be names of files."]))
        draft = Draft(self._checked({name: self._flat(name, text) for name, text in fields.items()}))
        for part, content in contents:
            name = stored_name(part.name)
            if part.field == "file" and name is not None:
                self._add(exchange, draft, name, content)
        draft.removed = [name for name in named if name not in draft.files]
        return draft

    def _related(self, exchange: Exchange, content_type: str) -> Draft:
        try:
            start, parts = read_related(exchange.body.read_all(LONGEST), content_type)
        except BadRelated as problem:
            raise Refused(self._bad()) from problem
        if start.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refused(self._bad())
        document = self._document(exchange, start.content)
        draft = Draft(self._checked(document))
        for part in parts:
            name = self._part_name(part)
            exchange.entry.uploads.append(name)
            self._add(exchange, draft, name, part.content)
        listed = document.get("files", {})
        if not isinstance(listed, dict):
            raise Refused(self._bad(files=["Must be an object."]))
        sent = {part.identity or part.filename for part in parts}
        draft.removed = [name for name in listed if name not in sent]
        if any(name in draft.files for name in draft.removed):
            raise Refused(self._bad(files=["Files are addressed by their Content-ID."]))
        return draft

    def _part_name(self, part: Part) -> str:
        """Return the file name, or else the Content-ID. Refuse an invalid name."""
        name = part.filename if part.filename is not None else part.identity
        if stored_name(name.replace("&", "+")) != name.replace("&", "+"):
            raise Refused(self._bad(files=[f"Bad name: {name!r}"]))
        return name

    def _add(self, exchange: Exchange, draft: Draft, name: str, content: bytes) -> None:
        stored = self.switches.renamed(name)
        if stored in draft.files:
            raise Refused(self._bad(file=[f"Two files have the name {stored!r}."]))
        change = self.switches.snippet_contents_change
        draft.files[stored] = STORED[change](content) if change and is_text(content) else content
        exchange.entry.stored.append(stored)

    def _document(self, exchange: Exchange, text: bytes) -> dict[str, Any]:
        try:
            document = json.loads(text.decode("utf-8"))
        except ValueError as problem:
            raise Refused(self._bad()) from problem
        if not isinstance(document, dict):
            raise Refused(self._bad())
        exchange.entry.fields |= document
        return document

    def _flat(self, name: str, text: Any) -> object:
        """Convert the text of a form field. Text that is not a boolean remains text, and is refused later."""
        return BOOLEANS.get(text, text) if name == "is_private" else text

    def _checked(self, given: Mapping[str, object]) -> dict[str, object]:
        """Return the properties that can be changed; ignore others."""
        problems: dict[str, list[str]] = {}
        if not isinstance(given.get("title"), str | None):
            problems["title"] = ["Not a valid string."]
        if not isinstance(given.get("is_private", False), bool):
            problems["is_private"] = ["Not a valid boolean."]
        if given.get("scm", "git") != "git":
            problems["scm"] = [f'"{given["scm"]}" is not a valid choice.']
        if problems:
            raise Refused(self._bad(**problems))
        return {name: given[name] for name in ("title", "is_private") if name in given}

    def _bad(self, **fields: list[str]) -> Response:
        more: dict[str, Any] = {"fields": fields} if fields else {}
        return responses.bad_request(self.switches.plain_400, **more)
