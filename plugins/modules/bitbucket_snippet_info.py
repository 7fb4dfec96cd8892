#!/usr/bin/python
# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declare and parse the options of bitbucket_snippet_info, and run it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bitbucket_snippet_info
short_description: Read the snippets of a Bitbucket Cloud workspace
version_added: 1.0.0
author:
  - releng.bitbucket contributors (@releng)
description:
  - Lists the snippets of a workspace, or reads selected snippets with their files and optionally their contents.
  - Combines two listings, one for members of the workspace and one that also has public snippets. Without credentials, the module
    reads only public snippets.
  - Reads at most 128 MiB of a snippet. A larger snippet is an error.
  - Warns if the list is empty or might be incomplete, and for each listed snippet that cannot be read.
  - Access tokens cannot access snippets. Use an API token or an OAuth consumer with the scope C(read:snippet:bitbucket).
extends_documentation_fragment:
  - releng.bitbucket._connection
  - releng.bitbucket._connection.snippets
  - releng.bitbucket._attributes.info_module
  - releng.bitbucket._attributes.action_group
options:
  snippet_id:
    description:
      - ID of the snippet to read. For an unknown ID, the module returns an empty list.
      - Mutually exclusive with O(title) and O(patterns).
    type: str
    aliases: [id, encoded_id]
  title:
    description:
      - Exact title of the snippets to read.
      - Mutually exclusive with O(snippet_id) and O(patterns).
    type: str
  patterns:
    description:
      - Shell patterns for the titles of the snippets to list. A pattern must match the complete title. By default, all snippets
        are listed.
      - Mutually exclusive with O(snippet_id) and O(title).
    type: list
    elements: str
    aliases: [pattern]
  contents:
    description:
      - Whether to return the contents of files. The module sends a request for each snippet and for each of its text files.
    type: bool
    default: false
seealso:
  - module: releng.bitbucket.bitbucket_snippet
    description: Create, update or delete a snippet.
  - plugin: releng.bitbucket.bitbucket_snippet
    plugin_type: lookup
    description: Read files of a snippet.
  - ref: ansible_collections.releng.bitbucket.docsite.guide_snippets
    description: Use snippets step by step.
"""

EXAMPLES = r"""
- name: Read the run book
  releng.bitbucket.bitbucket_snippet_info:
    workspace: acme
    user: "{{ lookup('ansible.builtin.env', 'BITBUCKET_USERNAME') }}"
    api_token: "{{ lookup('ansible.builtin.env', 'BITBUCKET_API_TOKEN') }}"
    title: Run book
    contents: true
  register: run_book

# The next task takes the workspace and the credentials from the environment.
- name: List all release notes
  releng.bitbucket.bitbucket_snippet_info:
    patterns: Release notes of *
"""

RETURN = r"""
snippets:
  description: Selected snippets.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the snippet.
      type: str
      sample: kypj
    title:
      description: Title of the snippet.
      type: str
      sample: Run book
    is_private:
      description: Whether only members of the workspace can see the snippet.
      type: bool
      sample: true
    url:
      description: URL of the page of the snippet on the website.
      type: str
      sample: https://bitbucket.org/snippets/acme/kypj
    revision:
      description: Newest revision of the contents; null if Bitbucket does not return it, as in a listing.
      type: str
      sample: 367ab19f4bd0a3a0dd1e6fe5a9b1c5e7a2c8d4f0
    created_on:
      description: Time of the creation in ISO 8601.
      type: str
      sample: "2026-11-22T10:15:00.123456+00:00"
    updated_on:
      description: Time of the last change, including changes of title and visibility, in ISO 8601.
      type: str
      sample: "2026-11-22T10:15:00.123456+00:00"
    files:
      description: Files of the snippet, sorted by name. A listing does not have them.
      returned: when O(snippet_id), O(title) or O(contents=true) is set
      type: list
      elements: dict
      contains:
        name:
          description: Name of the file.
          type: str
          sample: start.md
        size:
          description: Size in bytes.
          type: int
          sample: 42
        sha256:
          description: SHA-256 of the contents, as hexadecimal digits.
          type: str
          sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
        url:
          description: API URL of the contents. If the snippet is private, it requires credentials.
          type: str
          sample: https://api.bitbucket.org/2.0/snippets/acme/kypj/367ab19/files/start.md
        content:
          description: Contents of a file with UTF-8 text.
          returned: when O(contents=true) and the file is UTF-8 text
          type: str
          sample: Call the release engineer.
        content_base64:
          description: Contents of any other file, in base64.
          returned: when O(contents=true) and the file is not UTF-8 text
          type: str
          sample: iVBORw0KGgo=
elapsed:
  description: Duration of the task in seconds, without the start of the module.
  returned: always
  type: float
  version_added: 1.1.0
  sample: 1.618
msg:
  description: Number of snippets, as a sentence. If the task fails, the reason.
  returned: always
  type: str
  version_added: 1.1.0
  sample: 2 snippets
requests:
  description: Number of requests to the API, including retries.
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

CHECKS: dict[str, t.Any] = {
    "mutually_exclusive": [("snippet_id", "title", "patterns")],
}


def argument_spec() -> dict[str, t.Any]:
    """Return the options of this module, without those of the connection."""
    return {
        "snippet_id": {"type": "str", "aliases": ["id", "encoded_id"]},
        "title": {"type": "str"},
        "patterns": {"type": "list", "elements": "str", "aliases": ["pattern"]},
        "contents": {"type": "bool", "default": False},
    }


def main(clock: Clock = CLOCK) -> None:
    """Run the module."""
    module = create_module(argument_spec(), **CHECKS)
    query = SnippetQuery(**{name: module.params[name] for name in argument_spec()})

    def read_snippets(client: Client, _progress: Progress) -> Outcome:
        return query_snippets(Snippets(client), query)

    run_module(module, read_snippets, Progress(), clock=clock)


if __name__ == "__main__":
    main()
