#!/usr/bin/python
# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declare and parse the options of bitbucket_download_prune, and run it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bitbucket_download_prune
short_description: Delete old release artifacts from the Downloads of a Bitbucket Cloud repository
version_added: 1.0.0
author:
  - releng.bitbucket contributors (@releng)
description:
  - Keeps the newest releases in the Downloads section of a repository, by number, age or size, and deletes the other matching
    artifacts.
  - If more than one of O(keep), O(older_than) and O(keep_size) is set, an artifact is deleted only if all of them allow it.
  - An artifact with an unknown age is kept. With O(order=version), its age matters only for O(older_than).
  - Check mode lists exactly the artifacts that would be deleted.
extends_documentation_fragment:
  - releng.bitbucket._connection
  - releng.bitbucket._connection.repository
  - releng.bitbucket._attributes
  - releng.bitbucket._attributes.action_group
  - releng.bitbucket._selection
  - releng.bitbucket._selection.order
  - releng.bitbucket._parallel
  - releng.bitbucket._signature
  - releng.bitbucket._signature.signing
options:
  patterns:
    description:
      - Shell patterns for the names of the artifacts that can be deleted. A pattern must match the complete name. Other artifacts
        are ignored.
      - With O(use_regex), regular expressions that match from the beginning of the name, as in M(ansible.builtin.find).
    required: true
  keep:
    description:
      - Number of artifacts to keep, newest first in the O(order). With O(group_by), number of releases. The minimum is V(0).
      - At least one of O(keep), O(older_than) and O(keep_size) is required.
    type: int
  keep_size:
    description:
      - Maximum total size of the kept releases, in bytes. The units V(k), V(M), V(G) and V(T) are powers of 1024, for example
        V(20G).
      - The sizes of releases are added, newest first in the O(order). The first release that exceeds the maximum and all older
        releases are deleted. The newest release is always kept.
      - At least one of O(keep), O(older_than) and O(keep_size) is required.
    type: str
    version_added: 1.1.0
  prereleases:
    description:
      - Whether the rules apply to pre-releases. With V(false), pre-releases are kept and do not count for O(keep) and
        O(keep_size). See O(order).
  older_than:
    description:
      - Minimum age of deleted artifacts, as a number and a unit, for example V(30d). The units are V(s), V(m), V(h), V(d) and
        V(w).
      - The clock of Bitbucket decides the age.
      - At least one of O(keep), O(older_than) and O(keep_size) is required.
    type: str
  group_by:
    description:
      - Regular expression with exactly one group, which the module searches for in names. Artifacts with the same text in the
        group are one release, and the text is its version.
      - A release is as old as its newest artifact. The module keeps or deletes all of its artifacts together.
      - Artifacts that the expression does not match are kept.
    type: str
  protect:
    description:
      - Artifacts whose releases are never deleted, whatever their dates and versions. They count first for O(keep) and
        O(keep_size).
      - Each item is a name, or an artifact as returned by M(releng.bitbucket.bitbucket_download). In check mode, an artifact that
        would be created or replaced counts as existing.
      - If Bitbucket has stored an artifact under another name, for example with C(_) for a space, the module protects that name.
      - A name that is not in the listing is ignored. A returned artifact must be in the listing, except in check mode. Otherwise,
        the task fails and deletes nothing.
      - Results mask an artifact name that contains a secret. The module recognizes such a name only if both tasks have the same
        secrets.
    type: list
    elements: raw
    version_added: 1.1.0
  protect_channels:
    description:
      - Shell patterns for the names of channels whose releases are never deleted. By default, all channels are protected. An
        empty list protects none.
      - The artifacts and the manifest that a channel names are kept. With O(group_by), the other artifacts of their releases are
        kept as well. O(keep), O(keep_size) and O(older_than) select releases as if no channel existed.
      - If one of these channels cannot be read, the task fails and deletes nothing. Signatures of channels are not verified.
      - Channels and their signatures, whose names end with C(.channel.json), C(.channel.json.asc) or C(.channel.json.sig), are
        never deleted.
      - A channel that is moved back while the task runs can name artifacts that the task deletes. Bitbucket cannot prevent this.
        Do not prune while you move a channel back.
    type: list
    elements: str
    default: ["*"]
    version_added: 1.1.0
  max_deletions:
    description:
      - Maximum number of artifacts to delete. If more would be deleted, the task fails and deletes nothing. By default, there is
        no maximum.
    type: int
  manifest:
    description:
      - Name of an artifact that lists SHA-256 digests in the format of C(sha256sum), for example V(SHA256SUMS). The module
        removes the lines of deleted artifacts from it.
      - The BSD and OpenSSL formats can be read as well. A manifest with SHA-512 digests is an error, because an update would lose
        them.
      - The manifest and its signatures, with C(.asc) or C(.sig) after its name, are never deleted by the rules.
      - The name can have letters, digits, C(.), C(_) and C(-), which Bitbucket does not change.
    type: str
  parallel:
    description:
      - Maximum number of deletions at the same time, from 1 to 16.
