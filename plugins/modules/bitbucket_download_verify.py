#!/usr/bin/python
# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declare and parse the options of bitbucket_download_verify, and run it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bitbucket_download_verify
short_description: Verify release artifacts in the Downloads of a Bitbucket Cloud repository
version_added: 1.1.0
author:
  - releng.bitbucket contributors (@releng)
description:
  - Reads artifacts from the Downloads section of a repository, and compares their digests with a given digest or with those in a
    manifest. It can verify the signature of the manifest.
  - Writes no files. The artifacts need no disk space and little memory on the host of the task, whatever their size.
  - The digests must match, whatever the dates of the artifacts and of the manifest are.
  - Resumes interrupted transfers. If an artifact is replaced while the module reads it, the module reads the listing and the
    artifact again.
  - Verifies artifacts of public repositories without credentials.
extends_documentation_fragment:
  - releng.bitbucket._connection
  - releng.bitbucket._connection.repository
  - releng.bitbucket._attributes.info_module
  - releng.bitbucket._attributes.action_group
  - releng.bitbucket._selection
  - releng.bitbucket._parallel
  - releng.bitbucket._parallel.progress
  - releng.bitbucket._signature
options:
  name:
    description:
      - Exact names of the artifacts to verify.
      - With O(signed_by), the O(manifest) and its O(signature) can be among the names. They must have exactly the bytes with
        which the module has verified the signature.
      - One of O(name) and O(patterns) is required.
      - Mutually exclusive with O(patterns) and O(excludes).
    type: list
    elements: str
  patterns:
    description:
      - Shell patterns for the names of the artifacts to verify. A pattern must match the complete name. No match is an error.
      - With O(use_regex), regular expressions that match from the beginning of the name, as in M(ansible.builtin.find).
      - The patterns select names of artifacts and, with O(manifest), names that are only in the manifest.
      - The O(manifest), its O(signature), and the name of the manifest with C(.asc) or C(.sig) match only a pattern that is
        exactly their name. With O(use_regex), such a pattern can also escape characters, begin with C(^) and end with C($).
      - With O(manifest), the same applies to channels and their signatures, because a manifest has no lines for them.
      - One of O(name) and O(patterns) is required.
      - Mutually exclusive with O(name).
  excludes:
    description:
      - Patterns of names to exclude. Uses the same syntax as O(patterns).
      - Mutually exclusive with O(name).
  manifest:
    description:
      - Name of an artifact that lists SHA-256 digests in the format of C(sha256sum), for example V(SHA256SUMS).
      - SHA-512 digests and the BSD and OpenSSL formats are supported as well.
      - A missing manifest is an error, whatever O(on_mismatch) is.
      - One of O(manifest) and O(checksum) is required.
      - Mutually exclusive with O(checksum).
    type: str
  checksum:
    description:
      - Digest that the artifact must have, as V(sha256:) and hexadecimal digits. V(sha512:), V(sha1:) and V(md5:) are supported
        as well.
      - Only for a task that verifies one artifact.
      - One of O(manifest) and O(checksum) is required.
      - Mutually exclusive with O(manifest).
    type: str
  on_mismatch:
    description:
      - What to do if an artifact is not verified.
      - With V(fail), the task fails after it has verified all artifacts.
      - With V(report), the task succeeds, and RV(artifacts[].status) has the status of each artifact. A missing O(manifest) and a
        missing or invalid signature are still errors.
    type: str
    choices: [fail, report]
    default: fail
seealso:
  - module: releng.bitbucket.bitbucket_download_fetch
    description: Verify artifacts while fetching them.
  - module: releng.bitbucket.bitbucket_download_info
    description: List the digests of a manifest without reading artifacts.
  - plugin: releng.bitbucket.bitbucket_download
    plugin_type: lookup
    description: Read the contents of verified artifacts.
  - ref: ansible_collections.releng.bitbucket.docsite.guide_verify
    description: Use manifests, and verify published releases.
"""

EXAMPLES = r"""
- name: Verify all artifacts of a release with a signed manifest
  releng.bitbucket.bitbucket_download_verify:
    workspace: acme
    repository: widgets
    user: "{{ lookup('ansible.builtin.env', 'BITBUCKET_USERNAME') }}"
    api_token: "{{ lookup('ansible.builtin.env', 'BITBUCKET_API_TOKEN') }}"
    patterns: widgets-1.4.2*
    manifest: widgets-1.4.2.SHA256SUMS
    signed_by: "{{ lookup('ansible.builtin.file', 'release-key.asc') }}"

