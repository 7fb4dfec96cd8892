# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make states of snippets, and multipart responses byte by byte, without code of the parser."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ansible_collections.releng.bitbucket.plugins.module_utils._snippets.document import Snippet, SnippetState

EOL = b"\r\n"
BOUNDARY = "===============1438169132528273974=="
RELATED = f'multipart/related; start="snippet"; boundary="{BOUNDARY}"'
FORM = f"multipart/form-data; boundary={BOUNDARY}"


def make_state(contents: dict[str, bytes], title: str = "T", is_private: bool | None = True) -> SnippetState:
    """Return a snippet with these contents."""
    links: dict[str, str | None] = {name: f"https://x/{name}" for name in contents}
    return SnippetState(Snippet("kypj", title, is_private, "https://x/kypj", "then", "now", "abcdef0", None, links), contents)


def quote(name: str) -> str:
    """Return a name as a quoted text in a header."""
    return '"{}"'.format(name.replace("\\", "\\\\").replace('"', '\\"'))


def make_part(body: bytes, *head: str, eol: bytes = EOL) -> bytes:
    """Return a part; the lines of its head are UTF-8."""
    return b"".join(line.encode("utf-8", "surrogateescape") + eol for line in head) + eol + body


def make_document(*names: str, raw: str | None = None) -> bytes:
    """Return the part with the JSON document, which has these files, or with a ``raw`` text instead."""
    text = json.dumps({"id": "kypj", "files": {name: {} for name in names}}) if raw is None else raw
    head = ('Content-Type: application/json; charset="utf-8"', "MIME-Version: 1.0", "Content-ID: snippet")
    return make_part(text.encode(), *head)


def make_file(name: str, body: bytes, encoding: str | None = None, kind: str = "text/plain") -> bytes:
    """Return the part of a file in multipart/related, named in both headers."""
    head = [f"Content-Type: {kind}"] + ([] if encoding is None else [f"Content-Transfer-Encoding: {encoding}"])
    names = (f"Content-ID: {quote(name)}", f"Content-Disposition: attachment; filename={quote(name)}")
    return make_part(body, *head, *names)


def make_form_file(name: str, body: bytes, *head: str) -> bytes:
    """Return the part of a file in multipart/form-data."""
    return make_part(body, f'Content-Disposition: attachment; name="file"; filename={quote(name)}', *head)


def make_form_field(name: str, text: str) -> bytes:
    """Return a flat field of multipart/form-data."""
    head = (f'Content-Disposition: form-data; name="{name}"', 'Content-Type: text/plain; charset="utf-8"')
    return make_part(text.encode(), *head)


def join(parts: Iterable[bytes], boundary: str = BOUNDARY, eol: bytes = EOL) -> bytes:
    """Return the body of a response."""
    line = b"--" + boundary.encode()
    return b"".join(line + eol + one + eol for one in parts) + line + b"--" + eol
