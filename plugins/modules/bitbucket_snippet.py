#!/usr/bin/python
# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declare and parse the options of bitbucket_snippet, and run it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bitbucket_snippet
short_description: Create, update or delete a snippet in a Bitbucket Cloud workspace
version_added: 1.0.0
author:
  - releng.bitbucket contributors (@releng)
description:
  - Creates, updates or deletes a snippet with exact contents of text and binary files.
  - Compares before it writes, and sends only differing files, in one request. A second run sends nothing.
  - Updates a snippet only if its revision is the one that the module has read. If another user has changed the snippet at the
    same time, the module reads and compares it again, up to three times.
  - Reads the snippet again after each write. The task fails if the snippet or its contents differ from the request.
  - If the response to the creation of a snippet was lost, the module looks for the snippet in the listing before it sends the
    request again. If Bitbucket lists the snippet too late, two snippets exist. In this case, the task fails and names both.
  - The module cannot lock a title. If several hosts or jobs create a snippet with the same title at the same time, several
    snippets result. Use C(run_once) for a play with several hosts.
  - The module reads at most 128 MiB of a snippet. A larger snippet is an error.
  - Bitbucket has no revisions of the title and the visibility, so the comparison of revisions does not protect them.
  - Access tokens cannot access snippets. Use an API token or an OAuth consumer. The scope C(read:snippet:bitbucket) is required.
    To create and update a snippet, the scope C(write:snippet:bitbucket) is required as well, and to delete a snippet,
    C(delete:snippet:bitbucket).
extends_documentation_fragment:
  - releng.bitbucket._connection
  - releng.bitbucket._connection.snippets
  - releng.bitbucket._attributes
  - releng.bitbucket._attributes.action_group
options:
  state:
    description:
      - Whether the snippet should exist.
    type: str
    choices: [present, absent]
    default: present
  snippet_id:
    description:
      - ID of the snippet. With O(state=present), the snippet must exist.
      - Without this option, the module finds the snippet by its O(title).
      - At least one of O(snippet_id) and O(title) is required.
    type: str
    aliases: [id, encoded_id]
  title:
    description:
      - Title of the snippet. With O(snippet_id) and O(state=present), the title to set. With O(snippet_id) and O(state=absent),
        the title is ignored.
      - If more than one snippet has the title, the task fails and lists their IDs. Pass one as O(snippet_id).
      - With O(state=present), white space at the beginning or the end is an error, because the snippet would not be found again.
      - The task fails if Bitbucket stores a different O(title) or O(is_private) than requested.
      - The module does not create a snippet if another snippet has a similar title, which Bitbucket might have made from this
        one. Similar titles differ, for example, in case or white space. The task fails and names the ID of that snippet.
      - If the list of snippets might be incomplete, the task fails and writes nothing. In this case, use O(snippet_id).
      - At least one of O(snippet_id) and O(title) is required.
    type: str
  is_private:
    description:
      - Whether only members of the workspace can see the snippet.
      - If not set, a new snippet is private, and the visibility of an existing snippet is unchanged. Ignored with
        O(state=absent).
    type: bool
  files:
    description:
      - Files of the snippet, with their exact contents. To create a snippet, at least one file is required.
      - Existing files that are not in the list are unchanged, unless O(purge=true). O(state=absent) does not use the list.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - Name of the file. Snippets have no directories.
        type: str
        required: true
      content:
        description:
          - Contents as text, stored as UTF-8.
          - A dictionary or a list is stored as JSON, as in M(ansible.builtin.copy). In ansible-core 2.18, a template whose result
            looks like JSON becomes a dictionary or a list. To store the exact bytes of a file, use O(files[].src).
          - One of O(files[].content), O(files[].content_base64) and O(files[].src) is required.
          - Mutually exclusive with O(files[].content_base64) and O(files[].src).
        type: str
      content_base64:
        description:
          - Contents in base64, for binary files.
          - One of O(files[].content), O(files[].content_base64) and O(files[].src) is required.
          - Mutually exclusive with O(files[].content) and O(files[].src).
        type: str
      src:
        description:
          - Path of a file with the contents, on the host that runs the module.
          - One of O(files[].content), O(files[].content_base64) and O(files[].src) is required.
          - Mutually exclusive with O(files[].content) and O(files[].content_base64).
        type: path
  purge:
    description:
      - Whether to delete files of the snippet that are not in O(files).
      - Requires O(files), because a snippet must have at least one file.
    type: bool
    default: false
seealso:
  - module: releng.bitbucket.bitbucket_snippet_info
    description: Read or list snippets.
  - plugin: releng.bitbucket.bitbucket_snippet
    plugin_type: lookup
    description: Read files of a snippet.
  - ref: ansible_collections.releng.bitbucket.docsite.guide_snippets
    description: Use snippets step by step.
