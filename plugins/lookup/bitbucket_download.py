# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declare the options of the lookup bitbucket_download, and read artifacts for it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: bitbucket_download
short_description: Read the contents of artifacts in the Downloads of a Bitbucket Cloud repository
version_added: 1.0.0
author:
  - The releng.bitbucket contributors (@releng)
description:
  - Returns the contents of artifacts, such as a C(VERSION) file, as text, base64, or data.
  - Lookups run on the control node, and read environment variables there.
  - Each time a variable that holds a lookup is used, the lookup runs again. Use M(ansible.builtin.set_fact) to read once.
  - The contents are never trusted as a template.
extends_documentation_fragment:
  - releng.bitbucket._connection
  - releng.bitbucket._connection.plugin
  - releng.bitbucket._connection.repository
  - releng.bitbucket._connection.plugin_repository
  - releng.bitbucket._output
options:
  _terms:
    description:
      - The names of artifacts.
    type: list
    elements: str
    required: true
seealso:
  - plugin: releng.bitbucket.bitbucket_download
    plugin_type: module
  - plugin: releng.bitbucket.bitbucket_download_fetch
    plugin_type: module
  - plugin: releng.bitbucket.bitbucket_download_verify
    plugin_type: module
"""

EXAMPLES = r"""
- name: Which version is released?
  ansible.builtin.debug:
    msg: "{{ lookup('releng.bitbucket.bitbucket_download', 'VERSION', workspace='acme', repository='widgets') }}"

- name: Read a build's description as data, connection from the environment
  ansible.builtin.set_fact:
    build: "{{ lookup('releng.bitbucket.bitbucket_download', 'build.json', output='json') }}"

- name: Go on where there is none yet
  ansible.builtin.debug:
    msg: "{{ query('releng.bitbucket.bitbucket_download', 'CHANGES.txt', on_missing='skip') | first | default('none') }}"
"""

RETURN = r"""
_raw:
  description:
    - One item a term, in the order asked, without those that are skipped.
    - A string with O(output=text) and O(output=base64), else what the document holds.
  type: list
  elements: raw
"""

import typing as t

from ansible.plugins.lookup import LookupBase

from ..module_utils._downloads.api import Contents, Downloads
from ..module_utils._errors import BitbucketError, NotFound
from ..module_utils._http.client import Client
from ..module_utils._http.retries import CLOCK
from ..module_utils._names import check_name
from ..module_utils._text import quoted
from ..plugin_utils._lookup import Missing, Reader, run_lookup


class LookupModule(LookupBase):
    """Contents of artifacts; terms are names."""

    clock = CLOCK

    def run(self, terms: list[t.Any], variables: t.Mapping[str, t.Any] | None = None, **kwargs: t.Any) -> list[t.Any]:
        """Return the contents, one item for each term."""
        return run_lookup(self, terms, variables, kwargs, reader, self.clock, check_name)


def reader(plugin: LookupBase, client: Client) -> Reader:
    """Return the function that reads one artifact, for the options of the lookup."""
    downloads = Downloads(client, plugin.get_option("repository"))
    limit = plugin.get_option("max_size")

    def read(name: str) -> bytes:
        try:
            return downloads.read(name, lambda contents: _read_known_length(contents, limit))
        except NotFound:
            # Only a listing tells "not there" from "hidden" and from an outage.
            if name in downloads.listing():
                raise
        except _LengthUnknown:
            artifact = downloads.listing().get(name)
            if artifact is not None:
                return downloads.read(name, lambda contents: contents.read_all(limit), size=artifact.size)
        raise Missing(f"{quoted(name)} is not in the Downloads of {downloads.repository}")

    return read


class _LengthUnknown(BitbucketError):
    """Nothing in the response tells whether the contents are whole, so the size must come from the listing."""


def _read_known_length(contents: Contents, limit: int) -> bytes:
    if not contents.has_known_length:
        raise _LengthUnknown(contents.what)
    return contents.read_all(limit)
