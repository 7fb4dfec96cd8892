#!/usr/bin/python
# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declare and parse the options of bitbucket_download_channel, and run it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bitbucket_download_channel
short_description: Name the current release in the Downloads of a Bitbucket Cloud repository
version_added: 1.1.0
author:
  - releng.bitbucket contributors (@releng)
description:
  - Creates, moves or deletes a channel. A channel such as V(stable) names the current release of a repository and its artifacts.
  - A channel is a small artifact with the name of the channel and C(.channel.json). It is a JSON object with the keys C(channel),
    C(version), C(previous), C(artifacts), C(manifest) and C(commit). C(artifacts) lists the name, the size in bytes and the
    SHA-256 of each artifact.
  - Before the module writes the channel, it checks that all artifacts of the release exist with these sizes and digests. If the
    task is interrupted, the channel names either the old release or the new one.
  - After an upload, the module reads the channel and the artifact list again. If another publisher has moved the channel at the
    same time, the task fails and names the version of the other publisher.
  - To move a channel back, run the task with the old version and its artifacts.
  - M(releng.bitbucket.bitbucket_download_fetch) and M(releng.bitbucket.bitbucket_download_info) read channels.
    M(releng.bitbucket.bitbucket_download_prune) keeps the artifacts that channels name.
extends_documentation_fragment:
  - releng.bitbucket._connection
  - releng.bitbucket._connection.repository
  - releng.bitbucket._attributes
  - releng.bitbucket._attributes.action_group
  - releng.bitbucket._selection
  - releng.bitbucket._parallel
  - releng.bitbucket._parallel.progress
  - releng.bitbucket._signature
  - releng.bitbucket._signature.signing
options:
  name:
    description:
      - Name of the channel, for example V(stable). It starts with a letter or a digit, and can have letters, digits, C(.), C(_)
        and C(-).
    type: str
    required: true
  state:
    description:
      - Whether the channel should exist.
      - V(absent) deletes the channel and its signatures. It does not delete the artifacts of the release.
      - If the artifact with the name of the channel is not a channel, the task fails and changes nothing.
    type: str
    choices: [present, absent]
    default: present
  version:
    description:
      - Version of the release. It starts with a letter or a digit, and can have letters, digits, C(.), C(_), C(+), C(~) and C(-).
        So it can be the name of a directory.
      - Quote the version, because YAML reads an unquoted C(1.10) as the number C(1.1). Such a number is an error.
      - With O(state=absent), the task fails if the channel names another version.
      - Required when O(state=present).
    type: str
  artifacts:
    description:
      - Artifacts of the release, as a list of names or as returned by M(releng.bitbucket.bitbucket_download).
      - A returned artifact must have the returned size and SHA-256. In check mode, an artifact that would be created or replaced
        counts as existing.
      - If an artifact has no trusted line in the O(manifest), the module reads its contents on each run to compute the digest.
      - One of O(artifacts) and O(patterns) is required when O(state=present). Neither is allowed with O(state=absent).
      - Mutually exclusive with O(patterns) and O(excludes).
    type: list
    elements: raw
  patterns:
    description:
      - Shell patterns for the names of the artifacts of the release. A pattern must match the complete name. No match is an
        error.
      - With O(use_regex), regular expressions that match from the beginning of the name, as in M(ansible.builtin.find).
      - The patterns never match channels and their signatures. They match the O(manifest) and its signatures, with C(.asc) or
        C(.sig) after its name, only if a pattern is exactly the name.
      - One of O(artifacts) and O(patterns) is required when O(state=present). Neither is allowed with O(state=absent).
      - Mutually exclusive with O(artifacts).
  excludes:
    description:
      - Patterns of names to exclude. Uses the same syntax as O(patterns).
      - Mutually exclusive with O(artifacts).
  manifest:
    description:
      - Name of the artifact that lists the SHA-256 digests of the release, for example V(widgets-1.4.2.SHA256SUMS). The channel
        names it.
      - The manifest must exist. Its digests are used if it is not older than the artifacts.
      - With O(signing_key) or O(signed_by), the manifest must have a valid signature by one of the keys. The signature is the
        artifact with the name of the manifest and C(.asc) or C(.sig). As an exception, an unsigned manifest is accepted if
        O(artifacts) has all digests. The module does not use such a manifest, and reads the artifacts instead.
      - Not allowed with O(state=absent).
    type: str
  commit:
    description:
      - Source of the release, for example the hash of a commit. The module records it when it writes the channel.
      - A different commit alone does not change the channel.
      - The commit is one line of at most 255 characters.
      - If not set, the environment variable E(BITBUCKET_COMMIT) is used, which Bitbucket Pipelines sets.
    type: str
  parallel:
    description:
      - Maximum number of artifacts to read at the same time, from 1 to 16.
  signed_by:
    description:
      - Public keys, one of which must have signed the channel. Nothing in the channel is used before its signature is verified.
      - Each item is an armored OpenPGP public key, an SSH public key, a line of an SSH allowed signers file, or the path of a key
        file.
      - The key file is on the host that runs the module. It can be armored, a binary keyring, a keybox, or text with SSH keys.
      - All items must have one format, OpenPGP or SSH. An empty list and V(null) are errors.
      - Without O(signing_key), the task verifies the channel, and fails if it would change it.
  signature:
    description:
      - Name of the artifact with the detached signature of the channel.
      - The default is the name of the artifact of the channel with C(.asc) for OpenPGP and with C(.sig) for SSH. Keep the
        default, because M(releng.bitbucket.bitbucket_download_prune) can delete a signature with another name.
      - Requires O(signed_by) or O(signing_key).
  signing_key:
    description:
      - Private key that signs the channel each time the module writes it. One request uploads the channel and its signature.
      - With O(signature_format=openpgp), the fingerprint or the long key ID of a key in O(gnupg_home). With
        O(signature_format=ssh), the path of a private key, or of a public key whose private key is in the SSH agent.
      - An existing channel must have a valid signature by a key of O(signed_by). If O(signed_by) is not set, the signature must
        be by this key. Otherwise, the task fails before it sends anything.
      - To start with a new key, delete the channel with O(state=absent), without O(signing_key) and O(signed_by).
      - The module changes a channel that has a signature only with this option.
      - If nothing changes, the module signs nothing and verifies the existing signature.
