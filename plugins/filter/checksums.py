# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Give the digests in the text of a checksum file to playbooks."""

from __future__ import annotations

DOCUMENTATION = r"""
name: checksums
short_description: Parse the text of a checksum file
version_added: 1.1.0
author:
  - The releng.bitbucket contributors (@releng)
description:
  - Returns the digest of each file that a checksum file lists, in the form that the option O(ignore:checksum) of
    M(releng.bitbucket.bitbucket_download_fetch) and of M(ansible.builtin.get_url) has.
  - Reads what C(sha256sum), C(sha512sum), C(sha1sum) and C(md5sum) write, with and without C(--tag), and the forms of BSD and
    OpenSSL. A line without the name of an algorithm belongs to the one whose digests have that length.
  - Comments and lines of any other form are skipped. A C(./) before a name is removed.
  - If a file has digests of several algorithms, the strongest counts. A file with two different digests of one algorithm is left
    out, because neither can be trusted.
positional: _input
options:
  _input:
    description: Text of the checksum file.
    type: str
    required: true
seealso:
  - plugin: releng.bitbucket.bitbucket_download
    plugin_type: lookup
  - plugin: releng.bitbucket.bitbucket_download_fetch
    plugin_type: module
"""

EXAMPLES = r"""
- name: Fetch an artifact whose digest is in a checksum file of the project
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
  description: Algorithm and hex digits, separated by a colon, by name.
  type: dict
  sample:
    widgets-1.4.2.tar.gz: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ..module_utils._files.checksum_lines import parse_checksum_file

_STRONGEST_FIRST = ("sha512", "sha256", "sha1", "md5")


def checksums(text: t.Any) -> dict[str, str]:
    """Return the digests by name, such as ``sha256:…``."""
    if not isinstance(text, str):
        raise AnsibleFilterError(f"releng.bitbucket.checksums needs the text of a checksum file, not {type(text).__name__}")
    found = parse_checksum_file(text)
    if not (found.is_empty or found.has_lines):
        raise AnsibleFilterError("releng.bitbucket.checksums: the text has no line with a digest and a name")
    return {name: _choose(digests) for name, digests in found.digests.items()}


def _choose(digests: t.Mapping[str, str]) -> str:
    return next(f"{algorithm}:{digests[algorithm]}" for algorithm in _STRONGEST_FIRST if algorithm in digests)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters by name."""
        return {"checksums": checksums}
