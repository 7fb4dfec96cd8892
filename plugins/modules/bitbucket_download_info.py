#!/usr/bin/python
# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declare and parse the options of bitbucket_download_info, and run it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bitbucket_download_info
short_description: List the artifacts in the Downloads of a Bitbucket Cloud repository
version_added: 1.0.0
author:
  - releng.bitbucket contributors (@releng)
description:
  - Lists the artifacts in the Downloads section of a repository, newest first. Patterns can limit the list.
  - With O(manifest), returns the digest of each artifact, the artifacts without a line in the manifest, and the lines without an
    artifact. The module does not read the artifacts. To verify them, use M(releng.bitbucket.bitbucket_download_verify).
  - With O(channel), lists the artifacts of the release that the channel names, with their digests.
  - Lists the artifacts of public repositories without credentials.
extends_documentation_fragment:
  - releng.bitbucket._connection
  - releng.bitbucket._connection.repository
  - releng.bitbucket._attributes.info_module
  - releng.bitbucket._attributes.action_group
  - releng.bitbucket._selection
  - releng.bitbucket._selection.newest
  - releng.bitbucket._selection.order
  - releng.bitbucket._signature
options:
  patterns:
    description:
      - Shell patterns for the names of the artifacts to list. A pattern must match the complete name. By default, all artifacts
        are listed.
      - With O(use_regex), regular expressions that match from the beginning of the name, as in M(ansible.builtin.find).
      - The O(manifest), its O(signature), and the name of the manifest with C(.asc) or C(.sig) match only a pattern that is
        exactly their name. With O(use_regex), such a pattern can also escape characters, begin with C(^) and end with C($).
      - With O(manifest), the same applies to channels and their signatures, because a manifest has no lines for them.
      - Mutually exclusive with O(channel).
  excludes:
    description:
      - Patterns of names to exclude. Uses the same syntax as O(patterns).
      - Mutually exclusive with O(channel).
  newest:
    description:
      - Maximum number of matching artifacts to list, newest first in the O(order). With O(group_by), maximum number of releases.
      - The minimum is V(1). By default, all matching artifacts are listed.
      - It does not limit RV(unlisted) and RV(orphaned).
      - Mutually exclusive with O(channel).
  prereleases:
    description:
      - Whether to list pre-releases. See O(order). Ignored with O(channel).
      - With V(false), RV(unlisted) and RV(orphaned) have no pre-releases either.
  group_by:
    description:
      - Regular expression with exactly one group, which the module searches for in names. Artifacts with the same text in the
        group are one release, and the text is its version.
      - Artifacts that the expression does not match belong to no release. With O(newest), they are not listed.
    type: str
    version_added: 1.1.0
  manifest:
    description:
      - Name of an artifact that lists SHA-256 digests in the format of C(sha256sum), for example V(SHA256SUMS).
      - The BSD and OpenSSL formats are supported as well. Lines with SHA-512 digests count as lines, but the digests are not
        returned.
      - If the manifest does not exist, all artifacts are in RV(unlisted). With O(signed_by), a missing manifest is an error.
      - The module needs a complete artifact list. The task fails if the list changes each time the module reads it.
      - Mutually exclusive with O(channel).
    type: str
    version_added: 1.1.0
  channel:
    description:
      - Name of a channel that M(releng.bitbucket.bitbucket_download_channel) has written, for example V(stable). The module lists
        the artifacts that the channel names.
      - A missing channel, and an artifact that is missing or has another size than in the channel, are errors. The module does
        not read the artifacts.
      - With O(signed_by), the channel must be signed. The default of O(signature) is then the name of the channel's artifact,
        such as C(stable.channel.json), with C(.asc) for OpenPGP and with C(.sig) for SSH.
      - Mutually exclusive with O(patterns), O(excludes), O(newest) and O(manifest).
    type: str
    version_added: 1.1.0
  version:
    description:
      - Version that the O(channel) must name. The task fails if the channel names another version.
      - Requires O(channel).
    type: str
    version_added: 1.1.0
seealso:
  - module: releng.bitbucket.bitbucket_download
    description: Publish or delete artifacts.
  - module: releng.bitbucket.bitbucket_download_channel
    description: Name the current release.
  - module: releng.bitbucket.bitbucket_download_fetch
    description: Fetch artifacts as files.
  - module: releng.bitbucket.bitbucket_download_verify
    description: Read artifacts and compare their digests.
  - module: ansible.builtin.uri
    description: Send other requests to the REST API.
  - plugin: releng.bitbucket.bitbucket_download
    plugin_type: lookup
    description: Read the contents of artifacts.
  - ref: ansible_collections.releng.bitbucket.docsite.guide_release
    description: See how artifacts, manifests and channels form a release.
