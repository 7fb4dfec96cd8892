#!/usr/bin/python
# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Document bitbucket_snippet, and read its options."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bitbucket_snippet
short_description: Create, update or delete a snippet in a Bitbucket Cloud workspace
version_added: 1.0.0
author:
  - The releng.bitbucket contributors (@releng)
description:
  - Makes a snippet present with exact contents of text and binary files, or absent.
  - Compares before it writes, and sends only what differs, in one request. A second run sends nothing.
  - An update is compare-and-swap on the revision that was read. Where somebody else has changed the snippet meanwhile, it is read
    and decided again, three times at most.
  - After each write the module reads the snippet again. The task fails if the snippet is not as requested, contents included.
  - If the response to the creation of a snippet was lost, the module looks for the snippet in the list before it sends the
    request again. Bitbucket might list the snippet too late for that. Then two snippets exist, and the task fails and names both.
  - The module cannot lock a title. If several hosts or jobs create a snippet with the same title at the same time, several
    snippets result. Use C(run_once) for a play with several hosts.
  - Title and visibility are not versioned by the service, so the comparison of revisions does not protect them.
  - Snippets can be reached with an API token or an OAuth consumer, not with access tokens. To create and update needs the scopes
    C(read:snippet:bitbucket) and C(write:snippet:bitbucket), to delete needs C(delete:snippet:bitbucket).
extends_documentation_fragment:
  - releng.bitbucket._connection
  - releng.bitbucket._attributes
  - releng.bitbucket._attributes.action_group
options:
  state:
    description:
      - Whether the snippet shall be there.
    type: str
    choices: [present, absent]
    default: present
  snippet_id:
    description:
      - Which snippet. With O(state=present) it must be there.
      - Without it, O(title) finds the snippet, and more than one of that title is an error. One of both is needed.
    type: str
    aliases: [id, encoded_id]
  title:
    description:
      - The title. With O(snippet_id) it is the title that the snippet shall have.
      - White space at its ends is refused where the snippet shall be present, because without it the snippet would not be found.
      - The task fails if Bitbucket stores another O(title) or O(is_private) than requested.
      - The task creates no snippet if another one has a title that Bitbucket might have made of this one, for example with
        another case or white space. It fails and names the ID of that snippet.
      - The task writes nothing if the list of snippets might be incomplete. Use O(snippet_id) in this case.
    type: str
  is_private:
    description:
      - Whether only members of the workspace see the snippet. A new one is private, otherwise it is left as it is when not set.
    type: bool
  files:
    description:
      - The files that shall be in the snippet, with exactly these contents. Needed to create a snippet.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The name of the file. Snippets have no folders.
        type: str
        required: true
      content:
        description:
          - The contents as text, stored as UTF-8. Exactly one of this and the two others is needed.
          - A dictionary or a list is stored as JSON, as with M(ansible.builtin.copy). In ansible-core 2.18 a template whose text
            looks like JSON is a dictionary or a list. Use O(files[].src) to store the exact bytes of a file.
        type: str
      content_base64:
        description:
          - The contents in base64, for binary files.
        type: str
      src:
        description:
          - The path of a file with the contents, on the host that runs the module.
        type: path
  purge:
    description:
      - Whether to remove files that are not in O(files). A snippet never loses its last file, so this needs O(files).
    type: bool
    default: false
seealso:
  - module: releng.bitbucket.bitbucket_snippet_info
"""

EXAMPLES = r"""
- name: Publish release notes
  releng.bitbucket.bitbucket_snippet:
    workspace: acme
    user: "{{ lookup('env', 'BITBUCKET_USERNAME') }}"
    api_token: "{{ lookup('env', 'BITBUCKET_API_TOKEN') }}"
    title: Release notes of widgets 1.4.2
    files:
      - name: notes.md
        content: |
          # widgets 1.4.2
          Faster, and no more leaks.
      - name: checksums.txt
        src: dist/checksums.txt

- name: Let the run book be just these two files, connection from the environment
  releng.bitbucket.bitbucket_snippet:
    title: Run book
    is_private: false
    purge: true
    files:
      - name: start.md
        content: "Call the release engineer.\n"
      - name: logo.png
        content_base64: iVBORw0KGgo=

- name: Withdraw the notes
  releng.bitbucket.bitbucket_snippet:
    title: Release notes of widgets 1.3.0
    state: absent
"""

RETURN = r"""
status:
  description: What was done, one of V(created), V(updated), V(unchanged), V(deleted), V(absent).
  returned: success
  type: str
  sample: updated
snippet:
  description: The snippet after the task. In check mode what only the service can tell is null.
  returned: success, with O(state=present)
  type: dict
  contains:
    id:
      description: Its id.
      type: str
      sample: kypj
    title:
      description: Its title.
      type: str
      sample: Release notes of widgets 1.4.2
    is_private:
      description: Whether only members of the workspace see it.
      type: bool
      sample: true
    url:
      description: Its page on the web.
      type: str
      sample: https://bitbucket.org/snippets/acme/kypj
    revision:
      description: The newest revision of its contents; null where the service's answer does not tell it.
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
      type: list
      elements: dict
      contains:
        name:
          description: The name of the file.
          type: str
          sample: notes.md
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
          sample: https://api.bitbucket.org/2.0/snippets/acme/kypj/367ab19/files/notes.md
        stored_name:
          description: The name under which the service has stored it.
          returned: when it differs from the name that was asked for
          type: str
          sample: release_notes.md
elapsed:
  description: Duration of the task in seconds, without the start of the module.
  returned: always
  type: float
  sample: 1.618
msg:
  description: ID and status of the snippet, as a sentence. If the task fails, the reason.
  returned: always
  type: str
  sample: snippet kypj created
requests:
  description: How many requests went to the API, repeats included.
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


def argument_spec() -> dict[str, t.Any]:
    """Return the options of this module without those of the connection."""
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
    module = create_module(argument_spec(), required_one_of=[("snippet_id", "title")])
    options = module.params

    def ensure(client: Client, progress: Progress) -> Outcome:
        client.require_credentials()
        task = SnippetTask(Snippets(client), parse_request(options), module.check_mode, progress)
        return task.ensure_present() if options["state"] == "present" else task.ensure_absent(with_diff=bool(module._diff))

    run_module(module, ensure, Progress(), clock=clock)


if __name__ == "__main__":
    main()
