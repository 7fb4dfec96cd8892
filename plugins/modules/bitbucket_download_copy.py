#!/usr/bin/python
# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declare and parse the options of bitbucket_download_copy, and run it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bitbucket_download_copy
short_description: Copy release artifacts between the Downloads of two Bitbucket Cloud repositories
version_added: 1.1.0
author:
  - releng.bitbucket contributors (@releng)
description:
  - Copies artifacts from the Downloads section of the source, O(src_repository), to that of the destination, O(repository). The
    released bytes are the tested bytes.
  - Compares before it uploads. Artifacts with the same content in the destination are left unchanged. If both repositories have a
    O(manifest) that is not older than its artifacts, unchanged artifacts are neither fetched nor uploaded.
  - Fetches each artifact into a temporary file, verifies it with the O(manifest) of the source, and uploads it. Interrupted
    transfers are resumed.
  - Uploads the oldest artifacts first, one upload after the other, because the destination dates an artifact when it is uploaded.
    So the newest artifacts of the source are also the newest in the destination.
  - Never changes the source.
extends_documentation_fragment:
  - releng.bitbucket._connection
  - releng.bitbucket._connection.repository
  - releng.bitbucket._attributes
  - releng.bitbucket._attributes.action_group
  - releng.bitbucket._parallel.progress
  - releng.bitbucket._selection
  - releng.bitbucket._signature
  - releng.bitbucket._signature.signing
attributes:
  idempotent:
    support: partial
    details:
      - With O(overwrite=always), the module uploads the artifacts on every run.
options:
  src_repository:
    description:
      - Slug of the source repository, or its UUID in braces.
      - The O(repository) itself is an error.
    type: str
    required: true
  src_workspace:
    description:
      - Slug of the workspace of the O(src_repository), or its UUID in braces. The default is the O(workspace).
    type: str
  src_user:
    description:
      - Email address of the Atlassian account that owns the O(src_api_token).
      - Required with O(src_api_token).
    type: str
  src_api_token:
    description:
      - Atlassian API token for the source. It needs only the read scope.
      - If any of O(src_api_token), O(src_access_token), O(src_client_id) and O(src_client_secret) is set, the module reads the
        source only with these credentials. Otherwise, it uses the credentials of the destination.
      - Neither environment variables nor variables of the host set these options.
      - Mutually exclusive with O(src_access_token), O(src_client_id) and O(src_client_secret).
    type: str
  src_access_token:
    description:
      - Access token of a repository, project or workspace for the source. See O(src_api_token).
      - Mutually exclusive with O(src_api_token), O(src_client_id) and O(src_client_secret).
    type: str
  src_client_id:
    description:
      - Key of an OAuth 2.0 consumer for the source. See O(src_api_token).
      - The key is not a secret and is not masked.
      - Required with O(src_client_secret).
      - Mutually exclusive with O(src_api_token) and O(src_access_token).
    type: str
  src_client_secret:
    description:
      - Secret of the OAuth 2.0 consumer for the source.
      - Required with O(src_client_id).
      - Mutually exclusive with O(src_api_token) and O(src_access_token).
    type: str
  name:
    description:
      - Exact names of the artifacts to copy. A name that does not exist in the source is an error, and so is the artifact
        of a channel or its signature.
      - One of O(name), O(patterns) and O(channel) is required.
      - Mutually exclusive with O(patterns), O(excludes) and O(channel).
    type: list
    elements: str
  patterns:
    description:
      - Shell patterns for the names of the artifacts to copy. A pattern must match the complete name. No match is an error.
      - With O(use_regex), regular expressions that match from the beginning of the name, as in M(ansible.builtin.find).
      - The patterns never match the O(manifest), channels, and their signatures, with C(.asc) or C(.sig) after the name. A
        pattern that is exactly the name of the manifest or its signature is an error.
      - One of O(name), O(patterns) and O(channel) is required.
      - Mutually exclusive with O(name) and O(channel).
  excludes:
    description:
      - Patterns of names to exclude. Uses the same syntax as O(patterns).
      - Mutually exclusive with O(name) and O(channel).
  channel:
    description:
      - Name of a channel of the source that M(releng.bitbucket.bitbucket_download_channel) has written, for example V(stable).
        The module copies the artifacts that the channel names. It does not write a channel.
      - Each artifact must have the size and the digest in the channel. A missing channel, and an artifact that is missing or has
        another size, are errors. In these cases, nothing is uploaded. An artifact with another digest is an error as well. It is
        not uploaded, but older artifacts of the release might be.
      - With a O(manifest), each artifact must also have a line in the manifest of the source.
      - With O(signed_by) or O(signing_key), the channel must be signed as well. Its signature is the artifact with the name of
        the channel's artifact, such as C(stable.channel.json), and C(.asc) for OpenPGP or C(.sig) for SSH. Without a O(manifest),
        O(signature) can set another name.
      - One of O(name), O(patterns) and O(channel) is required.
      - Mutually exclusive with O(name), O(patterns) and O(excludes).
    type: str
  version:
    description:
      - Version that the O(channel) must name. The task fails if the channel names another version.
      - Requires O(channel).
    type: str
  overwrite:
    description:
      - What to do if an artifact exists in the destination.
      - V(different) replaces the artifact if its content differs.
      - V(always) replaces the artifact.
      - V(never) leaves the artifact unchanged and does not compare contents. The O(manifest) gets no new line for it.
      - V(refuse) fails before it uploads anything if the content of an artifact differs.
      - The default differs from that of M(releng.bitbucket.bitbucket_download), because a promoted release should not change.
      - With V(never) and V(refuse), the module sends one more request for each new name, to check that the artifact does not
        exist. For a name that Bitbucket might change, it sends up to four.
    type: str
    choices: [different, always, never, refuse]
    default: refuse
  manifest:
    description:
      - Name of an artifact that lists SHA-256 digests in the format of C(sha256sum), for example V(SHA256SUMS). The name is the
        same in both repositories.
      - The manifest of the source must exist and have a line for each artifact to copy. An artifact with another digest is an
        error, whatever the dates are.
      - The module updates the manifest of the destination after all other uploads. If that manifest is not older than an
        artifact, the module compares the artifact without fetching contents.
      - The manifest itself is not copied. Its name and that of its O(signature) are errors in O(name) and in the O(channel), and
        as an exact name in O(patterns).
      - With O(signed_by) or O(signing_key), the manifests of both repositories must be signed by such a key. The manifest of the
        destination can be missing.
      - If an artifact with this name and C(.asc) or C(.sig) exists in the destination, the module changes the manifest only with
        O(signing_key).
    type: str
  parallel:
    description:
      - Maximum number of temporary files, and of transfers at the same time, from 1 to 16. Uploads do not overlap.
      - Small artifacts share an upload and its temporary file, up to 20 artifacts and 16 MiB.
    type: int
    default: 4