"""

EXAMPLES = r"""
- name: Find the newest build
  releng.bitbucket.bitbucket_download_info:
    workspace: acme
    repository: widgets
    user: "{{ lookup('ansible.builtin.env', 'BITBUCKET_USERNAME') }}"
    api_token: "{{ lookup('ansible.builtin.env', 'BITBUCKET_API_TOKEN') }}"
    patterns: widgets-*.tar.gz
    excludes: "*-rc*"
    newest: 1
  register: builds

# The next tasks take the workspace, the repository and the credentials from the environment.
- name: List releases whose names match a regular expression
  releng.bitbucket.bitbucket_download_info:
    patterns: widgets-\d+\.\d+\.\d+\.tar\.gz$
    use_regex: true

- name: Find the stable release with the highest version
  releng.bitbucket.bitbucket_download_info:
    patterns: widgets-*.tar.gz
    order: version
    prereleases: false
    newest: 1
  register: current

- name: List the artifacts of a release with the digests of its signed manifest
  releng.bitbucket.bitbucket_download_info:
    patterns: widgets-1.4.2*
    manifest: widgets-1.4.2.SHA256SUMS
    signed_by: "{{ lookup('ansible.builtin.file', 'release-key.asc') }}"
  register: release

- name: Find the version that the channel stable names
  releng.bitbucket.bitbucket_download_info:
    channel: stable
  register: stable # the version is stable.channel.version
"""

RETURN = r"""
artifacts:
  description: Matching artifacts, newest first in the O(order).
  returned: success
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
    created_on:
      description: Time of the upload or the last replacement in ISO 8601; null if Bitbucket does not return it.
      type: str
      sample: "2026-11-22T10:15:00.123456+00:00"
    downloads:
      description: Number of downloads that Bitbucket has counted; null if Bitbucket does not return it.
      type: int
      sample: 42
    uploaded_by:
      description: Display name of the uploading user; null if Bitbucket does not return it, as for access tokens.
      type: str
      sample: Release Bot
    url:
      description: API URL of the artifact. It is not signed. If the repository is private, it requires credentials.
      type: str
      sample: https://api.bitbucket.org/2.0/repositories/acme/widgets/downloads/widgets-1.4.2.tar.gz
    version:
      description: Version in the name, or the text that O(group_by) matches. Null if there is none.
      type: str
      version_added: 1.1.0
      sample: 1.4.2
    sha256:
      description:
        - SHA-256 in the manifest or the channel, as hexadecimal digits.
        - Null if the manifest has no line for the artifact or is older than the artifact.
      returned: when O(manifest) or O(channel) is set
      type: str
      version_added: 1.1.0
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    verified_by:
      description:
        - Fingerprint of the key that has signed the manifest or the channel.
        - Null without O(signed_by), and if RV(artifacts[].sha256) is null.
        - The signature verifies the digest. The module does not compare the digest with the contents of the artifact.
      returned: when O(manifest) or O(channel) is set
      type: str
      version_added: 1.1.0
      sample: 0EE5BE979282D80B9F7540F1CCD2ED94D21739E9
unlisted:
  description: Sorted names of matching artifacts without a line, or with conflicting lines, in the manifest.
  returned: success, when O(manifest) is set
  type: list
  version_added: 1.1.0
  elements: str
  sample: [widgets-1.4.3-rc1.tar.gz]
orphaned:
  description: Sorted names of matching lines of the manifest without an artifact.
  returned: success, when O(manifest) is set
  type: list
  version_added: 1.1.0
  elements: str
  sample: [widgets-1.3.0.tar.gz]
channel:
  description: Contents of the channel.
  returned: success, when O(channel) is set
  type: dict
  version_added: 1.1.0
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
      description: Artifacts of the release, sorted by name, with the keys C(name), C(size) in bytes, and C(sha256).
      type: list
      elements: dict
    manifest:
      description: Name of the manifest of the release; null if there is none.
      type: str
      sample: widgets-1.4.2.SHA256SUMS
    commit:
      description: Source of the release; null if it is not known.
      type: str
      sample: 4a2f0c7e6d0d4a0b8c1f7f6f0f3f5a2b9d8c7e6f
signature:
  description: Signature of the manifest or of the channel.
  returned: success, when O(signed_by) is set
  type: dict
  version_added: 1.1.0
  contains:
    name:
      description: Name of the artifact with the signature.
      type: str
      sample: SHA256SUMS.asc
    status:
      description: Result of the verification, always V(verified).
      type: str
      sample: verified
    format:
      description: Format of the signature, V(openpgp) or V(ssh).
      type: str
      sample: openpgp
    fingerprint:
      description: Fingerprint of the primary key that signed. For SSH, it has the form C(SHA256:…).
      type: str
      sample: 0EE5BE979282D80B9F7540F1CCD2ED94D21739E9
    signed_on:
      description: Time of the signature in ISO 8601; null for SSH and if C(sqv) verifies.
      type: str
      sample: "2026-11-22T10:15:00+00:00"
