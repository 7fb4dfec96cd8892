# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse a multipart response with a snippet and its files, without the network.

``multipart/related`` has the JSON document in its first part or in the part that ``start`` names, and a part for each file,
which ``Content-ID`` or the file name of ``Content-Disposition`` names. ``multipart/form-data`` has flat fields, and files in
``file`` (documented, fact sheet 2.3). The standard library parses the parts. Names are compared with the raw header values,
because the library trims and decodes them.
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


class BrokenResponse(BitbucketError):
    """A multipart response does not have a valid snippet."""


class SnippetParts(t.NamedTuple):
    """A snippet in parts: its JSON document, and its contents.

    ``contents``: bytes by file name, of complete parts only. ``textual``: names of files that were sent as text, so that
    the service might have changed them. ``doubtful``: names of files whose line ends might differ from the stored ones.
    """

    document: dict[str, t.Any]
    contents: t.Mapping[str, bytes] = MappingProxyType({})
    textual: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()


def parse_related(content_type: str, body: bytes) -> SnippetParts:
    """Return the document and the contents of a multipart/related response. Raise BrokenResponse."""
    parts, is_crlf = _split_parts(content_type, body)
    root = _find_root(content_type, parts)
    document = _read_document(root)
    files = document.get("files")
    names = _list_spellings(str(name) for name in files) if isinstance(files, dict) else {}
    found = [(_find_name(part, names), part) for part in parts if part is not root]
    return _decode_files(document, [(name, part) for name, part in found if name is not None], is_crlf)


def parse_form(content_type: str, body: bytes) -> SnippetParts:
    """Return the flat fields and the contents of a multipart/form-data response. Raise BrokenResponse."""
    fields: dict[str, t.Any] = {}
    files: list[tuple[str, email.message.Message]] = []
    parts, is_crlf = _split_parts(content_type, body)
    for part in parts:
        parameters = _parse_parameters(_read_header(part, "Content-Disposition"))
        if "filename" in parameters:
            files.append((parameters["filename"], part))
        elif "name" in parameters:
            fields[parameters["name"]] = (_decode(part) or b"").decode("utf-8", "replace")
    return _decode_files(fields, files, is_crlf)


def are_equal_except_line_ends(one: bytes, other: bytes) -> bool:
    """Return whether two texts are equal except for line ends, including a missing line end at the end."""
    return _normalize(one) == _normalize(other)


