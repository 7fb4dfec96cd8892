# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse the text of a checksum file into digests for playbooks."""

from __future__ import annotations

DOCUMENTATION = r"""
name: checksums
short_description: Parse the text of a checksum file
version_added: 1.1.0
author:
  - releng.bitbucket contributors (@releng)
description:
  - Returns the digest of each file in a checksum file. The digests have the form of the option O(ignore:checksum) of
    M(releng.bitbucket.bitbucket_download_fetch) and M(ansible.builtin.get_url).
  - Supports the formats of C(sha256sum), C(sha512sum), C(sha1sum) and C(md5sum), with and without C(--tag), and the BSD and
    OpenSSL formats. If a line does not name its algorithm, the length of the digest decides.
  - Ignores comments and lines in any other format. Removes C(./) from the beginning of a name.
  - If a file has digests of several algorithms, the filter returns the strongest one. It omits a file with two different digests
    of one algorithm, because neither can be trusted.
positional: _input
options:
  _input:
    description: Text of the checksum file.
    type: str
    required: true
seealso:
  - plugin: releng.bitbucket.bitbucket_download
    plugin_type: lookup
    description: Read a checksum file from Downloads.
  - module: releng.bitbucket.bitbucket_download_fetch
    description: Fetch artifacts, and verify them with a digest or a manifest.
  - ref: ansible_collections.releng.bitbucket.docsite.guide_verify
    description: Use manifests, and verify published releases.
"""

EXAMPLES = r"""
- name: Fetch an artifact, and verify it with a checksum file of the project
  releng.bitbucket.bitbucket_download_fetch:
    name: widgets-1.4.2.tar.gz
    dest: "{{ fetch_directory }}/"
    checksum: "{{ (lookup('ansible.builtin.file', 'checksums.txt') | releng.bitbucket.checksums)['widgets-1.4.2.tar.gz'] }}"

- name: Show all digests in a manifest
  ansible.builtin.debug:
    msg: "{{ lookup('releng.bitbucket.bitbucket_download', 'SHA256SUMS') | releng.bitbucket.checksums }}"
"""

RETURN = r"""
_value:
  description: Digest of each file, as the algorithm, a colon and hexadecimal digits. The keys are the names of the files.
  type: dict
  sample:
    widgets-1.4.2.tar.gz: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ..module_utils._files.checksum_lines import parse_checksum_file

_STRONGEST_FIRST = ("sha512", "sha256", "sha1", "md5")


def checksums(text: t.Any) -> dict[str, str]:
    """Return the digest of each file by name, such as ``sha256:…``."""
    if not isinstance(text, str):
        raise AnsibleFilterError(f"releng.bitbucket.checksums needs the text of a checksum file, not {type(text).__name__}")
    found = parse_checksum_file(text)
    if not (found.is_empty or found.has_lines):
        raise AnsibleFilterError("releng.bitbucket.checksums: the text has no line with a digest and a name")
    return {name: _choose(digests) for name, digests in found.digests.items()}


def _choose(digests: t.Mapping[str, str]) -> str:
    return next(f"{algorithm}:{digests[algorithm]}" for algorithm in _STRONGEST_FIRST if algorithm in digests)


class FilterModule:
    """Offer the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        return {"checksums": checksums}
