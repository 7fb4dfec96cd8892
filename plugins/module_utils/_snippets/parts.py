# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A snippet in one multipart answer: its document and the contents of its files. Pure: knows no network.

``multipart/related`` has the JSON document as its first part or the one that ``start`` names, and a part per file, told by
``Content-ID`` or the file name of ``Content-Disposition``; ``multipart/form-data`` has flat fields and files in ``file``
(documented, fact sheet 2.3). Parsed by the standard library; names are matched by the raw header values, for the library trims
and decodes them.
"""

from __future__ import annotations

import collections
import email.errors
import email.message
import email.parser
import email.policy
import json
import re
import typing as t
from types import MappingProxyType
from urllib.parse import quote

from .._errors import BitbucketError

_BROKEN_QUOTING = re.compile(r"=(?![0-9A-Fa-f]{2}|[ \t]*(\r|\n|\Z))")


_PARAMETER = re.compile(r';[ \t]*([^=;" \t]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;"]*))')
_ESCAPE = re.compile(r"\\(.)")


class BrokenAnswer(BitbucketError):
    """A multipart answer that cannot be read as a snippet."""


class Parts(t.NamedTuple):
    """``document``: the JSON object, or the flat fields of a form. ``contents``: bytes by file name, of whole parts only.

    ``textual``: names of files that came as text, whose line ends may have been changed on the way.
    """

    document: dict[str, t.Any]
    contents: t.Mapping[str, bytes] = MappingProxyType({})
    textual: frozenset[str] = frozenset()


def parse_related(content_type: str, body: bytes) -> Parts:
    """The document and contents of a multipart/related answer. A file without a whole part is left out of the contents."""
    message = _parsed(content_type, body)
    parts = list(t.cast(t.List[email.message.Message], message.get_payload()))
    start = _bare_id(_parameters(content_type).get("start"))
    named = [part for part in parts if start and _bare_id(part.get("Content-ID")) == start]
    # A file may be called like the document, but the document has no file name.
    root = next((part for part in named if "Content-Disposition" not in part), (named or parts)[0])
    document = _document(root)
    names = document.get("files")
    wanted = _spellings(str(name) for name in names) if isinstance(names, dict) else {}
    found = [(_name(part, wanted), part) for part in parts if part is not root]
    return _with_contents(document, [(name, part) for name, part in found if name is not None])


def parse_form(content_type: str, body: bytes) -> Parts:
    """The flat fields and the contents of a multipart/form-data answer."""
    message = _parsed(content_type, body)
    fields: dict[str, t.Any] = {}
    files: list[tuple[str, email.message.Message]] = []
    for part in t.cast(t.List[email.message.Message], message.get_payload()):
        parameters = _parameters(_raw(part, "Content-Disposition"))
        if "filename" in parameters:
            files.append((parameters["filename"], part))
        elif "name" in parameters:
            fields[parameters["name"]] = (_contents(part) or b"").decode("utf-8", "replace")
    return _with_contents(fields, files)


def _parsed(content_type: str, body: bytes) -> email.message.Message:
    parser = email.parser.BytesFeedParser(policy=email.policy.compat32)
    try:
        parser.feed(b"Content-Type: " + content_type.encode("utf-8") + b"\r\nMIME-Version: 1.0\r\n\r\n")
        parser.feed(body)
        message = parser.close()
    except RecursionError as exc:
        raise BrokenAnswer("The multipart answer is nested too deeply") from exc
    except (ValueError, TypeError) as exc:  # the library stumbles over parameters such as boundary*99999=
        raise BrokenAnswer("The multipart answer has a head that cannot be read") from exc
    if not message.is_multipart():
        raise BrokenAnswer(f"The answer is said to be {content_type.partition(';')[0]}, but has no parts")
    if any(isinstance(defect, email.errors.CloseBoundaryNotFoundDefect) for defect in message.defects):
        raise BrokenAnswer("The multipart answer has no end: its closing boundary is missing")
    if (message.epilogue or "").strip():
        raise BrokenAnswer("The multipart answer goes on after its closing boundary")
    return message


def _document(part: email.message.Message) -> dict[str, t.Any]:
    try:
        document = json.loads((_contents(part) or b"").decode("utf-8"))
    except (ValueError, RecursionError) as exc:
        raise BrokenAnswer(f"The document in the multipart answer is not JSON: {exc}") from exc
    if not isinstance(document, dict):
        raise BrokenAnswer("The document in the multipart answer is no JSON object")
    return document


def _with_contents(document: dict[str, t.Any], files: t.Sequence[tuple[str, email.message.Message]]) -> Parts:
    times = collections.Counter(name for name, part in files)
    whole = {name: _contents(part) for name, part in files if times[name] == 1}
    textual = {name for name, part in files if _encoding(part) != "base64"}
    contents = {name: data for name, data in whole.items() if data is not None}
    return Parts(document, contents, frozenset(textual & contents.keys()))


def _contents(part: email.message.Message) -> bytes | None:
    """The decoded bytes; None where they cannot be trusted: a nested message, an unknown or broken encoding."""
    if part.is_multipart() or part.get_content_maintype() in ("multipart", "message"):
        return None
    encoding = _encoding(part)
    if encoding not in ("", "7bit", "8bit", "binary", "quoted-printable", "base64"):
        return None
    del part["Content-Type"]  # the decoder stumbles over some character sets
    if encoding == "quoted-printable" and _BROKEN_QUOTING.search(str(part.get_payload())):
        return None  # the decoder would let it pass
    # The decoder takes the value to the letter, white space around it included.
    del part["Content-Transfer-Encoding"]
    part["Content-Transfer-Encoding"] = encoding or "8bit"
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) and not part.defects else None


def _encoding(part: email.message.Message) -> str:
    return str(part.get("Content-Transfer-Encoding", "")).strip().lower()


def _name(part: email.message.Message, wanted: t.Mapping[str, str]) -> str | None:
    """The name in the document that the part belongs to; the file name wins over the Content-ID (documented)."""
    disposition = _parameters(_raw(part, "Content-Disposition"), unescape=False)
    spellings = [disposition.get("filename", ""), _raw(part, "Content-ID")]
    return next((wanted[spelling] for spelling in spellings if spelling in wanted), None)


def _spellings(names: t.Iterable[str]) -> dict[str, str]:
    """Names by how they may stand in a header. Where a spelling may mean two names, the stricter way to write it wins."""
    names = list(names)
    ways: list[t.Callable[[str], str]] = [
        lambda name: name.replace("\\", "\\\\").replace('"', '\\"'),
        lambda name: name,
        lambda name: name.replace('"', "%22"),
        lambda name: quote(name, safe="", errors="surrogatepass"),
        lambda name: quote(name, errors="surrogatepass"),
    ]
    found: dict[str, str] = {}
    for way in ways:
        for form in ('"%s"', "%s", '<"%s">', "<%s>"):
            for name in names:
                found.setdefault(form % way(name), name)
    return found


def _raw(part: email.message.Message, header: str) -> str:
    """The value of a header as it was sent, read as UTF-8."""
    for name, value in part.raw_items():
        if name.lower() == header.lower():
            text = str(value).replace("\r\n", "").replace("\n", "")
            return text.encode("ascii", "surrogateescape").decode("utf-8", "surrogateescape").strip(" \t")
    return ""


def _parameters(value: str, unescape: bool = True) -> dict[str, str]:
    """The parameters of a Content-Disposition, quoted texts unescaped; of doubled ones the first."""
    found: dict[str, str] = {}
    for name, quoted, bare in _PARAMETER.findall(value):
        text = _ESCAPE.sub(r"\1", quoted) if unescape else quoted
        found.setdefault(name.lower(), text or bare.strip())
    return found


def _bare_id(value: t.Any) -> str:
    return str(value or "").strip().strip('"').strip("<>").strip('"')