def _normalize(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n")


def _split_parts(content_type: str, body: bytes) -> tuple[list[email.message.Message], bool]:
    """Return the parts, and whether all line ends around them are CR LF."""
    parser = email.parser.BytesFeedParser(policy=email.policy.compat32)
    try:
        parser.feed(b"Content-Type: " + content_type.encode("utf-8") + b"\r\nMIME-Version: 1.0\r\n\r\n")
        parser.feed(body)
        message = parser.close()
    except RecursionError as exc:
        raise BrokenResponse("The multipart response is nested too deeply") from exc
    except (ValueError, TypeError) as exc:  # the library fails on parameters such as boundary*99999=
        raise BrokenResponse("The header fields of the multipart response cannot be parsed") from exc
    if not message.is_multipart():
        raise BrokenResponse(f"The response has the type {content_type.partition(';')[0]}, but no parts")
    if any(isinstance(defect, email.errors.CloseBoundaryNotFoundDefect) for defect in message.defects):
        raise BrokenResponse("The multipart response is incomplete: its closing boundary is missing")
    if (message.epilogue or "").strip():
        raise BrokenResponse("The multipart response continues after its closing boundary")
    parts = [part for part in message.get_payload() if isinstance(part, email.message.Message)]
    return parts, _has_crlf_frame(body, message.get_boundary() or "")


def _has_crlf_frame(body: bytes, boundary: str) -> bool:
    between = body.split(b"--" + boundary.encode("ascii", "replace"))[1:-1]
    return bool(between) and all(text.startswith(b"\r\n") and text.endswith(b"\r\n") for text in between)


def _find_root(content_type: str, parts: t.Sequence[email.message.Message]) -> email.message.Message:
    """Return the part with the document. A file might have the same ID, but the document has no file name."""
    start = _strip_id(_parse_parameters(content_type).get("start"))
    started = [part for part in parts if start and _strip_id(part.get("Content-ID")) == start]
    return next((part for part in started if "Content-Disposition" not in part), (started or parts)[0])


def _read_document(part: email.message.Message) -> dict[str, t.Any]:
    try:
        document = json.loads((_decode(part) or b"").decode("utf-8"))
    except (ValueError, RecursionError) as exc:
        raise BrokenResponse(f"The document in the multipart response is not JSON: {exc}") from exc
    if not isinstance(document, dict):
        raise BrokenResponse("The document in the multipart response is not a JSON object")
    return document


def _decode_files(
    document: dict[str, t.Any], files: t.Sequence[tuple[str, email.message.Message]], is_crlf: bool
) -> SnippetParts:
    times = collections.Counter(name for name, part in files)
    # Before the parts are decoded, which removes their types.
    texts = {name for name, part in files if _is_text(part)}
    decoded = {name: _decode(part) for name, part in files if times[name] == 1}
    contents = {name: data for name, data in decoded.items() if data is not None}
    textual = texts & contents.keys()
    doubtful = {name for name in textual if not (is_crlf and _has_genuine_line_ends(contents[name]))}
    doubtful |= {name for name in contents.keys() - textual if _might_be_canonical(contents[name])}
    return SnippetParts(document, contents, frozenset(textual), frozenset(doubtful))


def _is_text(part: email.message.Message) -> bool:
    """Return whether a part was sent as text, and not as another type in base64."""
    if _read_encoding(part) != "base64" or part.get_content_maintype() == "text":
        return True
    return "charset" in _parse_parameters(_read_header(part, "Content-Type"))


def _has_genuine_line_ends(text: bytes) -> bool:
    """Return whether the line ends of a text are proved: a program that rewrites them would have made all of them CR LF."""
    return b"\r" not in text and text.endswith(b"\n")


def _might_be_canonical(data: bytes) -> bool:
    """Return whether data in base64 might be text in the canonical form of MIME, which has CR LF before it is encoded.

    In that form, a line feed without a carriage return cannot occur.
    """
    rest = data.replace(b"\r\n", b"")
    return rest != data and b"\n" not in rest and b"\0" not in rest


def _decode(part: email.message.Message) -> bytes | None:
    """Return the decoded bytes, or None for a nested message and for an unknown or broken encoding."""
    if part.is_multipart() or part.get_content_maintype() in ("multipart", "message"):
        return None
    encoding = _read_encoding(part)
    if encoding not in ("", "7bit", "8bit", "binary", "quoted-printable", "base64"):
        return None
    del part["Content-Type"]  # the decoder fails on some character sets
    if encoding == "quoted-printable" and _BROKEN_QUOTING.search(str(part.get_payload())):
        return None  # the decoder would accept it
    # The decoder compares the value literally, with the white space around it.
    del part["Content-Transfer-Encoding"]
    part["Content-Transfer-Encoding"] = encoding or "8bit"
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) and not part.defects else None


def _read_encoding(part: email.message.Message) -> str:
    return str(part.get("Content-Transfer-Encoding", "")).strip().lower()


def _find_name(part: email.message.Message, names: t.Mapping[str, str]) -> str | None:
    """Return the name of the part in the document; the file name takes precedence over the Content-ID (documented)."""
    disposition = _parse_parameters(_read_header(part, "Content-Disposition"), unescape=False)
    spellings = [disposition.get("filename", ""), _read_header(part, "Content-ID")]
    return next((names[spelling] for spelling in spellings if spelling in names), None)


def _list_spellings(names: t.Iterable[str]) -> dict[str, str]:
    """Return names by their possible spellings in a header. A spelling of two names belongs to the name in stricter encoding."""
    names = list(names)
    encoders: list[t.Callable[[str], str]] = [
        lambda name: name.replace("\\", "\\\\").replace('"', '\\"'),
        lambda name: name,
        lambda name: name.replace('"', "%22"),
        lambda name: quote(name, safe="", errors="surrogatepass"),
        lambda name: quote(name, errors="surrogatepass"),
    ]
    found: dict[str, str] = {}
    for encode in encoders:
        for form in ('"%s"', "%s", '<"%s">', "<%s>"):
            for name in names:
                found.setdefault(form % encode(name), name)
    return found


def _read_header(part: email.message.Message, header: str) -> str:
    """Return the value of a header as it was sent, decoded as UTF-8."""
    for name, value in part.raw_items():
        if name.lower() == header.lower():
            text = str(value).replace("\r\n", "").replace("\n", "")
            return text.encode("ascii", "surrogateescape").decode("utf-8", "surrogateescape").strip(" \t")
    return ""


def _parse_parameters(value: str, unescape: bool = True) -> dict[str, str]:
    """Return the parameters of a header value, of duplicates the first; ``unescape`` quoted texts."""
    found: dict[str, str] = {}
    for name, quoted, bare in _PARAMETER.findall(value):
        text = _ESCAPE.sub(r"\1", quoted) if unescape else quoted
        found.setdefault(name.lower(), text or bare.strip())
    return found


def _strip_id(value: t.Any) -> str:
    return str(value or "").strip().strip('"').strip("<>").strip('"')