notes:
  - Temporary files are in the temporary directory of the task on the host that runs the module. The directory needs space for
    O(parallel) of the artifacts. The module deletes the files, also if it fails.
  - In check mode, the module fetches contents only to compare artifacts of the same size that have no trusted line in both
    manifests.
seealso:
  - module: releng.bitbucket.bitbucket_download
    description: Publish files of a host.
  - module: releng.bitbucket.bitbucket_download_channel
    description: Name the current release of the destination.
  - module: releng.bitbucket.bitbucket_download_verify
    description: Verify the artifacts of a repository without copying them.
  - ref: ansible_collections.releng.bitbucket.docsite.guide_promote
    description: Promote a tested build to a release.
"""

EXAMPLES = r"""
- name: Promote a release from the staging repository
  releng.bitbucket.bitbucket_download_copy:
    workspace: acme
    src_repository: widgets-staging
    repository: widgets
    user: "{{ lookup('ansible.builtin.env', 'BITBUCKET_USERNAME') }}"
    api_token: "{{ lookup('ansible.builtin.env', 'BITBUCKET_API_TOKEN') }}"
    name: widgets-1.4.3.tar.gz
    manifest: SHA256SUMS

# The next tasks take the workspace and the credentials from the environment.
- name: Promote a signed release, and read the source with its own credentials
  releng.bitbucket.bitbucket_download_copy:
    src_repository: widgets-staging
    src_access_token: "{{ staging_access_token }}"
    repository: widgets
    patterns: widgets-1.5.0*
    manifest: widgets-1.5.0.SHA256SUMS
    signing_key: 0EE5BE979282D80B9F7540F1CCD2ED94D21739E9
    signing_passphrase: "{{ lookup('ansible.builtin.env', 'RELEASE_KEY_PASSPHRASE') }}"

- name: Promote the release that the channel candidate of the staging repository names
  releng.bitbucket.bitbucket_download_copy:
    src_repository: widgets-staging
    repository: widgets
    channel: candidate
    version: "1.5.0"
    manifest: SHA256SUMS

