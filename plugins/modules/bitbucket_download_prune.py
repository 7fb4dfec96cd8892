#!/usr/bin/python
# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Front door of bitbucket_download_prune: its documentation and its options. Knows no HTTP and decides nothing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bitbucket_download_prune
short_description: Delete old release artifacts from the Downloads of a Bitbucket Cloud repository
version_added: 1.0.0
author:
  - The releng.bitbucket contributors (@releng)
description:
  - Keeps the newest releases of a repository's Downloads section, by number, age or size, and deletes the other artifacts that
    match the patterns.
  - With more than one of O(keep), O(older_than) and O(keep_size), all must allow a deletion.
  - An artifact whose age is not known is kept. With O(order=version), its age matters for O(older_than) only.
  - Check mode lists exactly what would go.
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
      - Names that may go, as shell patterns that match the whole name, or with O(use_regex) as regular expressions that match
        from its beginning, as in M(ansible.builtin.find). Nothing else is touched.
    required: true
  keep:
    description:
      - Number of artifacts to keep, newest first in the O(order). With O(group_by), number of releases.
      - At least one of O(keep), O(older_than) and O(keep_size) is required.
    type: int
  keep_size:
    description:
      - Number of bytes to keep, which may end in V(k), V(M), V(G) or V(T), for example V(20G). The units are powers of 1024.
      - The sizes of releases are added, newest first in the O(order). The release that would pass the number is deleted, and
        so is every older one. The newest release always stays.
    type: str
    version_added: 1.1.0
  prereleases:
    description:
      - Whether pre-releases count. With V(false), they stay, and the other options ignore them. See O(order) for what a
        pre-release is.
  older_than:
    description:
      - Only what is older than this may go, as a number and a unit, one of V(s), V(m), V(h), V(d), V(w), for example V(30d).
      - The age is counted by the clock of Bitbucket.
    type: str
  group_by:
    description:
      - A regular expression with exactly one group, which is searched for in names. Artifacts with the same text in the group are
        one release, which is as old as its newest artifact and goes or stays as a whole. The text is the version of the release.
      - What it does not match stays.
    type: str
  protect:
    description:
      - Names of artifacts whose releases are never deleted, whatever their dates and versions. They count first for O(keep) and
        O(keep_size).
      - An item is a name, or an artifact as returned by M(releng.bitbucket.bitbucket_download). In check mode, an artifact that
        would be created or replaced counts as existing.
      - If an artifact is listed under the name that Bitbucket stores for it, for example with C(_) for a space, that name
        counts. A name that is not listed is ignored, but an artifact that a task has published must be listed outside check
        mode, else the task fails and deletes nothing.
      - An artifact whose name holds the text of a secret, which results do not show, is recognized if both tasks have the same
        secrets.
    type: list
    elements: raw
  protect_channels:
    description:
      - Names of channels whose releases are never deleted, as shell patterns. By default, all channels count. With an empty list,
        none does.
      - The artifacts that a channel names, and the manifest that it names, are kept, and with O(group_by) the other artifacts of
        their releases. They do not count for O(keep).
      - The task fails, and deletes nothing, if one of these channels cannot be read. Signatures of channels are not verified.
      - Channels themselves and their signatures, whose names end in C(.channel.json), C(.channel.json.asc) or
        C(.channel.json.sig), are never deleted.
      - A channel that is moved back while the task runs can name artifacts that the task deletes. Bitbucket has no means to
        prevent this. Do not prune while you move a channel back.
    type: list
    elements: str
    default: ["*"]
    version_added: 1.1.0
  max_deletions:
    description:
      - Fail, and delete nothing, if more artifacts than this would go.
    type: int
  manifest:
    description:
      - The name of an artifact that lists SHA-256 digests in the format of C(sha256sum), for example V(SHA256SUMS).
      - The forms of BSD and OpenSSL are read, too. A manifest with SHA-512 digests is an error, because they would be lost.
      - The lines of deleted artifacts go too. The manifest and its signatures, with C(.asc) or C(.sig) after its name, are never
        pruned. Its name must be made of letters, digits, C(.), C(_) and C(-).
    type: str
  parallel:
    description:
      - How many deletions may be under way at once, from 1 to 16.
seealso:
  - module: releng.bitbucket.bitbucket_download
  - module: releng.bitbucket.bitbucket_download_channel
  - module: releng.bitbucket.bitbucket_download_info