"""

EXAMPLES = r"""
- name: Publish release notes
  releng.bitbucket.bitbucket_snippet:
    workspace: acme
    user: "{{ lookup('ansible.builtin.env', 'BITBUCKET_USERNAME') }}"
    api_token: "{{ lookup('ansible.builtin.env', 'BITBUCKET_API_TOKEN') }}"
    title: Release notes of widgets 1.4.2
    files:
      - name: notes.md
        content: |
          # widgets 1.4.2
          Faster, and no more leaks.
      - name: checksums.txt
        src: dist/checksums.txt

# The next tasks take the workspace and the credentials from the environment.
- name: Replace all files of the run book
  releng.bitbucket.bitbucket_snippet:
    title: Run book
    is_private: false
    purge: true
    files:
      - name: start.md
        content: "Call the release engineer.\n"
      - name: logo.png
        content_base64: iVBORw0KGgo=

- name: Delete the release notes of an old version
  releng.bitbucket.bitbucket_snippet:
    title: Release notes of widgets 1.3.0
    state: absent
"""

RETURN = r"""
status:
  description: Result, one of V(created), V(updated), V(unchanged), V(deleted), V(absent). In check mode, the predicted result.
  returned: success
  type: str
  sample: updated
snippet:
  description: Snippet after the task. In check mode, values that only Bitbucket can set are null.
  returned: success, when O(state=present)
  type: dict
  contains:
    id:
      description: ID of the snippet.
      type: str
      sample: kypj
    title:
      description: Title of the snippet.
      type: str
      sample: Release notes of widgets 1.4.2
    is_private:
      description: Whether only members of the workspace can see the snippet.
      type: bool
      sample: true
    url:
      description: URL of the page of the snippet on the website.
      type: str
      sample: https://bitbucket.org/snippets/acme/kypj
    revision:
      description: Newest revision of the contents; null if Bitbucket does not return it.
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
      description: Files of the snippet, sorted by name.
      type: list
      elements: dict
      contains:
        name:
          description: Requested name of the file, or the stored name of a file that the task does not name.
          type: str
          sample: notes.md
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
          sample: https://api.bitbucket.org/2.0/snippets/acme/kypj/367ab19/files/notes.md
        stored_name:
          description: Name under which Bitbucket has stored the file.
          returned: if it differs from the requested name
          type: str
          sample: release_notes.md
elapsed:
  description: Duration of the task in seconds, without the start of the module.
  returned: always
  type: float
  version_added: 1.1.0
  sample: 1.618
msg:
  description: ID and status of the snippet, as a sentence. If the task fails, the reason.
  returned: always
  type: str
  version_added: 1.1.0
  sample: snippet kypj created
requests:
  description: Number of requests to the API, including retries.
  returned: always
  type: int
  sample: 3
"""

import typing as t

from ..module_utils._ansible.module import create_module, run_module
from ..module_utils._http.client import Client
from ..module_utils._http.retries import CLOCK, Clock
from ..module_utils._outcome import Outcome, Progress
from ..module_utils._snippets.api import Snippets
from ..module_utils._snippets.ensure import SnippetTask
from ..module_utils._snippets.request import parse_request

CHECKS: dict[str, t.Any] = {
    "required_one_of": [("snippet_id", "title")],
}


def argument_spec() -> dict[str, t.Any]:
    """Return the options of this module, without those of the connection."""
    return {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "snippet_id": {"type": "str", "aliases": ["id", "encoded_id"]},
        "title": {"type": "str"},
        "is_private": {"type": "bool"},
        "files": {
            "type": "list",
            "elements": "dict",
            "options": {
                "name": {"type": "str", "required": True},
                "content": {"type": "str"},
                "content_base64": {"type": "str"},
                "src": {"type": "path"},
            },
            "mutually_exclusive": [("content", "content_base64", "src")],
            "required_one_of": [("content", "content_base64", "src")],
        },
        "purge": {"type": "bool", "default": False},
    }


def main(clock: Clock = CLOCK) -> None:
    """Run the module."""
    module = create_module(argument_spec(), **CHECKS)
    options = module.params

    def ensure(client: Client, progress: Progress) -> Outcome:
        client.require_credentials()
        task = SnippetTask(Snippets(client), parse_request(options), module.check_mode, progress)
        return task.ensure_present() if options["state"] == "present" else task.ensure_absent(with_diff=bool(module._diff))

    run_module(module, ensure, Progress(), clock=clock)


if __name__ == "__main__":
    main()