seealso:
  - module: releng.bitbucket.bitbucket_download
    description: Publish artifacts, or delete them by name.
  - module: releng.bitbucket.bitbucket_download_channel
    description: Name the current release, whose artifacts are never deleted.
  - module: releng.bitbucket.bitbucket_download_info
    description: List artifacts.
  - module: ansible.builtin.find
    description: Uses the same syntax of patterns.
  - ref: ansible_collections.releng.bitbucket.docsite.guide_roles
    description: Publish a release and delete old ones, with P(releng.bitbucket.publish_artifacts#role).
  - ref: ansible_collections.releng.bitbucket.docsite.guide_retain
    description: Choose the rules of retention.
"""

EXAMPLES = r"""
- name: Delete releases older than 30 days, except the five newest
  releng.bitbucket.bitbucket_download_prune:
    workspace: acme
    repository: widgets
    user: "{{ lookup('ansible.builtin.env', 'BITBUCKET_USERNAME') }}"
    api_token: "{{ lookup('ansible.builtin.env', 'BITBUCKET_API_TOKEN') }}"
    patterns: widgets-*
    group_by: ^widgets-(\d+\.\d+\.\d+)
    keep: 5
    older_than: 30d
    max_deletions: 20
    manifest: SHA256SUMS

# The next tasks take the workspace, the repository and the credentials from the environment.
- name: Publish a release
  releng.bitbucket.bitbucket_download:
    src: dist/widgets-*
    manifest: SHA256SUMS
  register: published

- name: Keep the published release and the two newest other releases
  releng.bitbucket.bitbucket_download_prune:
    patterns: widgets-*
    group_by: ^widgets-(\d+\.\d+\.\d+)
    keep: 3
    protect: "{{ published.artifacts }}"
    manifest: SHA256SUMS

- name: Keep the three highest stable versions, and more versions up to a total of 20 GiB
  releng.bitbucket.bitbucket_download_prune:
    patterns: widgets-*
    group_by: ^widgets-(\d+\.\d+\.\d+)
    order: version
    prereleases: false
    keep: 3
    keep_size: 20G
    manifest: SHA256SUMS

- name: Delete nightly builds after two weeks
  releng.bitbucket.bitbucket_download_prune:
    patterns: nightly-*
    older_than: 2w
"""

RETURN = r"""
artifacts:
  description:
    - Result for each matching artifact, newest first in the O(order). In check mode, the predicted result.
    - If the task fails after it has deleted something, the artifacts that it has deleted.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the artifact.
      type: str
      sample: widgets-1.3.0.tar.gz
    size:
      description: Size in bytes of the artifact in Downloads after the task; null if it is deleted.
      type: int
      sample: 1048576
    sha256:
      description: SHA-256 of the artifact in the manifest, as hexadecimal digits; null if it is deleted or has no line.
      type: str
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    status:
      description: Result, V(deleted) or V(kept).
      type: str
      sample: deleted
    reason:
      description:
        - Reason for the result, such as V(retention), V(one of the newest), V(within keep_size), V(not old enough), V(protected),
          V(in no release), V(pre-release), V(no version), V(in the channel stable).
      type: str
      sample: retention
    version:
      description: Version in the name, or the text that O(group_by) matches. Null if there is none.
      type: str
      version_added: 1.1.0
      sample: 1.3.0
    url:
      description: API URL of the artifact. It is not signed. If the repository is private, it requires credentials.
      type: str
      sample: https://api.bitbucket.org/2.0/repositories/acme/widgets/downloads/widgets-1.3.0.tar.gz
    created_on:
      description: Time of the upload in ISO 8601; null if the artifact is deleted or Bitbucket does not return it.
      type: str
      sample: "2026-11-22T10:15:00.123456+00:00"
manifest:
  description: Result for the manifest.
  returned: success, when O(manifest) is set
  type: dict
  contains:
    name:
      description: Name of the manifest.
      type: str
      sample: SHA256SUMS
    status:
      description: Result, one of V(replaced), V(unchanged), V(deleted), V(absent).
      type: str
      sample: replaced
    size:
      description: Size in bytes after the task; null if the manifest does not exist.
      type: int
      sample: 178
signature:
  description: Signature of the manifest.
  returned: success, when O(signing_key) or O(signed_by) is set
  type: dict
  version_added: 1.1.0
  contains:
    name:
      description: Name of the artifact with the signature.
      type: str
      sample: SHA256SUMS.asc
    status:
      description: Result, one of V(replaced), V(unchanged), V(deleted), V(absent).
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
  description: Size in bytes of all uploaded contents, which are those of the manifest and its signature, including retries.
  returned: always
  type: int
  sample: 178
elapsed:
  description: Duration of the task in seconds, without the start of the module.
  returned: always
  type: float
  version_added: 1.1.0
  sample: 1.618
msg:
  description: Number of artifacts by status, as a sentence. If the task fails, the reason.
  returned: always
  type: str
  version_added: 1.1.0
  sample: 2 deleted, 5 kept
requests:
  description:
    - Number of requests to the API, including retries.
    - Requests to the storage host and to the token endpoint are not counted.
  returned: always
  type: int
  sample: 4
"""

import functools
import typing as t

from ..module_utils._ansible.arguments import (
    order_argument_spec,
    parallel_argument_spec,
    repository_argument_spec,
    selection_argument_spec,
    signing_argument_spec,
)
from ..module_utils._ansible.module import Options, create_module, mask_secrets, run_module
from ..module_utils._channel.protect import find_protected
from ..module_utils._downloads.api import Downloads
from ..module_utils._downloads.artifact import manifest_names
from ..module_utils._errors import BadInput
from ..module_utils._http.client import Client
from ..module_utils._http.retries import CLOCK, Clock
from ..module_utils._outcome import Outcome, Progress
from ..module_utils._parallel import check_parallel
from ..module_utils._patterns import Patterns
from ..module_utils._publish.apply import ApplyOptions, Executor
from ..module_utils._publish.protection import parse_protect
from ..module_utils._publish.retention import Retention, parse_age, parse_size, plan_pruning
from ..module_utils._trust.options import parse_trust
from ..module_utils._versions.order import parse_order

CHECKS: dict[str, t.Any] = {
    "required_one_of": [("keep", "older_than", "keep_size")],
}


def argument_spec() -> dict[str, t.Any]:
    """Return the options of this module, without those of the connection."""
    return {
        **repository_argument_spec(),
        **selection_argument_spec(required=True),
        **order_argument_spec(),
        **parallel_argument_spec(),
        **signing_argument_spec(),
        "keep": {"type": "int"},
        "older_than": {"type": "str"},
        "keep_size": {"type": "str"},
        "protect": {"type": "list", "elements": "raw"},
        "protect_channels": {"type": "list", "elements": "str", "default": ["*"]},
        "max_deletions": {"type": "int"},
        "manifest": {"type": "str"},
    }


def parse_retention(options: Options) -> Retention:
    """Return the rules of retention, checked."""
    check_parallel(options["parallel"])
    if not options["patterns"]:
        raise BadInput("patterns is empty: set the names that can be deleted, for example '*' for all")
    for name in ("keep", "max_deletions"):
        if options[name] is not None and options[name] < 0:
            raise BadInput(f"{name} must be 0 or more, not {options[name]}")
    return Retention(
        patterns=Patterns(options["patterns"], options["excludes"], options["use_regex"]),
        keep=options["keep"],
        older_than=parse_age(options["older_than"]) if options["older_than"] is not None else None,
        keep_size=parse_size(options["keep_size"]) if options["keep_size"] is not None else None,
        order=parse_order(options),
        max_deletions=options["max_deletions"],
        protect=parse_protect(options["protect"] or ()),
        ignored=manifest_names(options["manifest"], options["signature"]),
    )


def main(clock: Clock = CLOCK) -> None:
    """Run the module."""
    module = create_module(argument_spec(), **CHECKS)
    options = module.params

    def prune(client: Client, progress: Progress) -> Outcome:
        client.require_credentials()
        rules = parse_retention(options)._replace(mask=functools.partial(mask_secrets, module))
        apply_options = ApplyOptions(
            options["manifest"],
            parse_trust(options),
            parallel=options["parallel"],
            check_mode=module.check_mode,
            order=rules.order,
        )
        downloads = Downloads(client, options["repository"])
        executor = Executor(downloads, apply_options, progress)
        if module.check_mode:
            current = downloads.decide(executor.read)
        else:
            read = functools.partial(downloads.decide, executor.read)
            current = downloads.retries.settle(read, lambda found: not rules.find_protection(found.listing).find_unlisted())
            rules.find_protection(current.listing).require_published()
        named = find_protected(downloads, current.listing, options["protect_channels"] or (), options["parallel"])
        rules = rules._replace(named=named)
        return executor.apply(current, plan_pruning(current.listing, rules, client.server_now()))

    run_module(module, prune, Progress(artifacts=[], bytes_sent=0), options["parallel"], clock=clock)


if __name__ == "__main__":
    main()
