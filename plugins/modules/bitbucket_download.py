#!/usr/bin/python
# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Front door of bitbucket_download: its documentation and its options. Knows no HTTP and decides nothing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bitbucket_download
short_description: Publish release artifacts to the Downloads of a Bitbucket Cloud repository, or delete them
version_added: 1.0.0
author:
  - The releng.bitbucket contributors (@releng)
description:
  - Makes artifacts present in or absent from the Downloads section of a repository on Bitbucket Cloud.
  - Compares before it sends. An artifact that has the same content already is left alone, so a second run sends nothing.
  - Reads the listing again after an upload, and finds an upload whose answer was lost instead of sending it twice.
  - Can keep a checksum manifest such as C(SHA256SUMS) beside the artifacts, and uses it to decide without fetching contents.
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
      - With O(overwrite=always) artifacts are sent on every run.
options:
  state:
    description:
      - Whether the artifacts shall be there.
    type: str
    choices: [present, absent]
    default: present
  src:
    description:
      - Files or glob patterns, on the host that runs the module. C(**) matches folders at any depth.
      - A path that exists is taken literally, even with C([) in it.
      - A pattern that matches nothing, a directory, an unreadable file, and two files with one base name are errors, and nothing
        is sent.
      - Exactly one of O(src) and O(content) is needed with O(state=present).
    type: list
    elements: path
  content:
    description:
      - A text to publish instead of a file, stored as UTF-8. Needs O(name).
      - A dictionary or a list is stored as JSON, as with M(ansible.builtin.copy). In ansible-core 2.18 a template whose text
        looks like JSON is a dictionary or a list. Use O(src) to publish the exact bytes of a file.
    type: str
  name:
    description:
      - With O(state=present), the name of the artifact; allowed with O(content) or with exactly one file.
      - With O(state=absent), the exact names to delete.
    type: list
    elements: str
  overwrite:
    description:
      - What to do about an artifact whose name is there already.
      - V(different) replaces it if the content differs.
      - V(always) replaces it.
      - V(never) leaves it as it is, and compares no content. So it gets no line in the O(manifest) unless a trusted one exists.
      - V(refuse) fails if the content of any differs, before anything is sent, as immutable releases need it.
      - With V(never) and V(refuse), one more request for each new name makes sure that the artifact does not exist.
      - Bitbucket changes some names, for example C(_) for a space. If no artifact has the requested name, the module also
        recognizes the artifact under a name that differs only in Unicode form, in case, or in the characters that Bitbucket
        replaces or removes.
    type: str
    choices: [different, always, never, refuse]
    default: different
  compare:
    description:
      - What proves the same content. Artifacts of another size always differ.
      - V(checksum) takes the digest in the O(manifest) while that is not older than the artifact, and else looks at the content.
      - V(content) looks at the content, whatever a manifest says.
      - V(size) takes the size alone.
    type: str
    choices: [checksum, content, size]
    default: checksum
  manifest:
    description:
      - The name of an artifact that lists SHA-256 digests in the format of C(sha256sum), for example V(SHA256SUMS).
      - The forms of BSD and OpenSSL are read, too. A manifest with SHA-512 digests is an error, because they would be lost.
      - It is used to decide without fetching contents, and is kept up to date, sent last and alone. Its name must be made of
        letters, digits, C(.), C(_) and C(-), which the service stores as they are.
      - A manifest without a signature is a promise by those who publish through it, not a proof. Anyone who can write to the
        repository can replace an artifact and its line. Set O(signing_key) to sign the manifest.
      - The manifest cannot detect an artifact that was replaced by other means with the same size and date. Use
        O(compare=content) to detect this.
      - Channels, which M(releng.bitbucket.bitbucket_download_channel) writes, and their signatures cannot be published with a
        manifest.
      - If an artifact with this name and C(.asc) or C(.sig) exists, the task changes the manifest only with O(signing_key).
    type: str
  verify:
    description:
      - Whether to prove uploads and deletions by reading the artifact list again.
      - An upload counts if the list shows a new date or another size, or if the contents are those that were sent. A deletion
        counts if the list or Bitbucket itself no longer has the artifact.
      - The list can lag behind. It is read again for up to half a minute, within O(max_wait).
      - With a O(manifest), a name that Bitbucket might change is looked up in any case, for the manifest needs the stored name.
    type: bool
    default: true
seealso:
  - module: releng.bitbucket.bitbucket_download_info
"""

EXAMPLES = r"""
- name: Publish everything that was built, with a manifest
  releng.bitbucket.bitbucket_download:
    workspace: acme
    repository: widgets
    user: "{{ lookup('env', 'BITBUCKET_USERNAME') }}"
    api_token: "{{ lookup('env', 'BITBUCKET_API_TOKEN') }}"
    src:
      - dist/*.tar.gz
      - dist/install.sh
    manifest: SHA256SUMS

- name: Publish a version marker, credentials and repository from the environment
  releng.bitbucket.bitbucket_download:
    name: VERSION
    content: "1.4.2\n"

- name: Publish a release with a signed manifest of its own
  releng.bitbucket.bitbucket_download:
    src: dist/widgets-1.4.2*
    manifest: widgets-1.4.2.SHA256SUMS
    signing_key: 0EE5BE979282D80B9F7540F1CCD2ED94D21739E9
    signing_passphrase: "{{ lookup('ansible.builtin.env', 'RELEASE_KEY_PASSPHRASE') }}"

- name: Sign the manifest with an SSH key
  releng.bitbucket.bitbucket_download:
    src: dist/gadgets-2.0.0*
    manifest: gadgets-2.0.0.SHA256SUMS
    signing_key: release-key
    signature_format: ssh

- name: Never change what has been released
  releng.bitbucket.bitbucket_download:
    src: dist/widgets-1.4.2.tar.gz
    overwrite: refuse

- name: Withdraw a release, and its lines in the manifest
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
    - What happened to each artifact, in the order asked. The same in check mode, where it is what would happen.
    - When the task fails half-way, those that had been sent or deleted by then.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name that was asked for.
      type: str
      sample: widgets-1.4.2.tar.gz
    size:
      description: Bytes that lie in Downloads after the task; null where nothing does.
      type: int
      sample: 1048576
    sha256:
      description: SHA-256 of what lies in Downloads after the task; null where it is not known.
      type: str
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    status:
      description: What was done, one of V(created), V(replaced), V(unchanged), V(kept), V(deleted), V(absent).
      type: str
      sample: created
    reason:
      description: Why, in words, such as V(not there), V(size differs), V(content differs), V(same content), V(forced).
      type: str
      sample: not there
    url:
      description: The API's URL of the artifact. It needs credentials where the repository is private, and is no signed URL.
      type: str
      sample: https://api.bitbucket.org/2.0/repositories/acme/widgets/downloads/widgets-1.4.2.tar.gz
    created_on:
      description: When the service says it was uploaded; null where that is not known, as for what check mode would create.
      type: str
      sample: "2026-11-22T10:15:00.123456+00:00"
    stored_name:
      description: The name under which the service has stored it.
      returned: when it differs from the name that was asked for
      type: str
      sample: My_App.zip
    recovered:
      description: The answer to the upload was lost, and the artifact was found to have landed.
      returned: when that happened
      type: bool
      sample: true
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
      description: One of V(created), V(replaced), V(unchanged), V(deleted), V(absent).
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
      description: One of V(created), V(replaced), V(unchanged), V(deleted), V(absent).
      type: str
      sample: created
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
  description: Payload bytes that were handed to the network, repeats and the manifest included.
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
  sample: 2 created, 1 replaced, 97 unchanged; manifest replaced
requests:
  description: How many requests went to the API, repeats included, without those to the storage host and the token endpoint.
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
from ..module_utils._manifest.manifest import Current
from ..module_utils._names import check_name
from ..module_utils._outcome import Outcome, Progress
from ..module_utils._parallel import check_parallel
from ..module_utils._publish.apply import ApplyOptions, Executor
from ..module_utils._publish.evidence import plan_payloads
from ..module_utils._publish.plan import Step, plan_deleting, refuse_channels, refuse_manifest
from ..module_utils._text import quoted
from ..module_utils._trust.options import parse_trust


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
    """Return what ``src`` or ``content`` names, checked before any request."""
    names = options["name"] or []
    if len(names) > 1:
        raise BadInput(f"name must be one name with state=present, not {len(names)}")
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
        raise BadInput("src and content go with state=present; state=absent deletes the names in name")
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
    module = create_module(
        argument_spec(),
        mutually_exclusive=[("src", "content")],
        required_if=[("state", "present", ["src", "content"], True), ("state", "absent", ["name"])],
        required_by={"content": ["name"]},
    )
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
