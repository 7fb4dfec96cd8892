# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contents as values: text, base64, JSON or YAML. Pure: knows no network and no Ansible.

Bytes that do not decode are an error, never mangled. Text is returned as it is, nothing in it is ever a template.
"""

from __future__ import annotations

import base64
import hashlib
import json
import typing as t
from dataclasses import dataclass

import yaml

from ..module_utils._errors import BadInput, BitbucketError
from ..module_utils._files.checksum import parse_checksum
from ..module_utils._text import quoted


class Missing(BitbucketError):
    """What a term names is not there, and a listing has proved it."""


@dataclass(frozen=True)
class Reading:
    """How to read: ``output`` is one of ``text``, ``base64``, ``json`` and ``yaml``; the others are options of the lookups."""

    output: str = "text"
    encoding: str = "utf-8"
    rstrip: bool = True
    checksum: str | None = None

    def require_fitting(self, terms: t.Sequence[t.Any]) -> None:
        """Raise BadInput for terms that are no names, a checksum for several, and an encoding that does not exist."""
        for term in terms:
            if not isinstance(term, str):
                raise BadInput(f"A term must be a name, not {type(term).__name__}")
        if self.checksum is not None:
            parse_checksum(self.checksum)
            if len(terms) != 1:
                raise BadInput(f"checksum goes with one term, but there are {len(terms)}")
        try:
            "".encode(self.encoding)
        except (LookupError, ValueError) as exc:
            raise BadInput(f"encoding: there is no encoding '{self.encoding}'") from exc


def presented(name: str, data: bytes, reading: Reading) -> t.Any:
    """The contents as the output asks for them."""
    if reading.checksum is not None:
        expected = parse_checksum(reading.checksum)
        expected.require({expected.algorithm: hashlib.new(expected.algorithm, data).hexdigest()}, name)
    if reading.output == "base64":
        return base64.b64encode(data).decode("ascii")
    text = _decoded(name, data, reading.encoding)
    if reading.output == "text":
        return text.rstrip() if reading.rstrip else text
    return _parsed(name, text, reading.output)


def _decoded(name: str, data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeError as exc:
        where = f" (byte {exc.start} does not decode)" if isinstance(exc, UnicodeDecodeError) else ""
        raise BitbucketError(f"{quoted(name)} is not text in {encoding}{where}: use output='base64' for binary contents") from exc


def _parsed(name: str, text: str, output: str) -> t.Any:
    try:
        return json.loads(text) if output == "json" else _yaml(text)
    except (ValueError, RecursionError) as exc:
        raise BitbucketError(f"{quoted(name)} cannot be read as {output.upper()}: {exc}") from exc


def _yaml(text: str) -> t.Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise ValueError(" ".join(str(exc).split())) from exc
    except (LookupError, AttributeError, TypeError) as exc:  # its constructors trip over scalars with a wrong tag
        raise ValueError("a value does not fit its tag") from exc