elapsed:
  description: Duration of the task in seconds, without the start of the module.
  returned: always
  type: float
  version_added: 1.1.0
  sample: 1.618
msg:
  description: Number of artifacts, as a sentence. If the task fails, the reason.
  returned: always
  type: str
  version_added: 1.1.0
  sample: 3 artifacts
requests:
  description: Number of requests to the API, including retries.
  returned: always
  type: int
  sample: 1
"""

import typing as t

from ..module_utils._ansible.arguments import (
    order_argument_spec,
    repository_argument_spec,
    selection_argument_spec,
    signed_by_argument_spec,
)
from ..module_utils._ansible.module import Options, create_module, run_module
from ..module_utils._channel.options import RequestedChannel, parse_requested_channel
from ..module_utils._downloads.api import Downloads
from ..module_utils._downloads.artifact import Artifact, newest_first
from ..module_utils._downloads.selection import Selection, parse_selection
from ..module_utils._http.client import Client
from ..module_utils._http.retries import CLOCK, Clock
from ..module_utils._outcome import Outcome, Progress, Result
from ..module_utils._trust.options import parse_trust
from ..module_utils._versions.order import Order

if t.TYPE_CHECKING:
    from ..module_utils._trust.trust import Trust

CHECKS: dict[str, t.Any] = {
    "mutually_exclusive": [("channel", each) for each in ("patterns", "excludes", "newest", "manifest")],
    "required_by": {"version": ["channel"]},
}


def argument_spec() -> dict[str, t.Any]:
    """Return the options of this module, without those of the connection."""
    return {
        **repository_argument_spec(),
        **selection_argument_spec(),
        **order_argument_spec(),
        **signed_by_argument_spec(),
        "newest": {"type": "int"},
        "manifest": {"type": "str"},
        "channel": {"type": "str"},
        "version": {"type": "str"},
    }


def describe(downloads: Downloads, artifact: Artifact, order: Order) -> Result:
    """Return the result for an artifact."""
    return downloads.describe(
        artifact.name,
        artifact.size,
        created_on=artifact.created_on,
        downloads=artifact.downloads,
        uploaded_by=artifact.uploaded_by,
        version=order.tell_version(artifact.name),
    )


def list_artifacts(downloads: Downloads, selection: Selection) -> Outcome:
    """Return the selected artifacts."""
    listed = downloads.list_artifacts()
    found = [describe(downloads, artifact, selection.order) for artifact in selection.choose(listed.artifacts)]
    return Outcome({"artifacts": found}, warnings=listed.warnings)


def list_with_manifest(downloads: Downloads, selection: Selection, manifest: str, trust: Trust | None) -> Outcome:
    """Return the selected artifacts with their digests, the unlisted artifacts and the orphaned lines of the manifest."""
    from ..module_utils._manifest.inventory import take_inventory
    from ..module_utils._manifest.store import ManifestStore

    inventory = take_inventory(downloads, ManifestStore(downloads, manifest, trust))
    chosen = selection.choose(inventory.listed.artifacts)
    order = selection.order
    found = [{**describe(downloads, artifact, order), **inventory.describe_digest(artifact)} for artifact in chosen]
    return Outcome({"artifacts": found, **inventory.describe(selection)}, warnings=inventory.listed.warnings)


def list_release(downloads: Downloads, channel: RequestedChannel, trust: Trust | None, order: Order) -> Outcome:
    """Return the artifacts of the release that a channel names, with its digests."""
    from ..module_utils._channel.read import read_release

    release = read_release(downloads, channel, trust)
    artifacts, digests = order.sort(newest_first(release.artifacts)), release.describe_digests()
    found = [{**describe(downloads, artifact, order), **digests[artifact.name]} for artifact in artifacts]
    return Outcome({"artifacts": found, **release.describe()})


def run(options: Options, client: Client) -> Outcome:
    """Check the options as far as possible without the network, and list the artifacts."""
    selection, channel = parse_selection(options), parse_requested_channel(options)
    trust = parse_trust(options, channel.file if channel else None)
    downloads = Downloads(client, options["repository"])
    if channel:
        return list_release(downloads, channel, trust, selection.order)
    if options["manifest"] is None:
        return list_artifacts(downloads, selection)
    return list_with_manifest(downloads, selection, options["manifest"], trust)


def main(clock: Clock = CLOCK) -> None:
    """Run the module."""
    module = create_module(argument_spec(), **CHECKS)
    run_module(module, lambda client, _progress: run(module.params, client), Progress(), clock=clock)


if __name__ == "__main__":
    main()