"""

EXAMPLES = r"""
- name: Keep the five newest releases, each of several files, and everything of the last thirty days
  releng.bitbucket.bitbucket_download_prune:
    workspace: acme
    repository: widgets
    user: "{{ lookup('env', 'BITBUCKET_USERNAME') }}"
    api_token: "{{ lookup('env', 'BITBUCKET_API_TOKEN') }}"
    patterns: widgets-*
    group_by: ^widgets-(\d+\.\d+\.\d+)
    keep: 5
    older_than: 30d
    max_deletions: 20
    manifest: SHA256SUMS

- name: Publish a release
  releng.bitbucket.bitbucket_download:
    src: dist/widgets-*
    manifest: SHA256SUMS
  register: published

- name: Keep the release that was just published and the two newest others
  releng.bitbucket.bitbucket_download_prune:
    patterns: widgets-*
    group_by: ^widgets-(\d+\.\d+\.\d+)
    keep: 3
    protect: "{{ published.artifacts }}"
    manifest: SHA256SUMS

- name: Keep the three highest stable versions, and as many more as fit into 20 GiB; a late patch of an old release can go
  releng.bitbucket.bitbucket_download_prune:
    patterns: widgets-*
    group_by: ^widgets-(\d+\.\d+\.\d+)
    order: version
    prereleases: false
    keep: 3
    keep_size: 20G
    manifest: SHA256SUMS

- name: Delete nightly builds after two weeks, connection from the environment
  releng.bitbucket.bitbucket_download_prune:
    patterns: nightly-*
    older_than: 2w
"""

RETURN = r"""
artifacts:
  description:
    - The artifacts that match the patterns, newest first in the O(order). The same in check mode, where it is what would happen.
    - When the task fails half-way, those that were deleted by then.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
      sample: widgets-1.3.0.tar.gz
    size:
      description: Bytes that lie in Downloads after the task; null where it is deleted.
      type: int
      sample: 1048576
    sha256:
      description: SHA-256 of what lies in Downloads after the task, where the manifest tells it; else null.
      type: str
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    status:
      description: What was done, V(deleted) or V(kept).
      type: str
      sample: deleted
    reason:
      description:
        - Why, in words, such as V(retention), V(one of the newest), V(within keep_size), V(not old enough), V(protected),
          V(in no release), V(pre-release), V(no version),
          V(in the channel stable).
      type: str
      sample: retention
    version:
      description: Version in the name, or the text of O(group_by). Null if it cannot be told.
      type: str
      sample: 1.3.0
    url:
      description: The API's URL of the artifact.
      type: str
      sample: https://api.bitbucket.org/2.0/repositories/acme/widgets/downloads/widgets-1.3.0.tar.gz
    created_on:
      description: When it was uploaded; null where it is deleted or the service does not tell.
      type: str
      sample: "2026-11-22T10:15:00.123456+00:00"
manifest:
  description: What happened to the manifest.
  returned: success, when O(manifest) is set
  type: dict
  contains:
    name:
      description: Its name.
      type: str
      sample: SHA256SUMS
    status:
      description: One of V(replaced), V(unchanged), V(deleted), V(absent).
      type: str
      sample: replaced
    size:
      description: Its bytes after the task; null where there is none.
      type: int
      sample: 178
signature:
  description: Signature of the manifest.
  returned: success, when O(signing_key) or O(signed_by) is set
  type: dict
  contains:
    name:
      description: Name of its artifact.
      type: str
      sample: SHA256SUMS.asc
    status:
      description: One of V(replaced), V(unchanged), V(deleted), V(absent).
      type: str
      sample: replaced
    format:
      description: V(openpgp) or V(ssh).
      type: str
      sample: openpgp
    fingerprint:
      description: Fingerprint of the primary key that signed, for SSH C(SHA256:…); null if there is no signature.
      type: str
      sample: 0EE5BE979282D80B9F7540F1CCD2ED94D21739E9
    signed_on:
      description:
        - Time of the signature in ISO 8601; null for SSH, if C(sqv) verifies, and in check mode for a new signature.
      type: str
      sample: "2026-11-22T10:15:00+00:00"
bytes_sent:
  description: Payload bytes that were handed to the network, which are those of the manifest.
  returned: success
  type: int
  sample: 178
elapsed:
  description: Duration of the task in seconds, without the start of the module.
  returned: always
  type: float
  sample: 1.618
msg:
  description: Number of artifacts by status, as a sentence. If the task fails, the reason.
  returned: always
  type: str
  sample: 2 deleted, 5 kept
requests:
  description: How many requests went to the API, repeats included, without those to the storage host and the token endpoint.
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
    """Return the rules of the task, checked."""
    check_parallel(options["parallel"])
    if not options["patterns"]:
        raise BadInput("patterns is empty: say what may go, '*' for everything")
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
    module = create_module(argument_spec(), required_one_of=[("keep", "older_than", "keep_size")])
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
