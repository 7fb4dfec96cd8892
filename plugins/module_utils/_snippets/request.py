# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse the options of bitbucket_snippet, and check them as far as possible without the network."""

from __future__ import annotations

import base64
import binascii
import typing as t

from .._errors import BadInput
from .._files.payload import file_payloads, text_payload
from .._names import check_written_name
from .._text import quoted

Options = t.Mapping[str, t.Any]


class SnippetRequest(t.NamedTuple):
    """The snippet that a task requests. None leaves a property unchanged.

    ``snippet_id``: the ID of the snippet, which is otherwise found by its title. ``purge``: whether to remove other files.
    """

    snippet_id: str | None = None
    title: str | None = None
    is_private: bool | None = None
    files: t.Mapping[str, bytes] | None = None
    purge: bool = False


def parse_request(options: Options) -> SnippetRequest:
    """Return the request in the options of a task. Raise BadInput."""
    title = options["title"]
    if not (options["snippet_id"] or title):
        raise BadInput("snippet_id and title are empty. Set one of them")
    if options["state"] == "present" and title and title != title.strip():
        raise BadInput(f"title {quoted(title)} is refused: remove the white space at its start or end")
    files = parse_files(options["files"])
    if options["purge"] and not files:
        raise BadInput("purge needs files: a snippet must have at least one file")
    return SnippetRequest(options["snippet_id"] or None, title, options["is_private"], files, options["purge"])


def parse_files(options: t.Sequence[Options] | None) -> dict[str, bytes] | None:
    """Return the contents in the option ``files`` by name, None if it is not set. Raise BadInput."""
    if options is None:
        return None
    files: dict[str, bytes] = {}
    for option in options:
        name = check_written_name(option["name"], "file name")
        if name in files:
            raise BadInput(f"files has two files with the name {quoted(name)}")
        files[name] = _read_contents(name, option)
    return files


def _read_contents(name: str, option: Options) -> bytes:
    if option["content"] is not None:
        return text_payload(name, option["content"]).data
    if option["content_base64"] is not None:
        try:
            return base64.b64decode("".join(option["content_base64"].split()), validate=True)
        except (binascii.Error, ValueError) as exc:
            raise BadInput(f"content_base64 of {quoted(name)} is not base64: {exc}") from exc
    payload = file_payloads([option["src"]], name)[0]
    return b"".join(bytes(block) for block in payload.blocks())