- name: Mirror all artifacts, and replace those that differ
  releng.bitbucket.bitbucket_download_copy:
    src_repository: widgets
    repository: widgets-mirror
    patterns: "*"
    overwrite: different
"""

RETURN = r"""
artifacts:
  description:
    - Result for each artifact in the destination. In check mode, the predicted result.
    - The artifacts have the order of O(name). With O(channel), they are sorted by name. With O(patterns), the oldest artifact of
      the source is first.
    - If the task fails while it uploads, the artifacts that it has uploaded.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the artifact.
      type: str
      sample: widgets-1.4.2.tar.gz
    size:
      description: Size in bytes in the destination after the task.
      type: int
      sample: 1048576
    sha256:
      description:
        - SHA-256 in the destination after the task, as hexadecimal digits; null if it is not known.
        - For a new artifact in check mode, the digest in the manifest of the source.
      type: str
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    status:
      description: Result, one of V(created), V(replaced), V(unchanged), V(kept).
      type: str
      sample: created
    reason:
      description:
        - Reason for the result, such as V(not there), V(size differs), V(content differs), V(same content), V(forced).
      type: str
      sample: not there
    url:
      description: API URL of the artifact. It is not signed. If the repository is private, it requires credentials.
      type: str
      sample: https://api.bitbucket.org/2.0/repositories/acme/widgets/downloads/widgets-1.4.2.tar.gz
    created_on:
      description:
        - Time of the upload to the destination in ISO 8601; null if it is not known, as for a new artifact in check mode.
      type: str
      sample: "2026-11-22T10:15:00.123456+00:00"
    stored_name:
      description: Name under which Bitbucket has stored the artifact.
      returned: if it differs from the name in the source
      type: str
      sample: My_App.zip
    recovered:
      description: Whether the response to the upload was lost, and the module found the artifact in the listing.
      returned: if that happened
      type: bool
      sample: true
manifest:
  description: Result for the manifest of the destination.
  returned: success, when O(manifest) is set
  type: dict
  contains:
    name:
      description: Name of the manifest.
      type: str
      sample: SHA256SUMS
    status:
      description: Result, one of V(created), V(replaced), V(unchanged), V(absent).
      type: str
      sample: replaced
    size:
      description: Size in bytes after the task; null if the manifest does not exist.
      type: int
      sample: 178
signature:
  description: Signature of the manifest of the destination.
  returned: success, when O(manifest) is set together with O(signing_key) or O(signed_by)
  type: dict
  contains:
    name:
      description: Name of the artifact with the signature.
      type: str
      sample: SHA256SUMS.asc
    status:
      description: Result, one of V(created), V(replaced), V(unchanged), V(absent).
      type: str
      sample: created
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
channel:
  description: Contents of the channel.
  returned: success, when O(channel) is set
  type: dict
  contains:
    channel:
      description: Name of the channel.
      type: str
      sample: candidate
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
      sample: SHA256SUMS
    commit:
      description: Source of the release; null if it is not known.
      type: str
      sample: 4a2f0c7e6d0d4a0b8c1f7f6f0f3f5a2b9d8c7e6f
bytes_sent:
  description: Size in bytes of all uploaded contents, including manifest, signature and retries.
  returned: always
  type: int
  sample: 1048576
elapsed:
  description: Duration of the task in seconds, without the start of the module.
  returned: always
  type: float
  sample: 1.618
msg:
  description: Number of artifacts by status, as a sentence. If the task fails, the reason.
  returned: always
  type: str
  sample: 2 created, 97 unchanged; manifest replaced
requests:
  description:
    - Number of requests to the API for both repositories, including retries.
    - Requests to the storage host and to the token endpoint are not counted.
  returned: always
  type: int
  sample: 6
