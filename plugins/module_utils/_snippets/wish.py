# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option ``files`` of bitbucket_snippet as contents by name. Knows no network."""

from __future__ import annotations

import base64
import binascii
import typing as t

from .._errors import BadInput
from .._files.payload import file_payloads, text_payload
from .._names import check_written_name
from .._text import quoted

FileOption = t.Mapping[str, t.Any]


def parse_files(options: t.Sequence[FileOption] | None) -> dict[str, bytes] | None:
    """Contents by name, None where the option is not set; raises BadInput before any request."""
    if options is None:
        return None
    files: dict[str, bytes] = {}
    for option in options:
        name = check_written_name(option["name"], "file name")
        if name in files:
            raise BadInput(f"files has two files of the name {quoted(name)}")
        files[name] = _contents(name, option)
    return files


def _contents(name: str, option: FileOption) -> bytes:
    if option["content"] is not None:
        return text_payload(name, option["content"]).data
    if option["content_base64"] is not None:
        try:
            return base64.b64decode("".join(option["content_base64"].split()), validate=True)
        except (binascii.Error, ValueError) as exc:
            raise BadInput(f"content_base64 of {quoted(name)} is not base64: {exc}") from exc
    payload = file_payloads([option["src"]], name)[0]
    return b"".join(bytes(block) for block in payload.blocks())
