# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Convert contents to values: text, base64, JSON or YAML. This module uses neither the network nor Ansible.

Undecodable bytes are an error and are never replaced. Text is returned unchanged and is never a template.
"""

from __future__ import annotations

import base64
import hashlib
import json
import typing as t

from ..module_utils._errors import BadInput, BitbucketError
from ..module_utils._files.checksum import parse_checksum
from ..module_utils._text import quoted
from ._yaml import parse_yaml


class OutputOptions(t.NamedTuple):
    """The lookup options of the same names. ``output``: one of ``text``, ``base64``, ``json`` and ``yaml``."""

    output: str = "text"
    encoding: str = "utf-8"
    rstrip: bool = True
    checksum: str | None = None

    def check(self, terms: t.Sequence[t.Any]) -> None:
        """Raise BadInput for terms that are not names, a checksum for several terms, and an unknown encoding."""
        for term in terms:
            if isinstance(term, (list, tuple)):
                raise BadInput("A term must be a name, not a list. Write *names to pass each item of a list as a term")
            if not isinstance(term, str):
                raise BadInput(f"A term must be a name, not {type(term).__name__}")
        if self.checksum is not None:
            parse_checksum(self.checksum)
            if len(terms) != 1:
                raise BadInput(f"checksum requires exactly one term, but there are {len(terms)}")
        try:
            "".encode(self.encoding)
        except (LookupError, ValueError) as exc:
            raise BadInput(f"encoding: unknown encoding '{self.encoding}'") from exc


def render(name: str, data: bytes, options: OutputOptions) -> t.Any:
    """Return the contents of the named file as the options specify."""
    if options.checksum is not None:
        expected = parse_checksum(options.checksum)
        expected.require({expected.algorithm: hashlib.new(expected.algorithm, data).hexdigest()}, name)
    if options.output == "base64":
        return base64.b64encode(data).decode("ascii")
    text = _decode(name, data, options.encoding)
    if options.output == "text":
        return text.rstrip() if options.rstrip else text
    return _parse(name, text, options.output)


def _decode(name: str, data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeError as exc:
        where = f" (byte {exc.start} cannot be decoded)" if isinstance(exc, UnicodeDecodeError) else ""
        raise BitbucketError(f"{quoted(name)} is not text in {encoding}{where}. Use output='base64' for binary contents") from exc


def _parse(name: str, text: str, output: str) -> t.Any:
    try:
        return json.loads(text) if output == "json" else parse_yaml(text)
    except (ValueError, RecursionError) as exc:
        raise BitbucketError(f"{quoted(name)} cannot be read as {output.upper()}: {exc}") from exc