# The next tasks take the workspace, the repository and the credentials from the environment.
- name: Report the status of all artifacts without failing
  releng.bitbucket.bitbucket_download_verify:
    patterns: "*"
    manifest: SHA256SUMS
    on_mismatch: report
  register: verification

- name: Verify one artifact with a known digest
  releng.bitbucket.bitbucket_download_verify:
    name: install.sh
    checksum: "{{ install_checksum }}"
"""

RETURN = r"""
artifacts:
  description:
    - Result for each artifact. The artifacts have the order of O(name) or, with O(patterns), are sorted newest first, followed by
      the missing ones by name.
    - If the task fails before it has a result for all artifacts, those with a result.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the artifact.
      type: str
      sample: widgets-1.4.2.tar.gz
    status:
      description:
        - V(verified) if the contents have the expected digest, V(mismatch) if they have another one.
        - V(missing) if O(name) or the manifest has the name, but the artifact does not exist.
        - V(unlisted) if the artifact exists, but has no line in the manifest. Such an artifact is not read.
      type: str
      sample: verified
    sha256:
      description: SHA-256 of the contents, as hexadecimal digits; null if they were not read.
      type: str
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    expected:
      description: Digest in the manifest or in O(checksum), as hexadecimal digits; null without a line in the manifest.
      type: str
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    size:
      description: Size in bytes; null if the artifact does not exist.
      type: int
      sample: 1048576
    url:
      description: API URL of the artifact. It is not signed. If the repository is private, it requires credentials.
      type: str
      sample: https://api.bitbucket.org/2.0/repositories/acme/widgets/downloads/widgets-1.4.2.tar.gz
signature:
  description: Signature of the manifest.
  returned: when O(signed_by) is set and the signature is valid
  type: dict
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
  sample: 1.618
msg:
  description: Number of artifacts by status, as a sentence. If the task fails, the reason.
  returned: always
  type: str
  sample: 5 verified
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
    parallel_argument_spec,
    repository_argument_spec,
    selection_argument_spec,
    signed_by_argument_spec,
)
from ..module_utils._ansible.module import Options, create_module, run_module
from ..module_utils._downloads.api import Downloads
from ..module_utils._downloads.selection import parse_selection
from ..module_utils._errors import BadInput
from ..module_utils._files.checksum import parse_checksum
from ..module_utils._http.client import Client
from ..module_utils._http.retries import CLOCK, Clock
from ..module_utils._names import check_name
from ..module_utils._outcome import Outcome, Progress
from ..module_utils._parallel import check_parallel
from ..module_utils._trust.options import parse_trust
from ..module_utils._verify.plan import VerifyRequest
from ..module_utils._verify.verify import ArtifactVerifier, VerifyOptions

CHECKS: dict[str, t.Any] = {
    "mutually_exclusive": [("name", "patterns"), ("name", "excludes"), ("manifest", "checksum")],
    "required_one_of": [("name", "patterns"), ("manifest", "checksum")],
}


def argument_spec() -> dict[str, t.Any]:
    """Return the options of this module, without those of the connection."""
    return {
        **repository_argument_spec(),
        **selection_argument_spec(),
        **parallel_argument_spec(),
        **signed_by_argument_spec(),
        "name": {"type": "list", "elements": "str"},
        "manifest": {"type": "str"},
        "checksum": {"type": "str"},
        "on_mismatch": {"type": "str", "choices": ["fail", "report"], "default": "fail"},
    }


def parse_options(options: Options) -> VerifyOptions:
    """Return what the task requests, checked as far as possible without the network."""
    names = [check_name(name) for name in dict.fromkeys(options["name"] or ())]
    if not (names or options["patterns"]):
        raise BadInput("name and patterns are empty: there is nothing to verify")
    if options["checksum"] is not None and len(names) > 1:
        raise BadInput(f"checksum requires exactly one artifact, but {len(names)} are selected")
    request = VerifyRequest(
        names=names or None,
        selection=parse_selection(options) if options["patterns"] else None,
        checksum=parse_checksum(options["checksum"]) if options["checksum"] is not None else None,
    )
    report, parallel = options["on_mismatch"] == "report", check_parallel(options["parallel"])
    return VerifyOptions(request, options["manifest"], parse_trust(options), report, parallel)


def main(clock: Clock = CLOCK) -> None:
    """Run the module."""
    module = create_module(argument_spec(), **CHECKS)
    options = module.params

    def verify(client: Client, progress: Progress) -> Outcome:
        downloads = Downloads(client, options["repository"])
        return ArtifactVerifier(downloads, parse_options(options)).run(progress)

    run_module(module, verify, Progress(artifacts=[]), options["parallel"], clock=clock)


if __name__ == "__main__":
    main()
