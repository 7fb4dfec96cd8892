#!/usr/bin/python
# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Document bitbucket_snippet_info, and read its options."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bitbucket_snippet_info
short_description: Read the snippets of a Bitbucket Cloud workspace
version_added: 1.0.0
author:
  - The releng.bitbucket contributors (@releng)
description:
  - Lists the snippets of a workspace, or reads some of them with their files and optionally their contents.
  - Two listings are united, that of the workspace's members and the one that also shows public snippets.
  - Gives a warning if the list is empty or might be incomplete, and for each listed snippet that cannot be read.
  - Snippets can be reached with an API token or an OAuth consumer, not with access tokens. To read them needs the scope
    C(read:snippet:bitbucket).
extends_documentation_fragment:
  - releng.bitbucket._connection
  - releng.bitbucket._attributes.info_module
  - releng.bitbucket._attributes.action_group
options:
  snippet_id:
    description:
      - The one snippet to read. An unknown one gives an empty list.
      - At most one of O(snippet_id), O(title) and O(patterns) may be set.
    type: str
    aliases: [id, encoded_id]
  title:
    description:
      - The exact title of the snippets to read.
    type: str
  patterns:
    description:
      - Shell patterns for titles of the snippets to list. One of them must match the whole title.
    type: list
    elements: str
    aliases: [pattern]
  contents:
    description:
      - Whether to return the contents of files, which reads each snippet, and each text file by its own link.
    type: bool
    default: false
seealso:
  - module: releng.bitbucket.bitbucket_snippet
"""

EXAMPLES = r"""
- name: Read the run book
  releng.bitbucket.bitbucket_snippet_info:
    workspace: acme
    user: "{{ lookup('env', 'BITBUCKET_USERNAME') }}"
    api_token: "{{ lookup('env', 'BITBUCKET_API_TOKEN') }}"
    title: Run book
    contents: true
  register: run_book

- name: List all release notes, connection from the environment
  releng.bitbucket.bitbucket_snippet_info:
    patterns: Release notes of *
"""

RETURN = r"""
snippets:
  description: The snippets.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Its id.
      type: str
      sample: kypj
    title:
      description: Its title.
      type: str
      sample: Run book
    is_private:
      description: Whether only members of the workspace see it.
      type: bool
      sample: true
    url:
      description: Its page on the web.
      type: str
      sample: https://bitbucket.org/snippets/acme/kypj
    revision:
      description: The newest revision of its contents; null where the service's answer does not tell it, as in a listing.
      type: str
      sample: 367ab19f4bd0a3a0dd1e6fe5a9b1c5e7a2c8d4f0
    created_on:
      description: When it was created.
      type: str
      sample: "2026-11-22T10:15:00.123456+00:00"
    updated_on:
      description: When it was changed last, its title and visibility included.
      type: str
      sample: "2026-11-22T10:15:00.123456+00:00"
    files:
      description: Its files, sorted by name.
      returned: when O(snippet_id), O(title) or O(contents) is set, for a listing does not tell them
      type: list
      elements: dict
      contains:
        name:
          description: The name of the file.
          type: str
          sample: start.md
        size:
          description: Bytes.
          type: int
          sample: 42
        sha256:
          description: SHA-256 of the contents.
          type: str
          sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
        url:
          description: The API's link to the contents, which needs credentials where the snippet is private.
          type: str
          sample: https://api.bitbucket.org/2.0/snippets/acme/kypj/367ab19/files/start.md
        content:
          description: The contents.
          returned: when O(contents) is true and they are UTF-8 text
          type: str
          sample: Call the release engineer.
        content_base64:
          description: The contents in base64.
          returned: when O(contents) is true and they are not UTF-8 text
          type: str
          sample: iVBORw0KGgo=
elapsed:
  description: Duration of the task in seconds, without the start of the module.
  returned: always
  type: float
  sample: 1.618
msg:
  description: Number of snippets, as a sentence. If the task fails, the reason.
  returned: always
  type: str
  sample: 2 snippets
requests:
  description: How many requests went to the API, repeats included.
  returned: always
  type: int
  sample: 2
"""

import typing as t

from ..module_utils._ansible.module import create_module, run_module
from ..module_utils._http.client import Client
from ..module_utils._http.retries import CLOCK, Clock
from ..module_utils._outcome import Outcome, Progress
from ..module_utils._snippets.api import Snippets
from ..module_utils._snippets.query import SnippetQuery, query_snippets


def argument_spec() -> dict[str, t.Any]:
    """Return the options of this module without those of the connection."""
    return {
        "snippet_id": {"type": "str", "aliases": ["id", "encoded_id"]},
        "title": {"type": "str"},
        "patterns": {"type": "list", "elements": "str", "aliases": ["pattern"]},
        "contents": {"type": "bool", "default": False},
    }


def main(clock: Clock = CLOCK) -> None:
    """Run the module."""
    module = create_module(argument_spec(), mutually_exclusive=[("snippet_id", "title", "patterns")])
    query = SnippetQuery(**{name: module.params[name] for name in argument_spec()})

    def read_snippets(client: Client, _progress: Progress) -> Outcome:
        return query_snippets(Snippets(client), query)

    run_module(module, read_snippets, Progress(), clock=clock)


if __name__ == "__main__":
    main()