seealso:
  - module: releng.bitbucket.bitbucket_download
    description: Publish the artifacts of a release.
  - module: releng.bitbucket.bitbucket_download_fetch
    description: Fetch the release that a channel names.
  - module: releng.bitbucket.bitbucket_download_info
    description: List the release that a channel names.
  - module: releng.bitbucket.bitbucket_download_prune
    description: Delete old releases that no channel names.
  - ref: ansible_collections.releng.bitbucket.docsite.guide_roles
    description: >-
      Publish and deploy the release of a channel, with P(releng.bitbucket.publish_artifacts#role) and
      P(releng.bitbucket.deploy_artifacts#role).
  - ref: ansible_collections.releng.bitbucket.docsite.guide_channels
    description: Use channels step by step.
"""

EXAMPLES = r"""
- name: Publish a release
  releng.bitbucket.bitbucket_download:
    workspace: acme
    repository: widgets
    user: "{{ lookup('ansible.builtin.env', 'BITBUCKET_USERNAME') }}"
    api_token: "{{ lookup('ansible.builtin.env', 'BITBUCKET_API_TOKEN') }}"
    src: dist/widgets-1.4.2*
    manifest: widgets-1.4.2.SHA256SUMS
  register: published

- name: Move the channel stable to the release
  releng.bitbucket.bitbucket_download_channel:
    workspace: acme
    repository: widgets
    user: "{{ lookup('ansible.builtin.env', 'BITBUCKET_USERNAME') }}"
    api_token: "{{ lookup('ansible.builtin.env', 'BITBUCKET_API_TOKEN') }}"
    name: stable
    version: "1.4.2"
    artifacts: "{{ published.artifacts }}"
    manifest: widgets-1.4.2.SHA256SUMS

# The next tasks take the workspace, the repository and the credentials from the environment.
- name: Move a channel to the artifacts that match a pattern
  releng.bitbucket.bitbucket_download_channel:
    name: beta
    version: "1.4.2"
    patterns: widgets-1.4.2*
    manifest: widgets-1.4.2.SHA256SUMS

- name: Move a channel and sign it with an SSH key
  releng.bitbucket.bitbucket_download_channel:
    name: signed
    version: "2.0.0"
    patterns: gadgets-2.0.0*
    signing_key: release-key
    signature_format: ssh

- name: Delete a channel, but not the artifacts of its release
  releng.bitbucket.bitbucket_download_channel:
    name: beta
    state: absent
"""

RETURN = r"""
status:
  description:
    - Result, one of V(created), V(moved), V(unchanged), V(deleted), V(absent). In check mode, the predicted result.
    - The result is also V(moved) if only the artifacts or the manifest of the version change.
  returned: success
  type: str
  sample: moved
previous:
  description:
    - Version that the channel named before the current one. It is unchanged if only the artifacts of the version change.
    - For a deleted channel, the version that it named. Null if there is none.
  returned: success
  type: str
  sample: 1.4.1
channel:
  description: Contents of the channel after the task; null if the channel does not exist.
  returned: success
  type: dict
  contains:
    channel:
      description: Name of the channel.
      type: str
      sample: stable
    version:
      description: Version of the release.
      type: str
      sample: 1.4.2
    previous:
      description: Version before this one; null if there is none.
      type: str
      sample: 1.4.1
    artifacts:
      description: Artifacts of the release, sorted by name.
      type: list
      elements: dict
      contains:
        name:
          description: Name of the artifact.
          type: str
          sample: widgets-1.4.2.tar.gz
        size:
          description: Size in bytes.
          type: int
          sample: 1048576
        sha256:
          description:
            - SHA-256 of the contents, as hexadecimal digits.
            - In check mode, null for an artifact that would be copied without a manifest, because its digest is not known.
          type: str
          sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    manifest:
      description: Name of the manifest of the release; null if there is none.
      type: str
      sample: widgets-1.4.2.SHA256SUMS
    commit:
      description: Source of the release; null if it is not known.
      type: str
      sample: 4a2f0c7e6d0d4a0b8c1f7f6f0f3f5a2b9d8c7e6f
signature:
  description: Signature of the channel.
  returned: success, when O(signing_key) or O(signed_by) is set
  type: dict
  contains:
    name:
      description: Name of the artifact with the signature.
      type: str
      sample: stable.channel.json.asc
    status:
      description: Result, one of V(created), V(replaced), V(unchanged), V(deleted), V(absent).
      type: str
      sample: replaced
    format:
      description: Format of the signature, V(openpgp) or V(ssh).
      type: str
      sample: openpgp
    fingerprint:
      description:
        - Fingerprint of the primary key that signed. For SSH, it has the form C(SHA256:…).
        - Null if there is no signature.
      type: str
      sample: 0EE5BE979282D80B9F7540F1CCD2ED94D21739E9
    signed_on:
      description:
        - Time of the signature in ISO 8601.
        - Null for SSH, if C(sqv) verifies, and for a new signature in check mode.
      type: str
      sample: "2026-11-22T10:15:00+00:00"
bytes_sent:
  description: Size in bytes of all uploaded contents, including retries.
  returned: always
  type: int
  sample: 412
elapsed:
  description: Duration of the task in seconds, without the start of the module.
  returned: always
  type: float
  sample: 1.618
msg:
  description: Result for the channel, as a sentence. If the task fails, the reason.
  returned: always
  type: str
  sample: channel moved to 1.4.2
requests:
  description:
    - Number of requests to the API, including retries.
    - Requests to the storage host and to the token endpoint are not counted.
  returned: always
  type: int
  sample: 5
"""

import typing as t

from ..module_utils._ansible.arguments import (
    commit_argument_spec,
    parallel_argument_spec,
    repository_argument_spec,
    selection_argument_spec,
    signing_argument_spec,
)
from ..module_utils._ansible.module import Options, create_module, run_module
from ..module_utils._channel.document import check_channel, check_version
from ..module_utils._channel.move import ChannelMover, ChannelOptions
from ..module_utils._channel.options import RequestedChannel
from ..module_utils._channel.remove import ChannelRemover
from ..module_utils._channel.request import parse_release
from ..module_utils._downloads.api import Downloads
from ..module_utils._errors import BadInput
from ..module_utils._http.client import Client
from ..module_utils._http.retries import CLOCK, Clock
from ..module_utils._outcome import Outcome, Progress
from ..module_utils._parallel import check_parallel
from ..module_utils._trust.options import parse_trust

CHECKS: dict[str, t.Any] = {
    "mutually_exclusive": [("artifacts", "patterns"), ("artifacts", "excludes")],
    "required_if": [("state", "present", ["version"]), ("state", "present", ["artifacts", "patterns"], True)],
}


def argument_spec() -> dict[str, t.Any]:
    """Return the options of this module, without those of the connection."""
    return {
        **repository_argument_spec(),
        **selection_argument_spec(),
        **parallel_argument_spec(),
        **signing_argument_spec(),
        **commit_argument_spec(),
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "version": {"type": "str"},
        "artifacts": {"type": "list", "elements": "raw"},
        "manifest": {"type": "str"},
    }


def parse_options(options: Options, check_mode: bool) -> ChannelOptions:
    """Return the options of the task, checked as far as possible without the network."""
    name = check_channel(options["name"], "name")
    parallel = check_parallel(options["parallel"])
    return ChannelOptions(name, parse_trust(options, RequestedChannel(name).file), parallel, check_mode)


def move(options: Options, parsed: ChannelOptions, downloads: Downloads, progress: Progress) -> Outcome:
    """Ensure that the channel names the release."""
    return ChannelMover(downloads, parse_release(options), parsed, progress).run()


def delete(options: Options, parsed: ChannelOptions, downloads: Downloads, progress: Progress) -> Outcome:
    """Ensure that the channel does not exist."""
    for option in ("artifacts", "patterns", "manifest"):
        if options[option] is not None:
            raise BadInput(f"{option} needs state=present: state=absent deletes the channel, whatever release it names")
    version = check_version(options["version"]) if options["version"] is not None else None
    return ChannelRemover(downloads, parsed, version, progress).run()


def main(clock: Clock = CLOCK) -> None:
    """Run the module."""
    module = create_module(argument_spec(), **CHECKS)
    options = module.params

    def ensure(client: Client, progress: Progress) -> Outcome:
        client.require_credentials()
        parsed = parse_options(options, module.check_mode)
        downloads = Downloads(client, options["repository"])
        change = move if options["state"] == "present" else delete
        return change(options, parsed, downloads, progress)

    run_module(module, ensure, Progress(bytes_sent=0), options["parallel"], clock=clock)


if __name__ == "__main__":
    main()
