#!/usr/bin/python
# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declare and parse the options of bitbucket_download, and run it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bitbucket_download
short_description: Publish release artifacts to the Downloads of a Bitbucket Cloud repository, or delete them
version_added: 1.0.0
author:
  - releng.bitbucket contributors (@releng)
description:
  - Creates, replaces or deletes artifacts in the Downloads section of a repository on Bitbucket Cloud.
  - Compares contents before it uploads. A second run uploads nothing.
  - Reads the artifact list again after an upload. If the response to an upload was lost, the module finds the artifact there
    instead of uploading it twice.
  - Can maintain a checksum manifest such as C(SHA256SUMS). With a manifest, the module compares without fetching contents.
extends_documentation_fragment:
  - releng.bitbucket._connection
  - releng.bitbucket._connection.repository
  - releng.bitbucket._attributes
  - releng.bitbucket._attributes.action_group
  - releng.bitbucket._parallel
  - releng.bitbucket._parallel.limit_rate
  - releng.bitbucket._parallel.progress
  - releng.bitbucket._signature
  - releng.bitbucket._signature.signing
attributes:
  idempotent:
    support: partial
    details:
      - With O(overwrite=always), the module uploads the artifacts on every run.
options:
  state:
    description:
      - Whether the artifacts should exist.
    type: str
    choices: [present, absent]
    default: present
  src:
    description:
      - Files or glob patterns, on the host that runs the module. C(**) matches directories at any depth.
      - The path of an existing file is not a pattern, even if it contains C([).
      - A pattern without a match, a directory, an unreadable file, and two files with the same base name are errors. In these
        cases, nothing is uploaded.
      - One of O(src) and O(content) is required when O(state=present). Neither is allowed with O(state=absent).
      - Mutually exclusive with O(content).
    type: list
    elements: path
  content:
    description:
      - Text to publish instead of a file, stored as UTF-8.
      - A dictionary or a list is stored as JSON, as in M(ansible.builtin.copy). In ansible-core 2.18, a template whose result
        looks like JSON becomes a dictionary or a list. To publish the exact bytes of a file, use O(src).
      - One of O(src) and O(content) is required when O(state=present). Neither is allowed with O(state=absent).
      - Requires O(name).
      - Mutually exclusive with O(src).
    type: str
  name:
    description:
      - With O(state=present), the name of the artifact, for O(content) or for an O(src) of exactly one file. By default,
        artifacts have the base names of their files.
      - With O(state=absent), the exact names of the artifacts to delete.
      - Required when O(state=absent).
    type: list
    elements: str
  overwrite:
    description:
      - What to do if an artifact with the name exists.
      - V(different) replaces the artifact if its content differs.
      - V(always) replaces the artifact.
      - V(never) leaves the artifact unchanged and does not compare contents. The O(manifest) gets no new line for it.
      - V(refuse) fails before it uploads anything if the content of an artifact differs. Use it for immutable releases.
      - With V(never) and V(refuse), the module sends one more request for each new name, to check that the artifact does not
        exist. For a name that Bitbucket might change, it sends up to four.
      - Bitbucket changes some names, for example a space to C(_). If no artifact has the requested name, the module matches an
        artifact with a similar name. Similar names differ only in Unicode form, in case, or in the characters that Bitbucket
        replaces or removes.
    type: str
    choices: [different, always, never, refuse]
    default: different
  compare:
    description:
      - How to compare an artifact with a file. Artifacts with different sizes always differ.
      - V(checksum) compares the digest in the O(manifest), unless the manifest is older than the artifact. Without such a digest,
        the module compares the contents.
      - V(content) always compares the contents.
      - V(size) compares only the sizes.
      - With O(overwrite=always) and O(overwrite=never), artifacts with the requested name are not compared.
    type: str
    choices: [checksum, content, size]
    default: checksum
  manifest:
    description:
      - Name of an artifact that lists SHA-256 digests in the format of C(sha256sum), for example V(SHA256SUMS).
      - The module uses the manifest to compare artifacts without fetching contents, and updates it after all other uploads.
      - The BSD and OpenSSL formats can be read as well. A manifest with SHA-512 digests is an error, because an update would lose
        them.
      - The name can have letters, digits, C(.), C(_) and C(-), which Bitbucket does not change.
      - Anyone who can write to the repository can replace an artifact together with its line in an unsigned manifest. To prevent
        this, sign the manifest with O(signing_key).
      - The manifest cannot detect an artifact that was replaced by other means with the same size and date. Use
        O(compare=content) to detect this.
      - If an artifact with this name and C(.asc) or C(.sig) exists, the module changes the manifest only with O(signing_key).
      - Channels, which M(releng.bitbucket.bitbucket_download_channel) writes, and their signatures cannot be published in a task
        with a manifest.
    type: str
  verify:
    description:
      - Whether to verify uploads and deletions with another listing.
      - An upload is verified if the listing has a new date or another size, or if the contents are those of the upload. A
        deletion is verified if the listing or Bitbucket itself no longer has the artifact.
      - The listing can lag behind. The module reads it again for up to half a minute, within O(max_wait).
      - With a O(manifest), the module always checks names that Bitbucket might change, because the manifest needs the stored
        name.
    type: bool
    default: true
seealso:
  - module: releng.bitbucket.bitbucket_download_channel
    description: Name the current release.
  - module: releng.bitbucket.bitbucket_download_info
    description: List artifacts.
  - module: releng.bitbucket.bitbucket_download_prune
    description: Delete old releases by number, age or size.
  - plugin: releng.bitbucket.bitbucket_download
    plugin_type: lookup
    description: Read the contents of artifacts.
  - ref: ansible_collections.releng.bitbucket.docsite.guide_roles
    description: Publish with retention, release notes and a channel, with P(releng.bitbucket.publish_artifacts#role).
  - ref: ansible_collections.releng.bitbucket.docsite.guide_publish
    description: Publish artifacts step by step.
"""

EXAMPLES = r"""
- name: Publish the files of a build with a manifest
  releng.bitbucket.bitbucket_download:
    workspace: acme
    repository: widgets
    user: "{{ lookup('ansible.builtin.env', 'BITBUCKET_USERNAME') }}"
    api_token: "{{ lookup('ansible.builtin.env', 'BITBUCKET_API_TOKEN') }}"
    src:
      - dist/*.tar.gz
      - dist/install.sh
    manifest: SHA256SUMS

# The next tasks take the workspace, the repository and the credentials from the environment.
- name: Publish text as an artifact
  releng.bitbucket.bitbucket_download:
    name: VERSION
    content: "1.4.2\n"

- name: Publish a release with a separate, signed manifest
  releng.bitbucket.bitbucket_download:
    src: dist/widgets-1.4.2*
    manifest: widgets-1.4.2.SHA256SUMS
    signing_key: 0EE5BE979282D80B9F7540F1CCD2ED94D21739E9
    signing_passphrase: "{{ lookup('ansible.builtin.env', 'RELEASE_KEY_PASSPHRASE') }}"

- name: Publish a release with a manifest that is signed with an SSH key
  releng.bitbucket.bitbucket_download:
    src: dist/gadgets-2.0.0*
    manifest: gadgets-2.0.0.SHA256SUMS
    signing_key: release-key
    signature_format: ssh

- name: Publish an archive, and fail if a different one was already released
  releng.bitbucket.bitbucket_download:
    src: dist/widgets-1.4.2.tar.gz
    overwrite: refuse

- name: Delete the artifacts of a release and their lines in the manifest
  releng.bitbucket.bitbucket_download:
    state: absent
    name:
      - widgets-1.3.0.tar.gz
      - widgets-1.3.0.zip
    manifest: SHA256SUMS
"""

RETURN = r"""
artifacts:
  description:
    - Result for each artifact, in the order of the task. In check mode, the predicted result.
    - If the task fails after it has changed something, the artifacts that it has uploaded or deleted.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Requested name of the artifact.
      type: str
      sample: widgets-1.4.2.tar.gz
    size:
      description: Size in bytes of the artifact in Downloads after the task; null if it does not exist.
      type: int
      sample: 1048576
    sha256:
      description: SHA-256 of the artifact in Downloads after the task, as hexadecimal digits; null if it is not known.
      type: str
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    status:
      description: Result, one of V(created), V(replaced), V(unchanged), V(kept), V(deleted), V(absent).
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
      description: Time of the upload in ISO 8601; null if it is not known, as for a new artifact in check mode.
      type: str
      sample: "2026-11-22T10:15:00.123456+00:00"
    stored_name:
      description: Name under which Bitbucket has stored the artifact.
      returned: if it differs from the requested name
      type: str
      sample: My_App.zip
    recovered:
      description: Whether the response to the upload was lost, and the module found the artifact in the listing.
      returned: if that happened
      type: bool
      sample: true
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
      description: Result, one of V(created), V(replaced), V(unchanged), V(deleted), V(absent).
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
      description: Result, one of V(created), V(replaced), V(unchanged), V(deleted), V(absent).
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
bytes_sent:
  description: Size in bytes of all uploaded contents, including the manifest, its signature and retries.
  returned: always
  type: int
  sample: 1048576
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
  sample: 2 created, 1 replaced, 97 unchanged; manifest replaced
requests:
  description:
    - Number of requests to the API, including retries.
    - Requests to the storage host and to the token endpoint are not counted.
  returned: always
  type: int
  sample: 3
"""

import typing as t

from ..module_utils._ansible.arguments import (
    limit_rate_argument_spec,
    parallel_argument_spec,
    repository_argument_spec,
    signing_argument_spec,
)
from ..module_utils._ansible.module import Options, create_module, run_module
from ..module_utils._downloads.api import Downloads
from ..module_utils._errors import BadInput
from ..module_utils._files.payload import Payload, file_payloads, text_payload
from ..module_utils._http.client import Client
from ..module_utils._http.retries import CLOCK, Clock
from ..module_utils._names import check_name
from ..module_utils._outcome import Outcome, Progress
from ..module_utils._parallel import check_parallel
from ..module_utils._publish.apply import ApplyOptions, Executor
from ..module_utils._publish.evidence import plan_payloads
from ..module_utils._publish.plan import Current, Step, plan_deleting, refuse_channels, refuse_manifest
from ..module_utils._text import quoted
from ..module_utils._trust.options import parse_trust

CHECKS: dict[str, t.Any] = {
    "mutually_exclusive": [("src", "content")],
    "required_if": [("state", "present", ["src", "content"], True), ("state", "absent", ["name"])],
    "required_by": {"content": ["name"]},
}


def argument_spec() -> dict[str, t.Any]:
    """Return the options of this module, without those of the connection."""
    return {
        **repository_argument_spec(),
        **parallel_argument_spec(),
        **limit_rate_argument_spec(),
        **signing_argument_spec(),
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "src": {"type": "list", "elements": "path"},
        "content": {"type": "str"},
        "name": {"type": "list", "elements": "str"},
        "overwrite": {"type": "str", "choices": ["different", "always", "never", "refuse"], "default": "different"},
        "compare": {"type": "str", "choices": ["checksum", "content", "size"], "default": "checksum"},
        "manifest": {"type": "str"},
        "verify": {"type": "bool", "default": True},
    }


def parse_payloads(options: Options) -> list[Payload]:
    """Return the contents to publish, checked before any request."""
    names = options["name"] or []
    if len(names) > 1:
        raise BadInput(f"With state=present, name must be one name, not {len(names)}")
    if options["content"] is not None:
        if not names:
            raise BadInput("content needs name: the name of the artifact")
        payloads = [text_payload(names[0], options["content"])]
    else:
        payloads = file_payloads(options["src"], names[0] if names else None)
    requested = [payload.name for payload in payloads]
    refuse_manifest(requested, options["manifest"], options["signature"], "src and name")
    refuse_channels(requested, options["manifest"])
    return payloads


def publish(options: Options, downloads: Downloads, executor: Executor) -> Outcome:
    """Ensure that the artifacts exist."""
    payloads = parse_payloads(options)

    def plan() -> tuple[Current, list[Step]]:
        current = executor.read()
        how = options["overwrite"], options["compare"], options["parallel"]
        return current, plan_payloads(downloads, current, payloads, *how)

    return executor.apply(*downloads.decide(plan))


def parse_names(options: Options) -> list[str]:
    """Return the names to delete, checked before any request."""
    if options["src"] is not None or options["content"] is not None:
        raise BadInput("src and content need state=present. With state=absent, set name to the names of the artifacts to delete")
    if not options["name"]:
        raise BadInput("name is empty: there is nothing to delete")
    for name in options["name"]:
        check_name(name)
    refuse_manifest(options["name"], options["manifest"], options["signature"], "name")
    return list(options["name"])


def delete(options: Options, downloads: Downloads, executor: Executor) -> Outcome:
    """Ensure that the artifacts do not exist."""
    names = parse_names(options)
    current = downloads.decide(executor.read)
    patterns = [name for name in names if "*" in name and name not in current.listing]
    outcome = executor.apply(current, plan_deleting(names, current.listing))
    return outcome._replace(warnings=[*outcome.warnings, *map(_warn_of_pattern, patterns)])


def _warn_of_pattern(name: str) -> str:
    return (
        f"No artifact has the name {quoted(name)}, and names are exact with state=absent."
        " The module releng.bitbucket.bitbucket_download_prune deletes by patterns"
    )


def main(clock: Clock = CLOCK) -> None:
    """Run the module."""
    module = create_module(argument_spec(), **CHECKS)
    options = module.params

    def ensure(client: Client, progress: Progress) -> Outcome:
        client.require_credentials()
        check_parallel(options["parallel"])
        downloads = Downloads(client, options["repository"])
        apply_options = ApplyOptions(
            options["manifest"], parse_trust(options), options["verify"], options["parallel"], module.check_mode
        )
        executor = Executor(downloads, apply_options, progress)
        if options["state"] == "present":
            return publish(options, downloads, executor)
        return delete(options, downloads, executor)

    run_module(module, ensure, Progress(artifacts=[], bytes_sent=0), options["parallel"], clock=clock)


if __name__ == "__main__":
    main()
