# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declare the options of the lookup bitbucket_snippet, and read files of a snippet for it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: bitbucket_snippet
short_description: Read files of a snippet in a Bitbucket Cloud workspace
version_added: 1.0.0
author:
  - releng.bitbucket contributors (@releng)
description:
  - Returns the contents of files of a snippet as text, base64, or data.
  - Lookups run on the control node and read environment variables there.
  - A variable that contains a lookup runs it each time the variable is used. To read only once, use M(ansible.builtin.set_fact).
  - The contents are never evaluated as a template.
  - Access tokens cannot access snippets. Use an API token or an OAuth consumer with the scope C(read:snippet:bitbucket).
extends_documentation_fragment:
  - releng.bitbucket._connection
  - releng.bitbucket._connection.snippets
  - releng.bitbucket._connection.plugin
  - releng.bitbucket._output
options:
  _terms:
    description:
      - Names of files in the snippet.
    type: list
    elements: str
    required: true
  snippet_id:
    description:
      - ID of the snippet.
      - One of O(snippet_id) and O(title) is required.
      - Mutually exclusive with O(title).
    type: str
    aliases: [id, encoded_id]
    vars:
      - name: bitbucket_snippet_id
  title:
    description:
      - Exact title of the snippet. More than one snippet with the title is an error.
      - One of O(snippet_id) and O(title) is required.
      - Mutually exclusive with O(snippet_id).
    type: str
    vars:
      - name: bitbucket_title
seealso:
  - module: releng.bitbucket.bitbucket_snippet
    description: Create, update or delete a snippet.
  - module: releng.bitbucket.bitbucket_snippet_info
    description: Read or list snippets.
  - ref: ansible_collections.releng.bitbucket.docsite.guide_snippets
    description: Use snippets step by step.
"""

EXAMPLES = r"""
- name: Show a page of the run book
  ansible.builtin.debug:
    msg: "{{ lookup('releng.bitbucket.bitbucket_snippet', 'start.md', workspace='acme', title='Run book') }}"

# Both lookups take the credentials from the environment. The next one takes the workspace from there as well.
- name: Read the settings of a team as data
  ansible.builtin.set_fact:
    settings: "{{ lookup('releng.bitbucket.bitbucket_snippet', 'settings.yml', title='Settings', output='yaml') }}"
"""

RETURN = r"""
_raw:
  description:
    - One item for each term, in the order of the terms, without skipped terms.
    - With O(output=text) and O(output=base64), each item is a string. Otherwise, it is the data of the document.
  type: list
  elements: raw
"""

import typing as t

from ansible.plugins.lookup import LookupBase

from ..module_utils._errors import BadInput
from ..module_utils._http.client import Client
from ..module_utils._http.retries import CLOCK
from ..module_utils._snippets.api import NoSuchSnippet, Snippets
from ..module_utils._snippets.document import Listing, Snippet, SnippetState
from ..module_utils._snippets.find import find_by_title, prove_absent, warn_if_empty
from ..module_utils._snippets.reading import read_file
from ..module_utils._text import quoted
from ..plugin_utils._lookup import Missing, Reader, run_lookup


class LookupModule(LookupBase):
    """Return the contents of files of a snippet; the terms are their names."""

    clock = CLOCK

    def run(self, terms: list[t.Any], variables: t.Mapping[str, t.Any] | None = None, **kwargs: t.Any) -> list[t.Any]:
        """Return the contents, one item for each term."""
        return run_lookup(self, terms, variables, kwargs, make_reader, self.clock)


def make_reader(plugin: LookupBase, client: Client) -> Reader:
    """Return a function that reads one file. Its first call finds the snippet."""
    snippets = Snippets(client)
    snippet_id, title = plugin.get_option("snippet_id"), plugin.get_option("title")
    limit = plugin.get_option("max_size")
    if bool(snippet_id) == bool(title):
        raise BadInput("Set either snippet_id or title")
    found: list[Snippet] = []

    def read(name: str) -> bytes:
        if not found:
            found.append(_get(snippets, snippet_id) if snippet_id else _get_by_title(snippets, title))
        if name not in (found[0].files or {}):
            raise Missing(f"The snippet {quoted(snippet_id or title)} has no file {quoted(name)}")
        return read_file(snippets, found[0], name, limit)

    return read


def _get(snippets: Snippets, snippet_id: str) -> Snippet:
    try:
        return snippets.get(snippet_id)
    except NoSuchSnippet as exc:
        raise _explain_missing(snippet_id, prove_absent(snippets, snippet_id, exc)) from None


def _get_by_title(snippets: Snippets, title: str) -> Snippet:
    found = find_by_title(snippets, title, lambda snippet_id: SnippetState(snippets.get(snippet_id), {}))
    if found.state is None:
        raise _explain_missing(title, found.listing)
    return found.state.snippet


def _explain_missing(which: str, listing: Listing) -> Missing:
    return Missing(". ".join([f"There is no snippet {quoted(which)}", *warn_if_empty(listing)]))