"""

import re
import typing as t

from ..module_utils._ansible.arguments import (
    parallel_argument_spec,
    repository_argument_spec,
    selection_argument_spec,
    signing_argument_spec,
    source_argument_spec,
)
from ..module_utils._ansible.module import Options, create_module, run_module
from ..module_utils._channel.options import parse_requested_channel
from ..module_utils._copy.copy import Copier, CopyOptions
from ..module_utils._copy.repositories import require_different
from ..module_utils._copy.upload import SourceUploader
from ..module_utils._downloads.api import Downloads
from ..module_utils._downloads.artifact import CHANNEL_SUFFIX, manifest_names
from ..module_utils._downloads.selection import Selection
from ..module_utils._errors import BadInput
from ..module_utils._fetch.choose import Wanted
from ..module_utils._http.client import Client
from ..module_utils._http.credentials import choose_credentials
from ..module_utils._http.retries import CLOCK, Clock
from ..module_utils._names import check_name
from ..module_utils._outcome import Outcome, Progress
from ..module_utils._parallel import check_parallel
from ..module_utils._patterns import Patterns, is_exactly
from ..module_utils._publish.apply import ApplyOptions, Executor
from ..module_utils._publish.plan import refuse_manifest
from ..module_utils._trust.options import parse_trust

CHECKS: dict[str, t.Any] = {
    "mutually_exclusive": [
        *(("name", each) for each in ("patterns", "excludes")),
        *(("channel", each) for each in ("name", "patterns", "excludes")),
    ],
    "required_one_of": [("name", "patterns", "channel")],
    "required_by": {"version": ["channel"]},
}


def argument_spec() -> dict[str, t.Any]:
    """Return the options of this module, without those of the connection."""
    return {
        **repository_argument_spec(),
        **source_argument_spec(),
        **selection_argument_spec(),
        **parallel_argument_spec(),
        **signing_argument_spec(),
        "name": {"type": "list", "elements": "str"},
        "channel": {"type": "str"},
        "version": {"type": "str"},
        "overwrite": {"type": "str", "choices": ["different", "always", "never", "refuse"], "default": "refuse"},
        "manifest": {"type": "str"},
    }


def parse_options(options: Options) -> CopyOptions:
    """Return what the task requests, checked as far as possible without the network."""
    names, patterns, channel = options["name"], options["patterns"], parse_requested_channel(options)
    if not (names or patterns or channel):
        raise BadInput("name and patterns are empty: there is nothing to copy")
    if options["signing_key"] is not None and options["manifest"] is None:
        raise BadInput("signing_key needs manifest")
    wanted = Wanted(
        names=list(dict.fromkeys(names or ())) or None,
        selection=parse_patterns(options) if patterns else None,
        manifest=options["manifest"],
        trust=parse_trust(options, channel.file if channel and options["manifest"] is None else None),
        channel=channel,
    )
    return CopyOptions(wanted, options["overwrite"], check_parallel(options["parallel"]))


def parse_patterns(options: Options) -> Selection:
    """Return the selection of the patterns, which never match a channel, the manifest or their signatures."""
    own, use_regex = manifest_names(options["manifest"], options["signature"]), options["use_regex"]
    exact = [name for name in sorted(own) if any(is_exactly(pattern, name, use_regex) for pattern in options["patterns"])]
    refuse_manifest(exact, options["manifest"], options["signature"], "patterns")
    channels = [rf".*{re.escape(CHANNEL_SUFFIX)}(\.asc|\.sig)?\Z"]
    if not use_regex:
        channels = [f"*{CHANNEL_SUFFIX}{suffix}" for suffix in ("", ".asc", ".sig")]
    return Selection(Patterns(options["patterns"], [*(options["excludes"] or ()), *channels], use_regex), None, own)


def connect_source(client: Client, options: Options) -> Client:
    """Return the client of the source. Any secret of the source replaces all credentials of the destination."""
    workspace = check_name(options["src_workspace"] or client.workspace, "src_workspace")
    credentials = choose_credentials(options, {}, prefix="src_")
    return client.connect(workspace, credentials if credentials.secret else None)


def main(clock: Clock = CLOCK) -> None:
    """Run the module."""
    module = create_module(argument_spec(), **CHECKS)
    options = module.params

    def copy(client: Client, progress: Progress) -> Outcome:
        client.require_credentials()
        copy_options = parse_options(options)
        source, destination = connect_source(client, options), Downloads(client, options["repository"])
        origin = Downloads(source, check_name(options["src_repository"], "src_repository"))
        wanted = copy_options.wanted
        trust = None if wanted.manifest is None else wanted.trust
        apply_options = ApplyOptions(wanted.manifest, trust, parallel=copy_options.parallel, check_mode=module.check_mode)
        executor = Executor(destination, apply_options, progress, SourceUploader(destination, lambda: str(module.tmpdir)))
        copier = Copier(origin, destination, executor, copy_options)
        require_different(source, origin.repository, client, destination.repository)
        return copier.run()

    run_module(module, copy, Progress(artifacts=[], bytes_sent=0), options["parallel"], clock=clock)


if __name__ == "__main__":
    main()
