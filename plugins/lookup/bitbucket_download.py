# Copyright: (c) releng.bitbucket contributors
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
  - releng.bitbucket._signature
options:
  _terms:
    description:
      - The names of artifacts.
    type: list
    elements: str
    required: true
  manifest:
    description:
      - Name of an artifact that lists SHA-256 digests in the format of C(sha256sum), for example V(SHA256SUMS).
      - SHA-512 digests and the forms of BSD and OpenSSL are read, too.
      - The contents of each artifact must have the digest in it, whatever the dates are.
      - A missing manifest, an existing artifact without a line, and a missing or bad signature are errors, whatever O(on_missing)
        is.
      - The lookup reads the list of artifacts, the manifest and its signature once for all terms.
    type: str
    version_added: 1.1.0
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

- name: Read the description of a build, whose manifest was signed by the release key
  ansible.builtin.set_fact:
    build: >-
      {{ lookup('releng.bitbucket.bitbucket_download', 'build.json', output='json', manifest='widgets-1.4.2.SHA256SUMS',
                signed_by=[lookup('ansible.builtin.file', 'release-key.asc')]) }}
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
from ..module_utils._manifest.contents import VerifiedContents
from ..module_utils._manifest.store import ManifestStore
from ..module_utils._names import check_name
from ..module_utils._text import quoted
from ..module_utils._trust.options import parse_trust
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
    limit, manifest = plugin.get_option("max_size"), plugin.get_option("manifest")
    keys = {"signed_by": plugin.get_option("signed_by"), "signature": plugin.get_option("signature")}
    trust = parse_trust({"manifest": manifest, **keys})
    find = _create_finder(downloads, limit)
    if manifest is not None:
        find = VerifiedContents(downloads, ManifestStore(downloads, manifest, trust), limit).read

    def read(name: str) -> bytes:
        contents = find(name)
        if contents is None:
            raise Missing(f"{quoted(name)} is not in the Downloads of {downloads.repository}")
        return contents

    return read


def _create_finder(downloads: Downloads, limit: int) -> t.Callable[[str], bytes | None]:
    """Return the function that reads an artifact without a manifest, and returns None if it does not exist."""

    def find(name: str) -> bytes | None:
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
        return None

    return find


class _LengthUnknown(BitbucketError):
    """Nothing in the response tells whether the contents are whole, so the size must come from the listing."""


def _read_known_length(contents: Contents, limit: int) -> bytes:
    if not contents.has_known_length:
        raise _LengthUnknown(contents.what)
    return contents.read_all(limit)
