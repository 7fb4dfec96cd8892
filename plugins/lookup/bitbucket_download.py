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
  - releng.bitbucket contributors (@releng)
description:
  - Returns the contents of artifacts, such as a C(VERSION) file, as text, base64, or data.
  - Lookups run on the control node and read environment variables there.
  - A variable that contains a lookup runs it each time the variable is used. To read only once, use M(ansible.builtin.set_fact).
  - The contents are never evaluated as a template.
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
      - Names of artifacts.
    type: list
    elements: str
    required: true
  manifest:
    description:
      - Name of an artifact that lists SHA-256 digests in the format of C(sha256sum), for example V(SHA256SUMS).
      - SHA-512 digests and the BSD and OpenSSL formats are supported as well.
      - The contents of each artifact must have the digest in the manifest, whatever the dates are.
      - A missing manifest, an existing artifact without a line, and a missing or invalid signature are errors, whatever
        O(on_missing) is.
      - The lookup reads the artifact list, the manifest and its signature once for all terms.
    type: str
    version_added: 1.1.0
seealso:
  - module: releng.bitbucket.bitbucket_download
    description: Publish artifacts.
  - module: releng.bitbucket.bitbucket_download_fetch
    description: Fetch artifacts as files.
  - module: releng.bitbucket.bitbucket_download_verify
    description: Verify artifacts without returning their contents.
  - plugin: releng.bitbucket.checksums
    plugin_type: filter
    description: Parse the contents of a checksum file.
  - ref: ansible_collections.releng.bitbucket.docsite.guide_fetch
    description: Fetch artifacts step by step.
"""

EXAMPLES = r"""
- name: Show the released version
  ansible.builtin.debug:
    msg: "{{ lookup('releng.bitbucket.bitbucket_download', 'VERSION', workspace='acme', repository='widgets') }}"

# All lookups take the credentials from the environment. The next ones take the workspace and the repository from there as well.
- name: Read the description of a build as data
  ansible.builtin.set_fact:
    build: "{{ lookup('releng.bitbucket.bitbucket_download', 'build.json', output='json') }}"

- name: Use a default if the artifact does not exist
  ansible.builtin.debug:
    msg: "{{ query('releng.bitbucket.bitbucket_download', 'CHANGES.txt', on_missing='skip') | first | default('none') }}"

- name: Read the description of a build, and verify it with a signed manifest
  ansible.builtin.set_fact:
    build: >-
      {{ lookup('releng.bitbucket.bitbucket_download', 'build.json', output='json', manifest='widgets-1.4.2.SHA256SUMS',
                signed_by=[lookup('ansible.builtin.file', 'release-key.asc')]) }}
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
    """Return the contents of artifacts; the terms are their names."""

    clock = CLOCK

    def run(self, terms: list[t.Any], variables: t.Mapping[str, t.Any] | None = None, **kwargs: t.Any) -> list[t.Any]:
        """Return the contents, one item for each term."""
        return run_lookup(self, terms, variables, kwargs, reader, self.clock, check_name)


def reader(plugin: LookupBase, client: Client) -> Reader:
    """Return the function that reads one artifact with the options of the lookup."""
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
            # Only a listing distinguishes a missing artifact from a hidden one and from an outage.
            if name in downloads.listing():
                raise
        except _LengthUnknown:
            artifact = downloads.listing().get(name)
            if artifact is not None:
                return downloads.read(name, lambda contents: contents.read_all(limit), size=artifact.size)
        return None

    return find


class _LengthUnknown(BitbucketError):
    """The response does not say how long the contents are, so the size must come from the listing."""


def _read_known_length(contents: Contents, limit: int) -> bytes:
    if not contents.has_known_length:
        raise _LengthUnknown(contents.what)
    return contents.read_all(limit)
