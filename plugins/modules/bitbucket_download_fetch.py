#!/usr/bin/python
# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declare and parse the options of bitbucket_download_fetch, and run it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bitbucket_download_fetch
short_description: Fetch release artifacts from the Downloads of a Bitbucket Cloud repository as files
version_added: 1.0.0
author:
  - releng.bitbucket contributors (@releng)
description:
  - Fetches artifacts from the Downloads section of a repository to the host of the task, verifies them, and optionally unpacks
    archives. Files that already have the same content are not fetched.
  - Writes each artifact to a temporary file in the directory of the destination, verifies it, and moves it into place in one
    step. The old file is unchanged until then.
  - Resumes interrupted transfers. If the signed URL of an artifact expires, the module requests a new one.
  - Fetches an artifact of 32 MiB or more in ranges over several connections, if O(parallel) allows it.
  - Sends credentials only to the API, never to the storage host that it redirects to.
extends_documentation_fragment:
  - releng.bitbucket._connection
  - releng.bitbucket._connection.repository
  - releng.bitbucket._attributes
  - releng.bitbucket._attributes.action_group
  - releng.bitbucket._selection
  - releng.bitbucket._selection.newest
  - releng.bitbucket._selection.order
  - releng.bitbucket._parallel.limit_rate
  - releng.bitbucket._parallel.progress
  - releng.bitbucket._signature
  - ansible.builtin.files
attributes:
  idempotent:
    support: partial
    details:
      - With O(force=true), the module fetches the artifacts on every run.
  safe_file_operations:
    description: Uses Ansible's strict file operation functions to ensure proper permissions and avoid data corruption.
    support: full
options:
  parallel:
    description:
      - Maximum number of transfers, and of connections to the storage host, at the same time, from 1 to 16.
      - An artifact of 32 MiB or more is fetched in ranges of 8 to 16 MiB over several connections. If the task fetches fewer
        artifacts than O(parallel), each gets an equal share of the connections, rounded down.
      - With V(1), and if the storage host does not support ranges, each artifact is fetched in one stream.
    type: int
    default: 4
  name:
    description:
      - Exact names of the artifacts to fetch. A name that does not exist is an error.
      - One of O(name), O(patterns) and O(channel) is required.
      - Mutually exclusive with O(patterns), O(excludes), O(newest) and O(channel).
    type: list
    elements: str
  patterns:
    description:
      - Shell patterns for the names of the artifacts to fetch. A pattern must match the complete name. No match is an error.
      - With O(use_regex), regular expressions that match from the beginning of the name, as in M(ansible.builtin.find).
      - The O(manifest), its O(signature), and the name of the manifest with C(.asc) or C(.sig) match only a pattern that is
        exactly their name. With O(use_regex), such a pattern can also escape characters, begin with C(^) and end with C($).
      - With O(manifest), the same applies to channels and their signatures, because a manifest has no lines for them.
      - One of O(name), O(patterns) and O(channel) is required.
      - Mutually exclusive with O(name) and O(channel).
  excludes:
    description:
      - Patterns of names to exclude. Uses the same syntax as O(patterns).
      - Mutually exclusive with O(name) and O(channel).
  newest:
    description:
      - Maximum number of matching artifacts to fetch, newest first in the O(order). With O(group_by), maximum number of releases.
      - The minimum is V(1). By default, all matching artifacts are fetched.
      - Mutually exclusive with O(name) and O(channel).
  prereleases:
    description:
      - Whether O(patterns) match pre-releases. See O(order). Ignored with O(name) and O(channel).
  group_by:
    description:
      - Regular expression with exactly one group, which the module searches for in names. Artifacts with the same text in the
        group are one release, and the text is its version.
      - Artifacts that the expression does not match belong to no release. With O(newest), they are not fetched.
    type: str
    version_added: 1.1.0
  channel:
    description:
      - Name of a channel that M(releng.bitbucket.bitbucket_download_channel) has written, for example V(stable). The module
        fetches the artifacts that the channel names.
      - Each artifact must have the size and the digest in the channel. A missing channel, and an artifact that is missing or has
        another size, are errors. In these cases, nothing is fetched. An artifact with another digest is an error as well, and its
        file is not written.
      - All artifacts belong to one release, even if the channel is moved while the task runs.
      - With O(signed_by), the channel must be signed. The default of O(signature) is then the name of the channel's artifact,
        such as C(stable.channel.json), with C(.asc) for OpenPGP and with C(.sig) for SSH.
      - One of O(name), O(patterns) and O(channel) is required.
      - Mutually exclusive with O(name), O(patterns), O(excludes), O(newest), O(manifest) and O(checksum).
    type: str
    version_added: 1.1.0
  version:
    description:
      - Version that the O(channel) must name. The task fails if the channel names another version.
      - Requires O(channel).
    type: str
    version_added: 1.1.0
  dest:
    description:
      - Directory for the artifacts, or the path of the file for one artifact.
      - The value is a directory if it exists as a directory or ends with a slash. A directory that does not exist is created.
      - The parent directory of a file must exist.
      - If the path of an artifact is a symbolic link, the file replaces the link.
    type: path
    required: true
  checksum:
    description:
      - Digest that the artifact must have, as V(sha256:) and hexadecimal digits. V(sha512:), V(sha1:) and V(md5:) are supported
        as well.
      - Only for a task that fetches one artifact.
      - If O(name) is set and the file exists with this digest, the module sends no request. This does not apply with O(manifest)
        or O(force=true).
      - Mutually exclusive with O(channel).
    type: str
  manifest:
    description:
      - Name of an artifact that lists SHA-256 digests in the format of C(sha256sum), for example V(SHA256SUMS).
      - SHA-512 digests and the BSD and OpenSSL formats are supported as well.
      - Each artifact must have the digest in the manifest. A missing manifest and a missing line are errors.
      - Mutually exclusive with O(channel).
    type: str
  force:
    description:
      - Whether to fetch artifacts even if the files have the same content.
    type: bool
    default: false
  backup:
    description:
      - Whether to keep a copy of each replaced file. The name of the copy contains the time.
    type: bool
    default: false
  unpack_dest:
    description:
      - Directory to unpack archives into, after all artifacts are in place and verified. The directory is created if it does not
        exist. Without this option, nothing is unpacked.
      - Archives have names that end with C(.tar), C(.tar.gz), C(.tgz), C(.tar.bz2), C(.tbz2), C(.tar.xz), C(.txz), C(.tar.zst),
        C(.tzst) or C(.zip). A task without an archive among its artifacts is an error.
      - C(.tar.zst) and C(.tzst) need Python 3.14 or the Python library C(zstandard) 0.19, or later, on the host that runs the
        module.
      - The module inspects each member of each archive before it writes anything. If one is refused, nothing is unpacked.
      - It refuses members with an absolute name, with C(..), a backslash, a drive letter or a control character in the name.
      - It refuses links that lead out of the directory or might do so, and members whose path has a link, including an existing
        one.
      - It refuses devices, FIFOs and sockets, and two different members with the same path.
      - It refuses members that would replace a fetched artifact or a directory.
      - It refuses archives that are damaged or encrypted, have more than a million members, or do not fit on the file system. See
        also O(unpack_max_ratio).
      - The module writes only members that differ in type, content, link target, or in the owner's permission to execute. Each
        file is written in one step. Files that are not in the archives are left unchanged. If unpacking fails, the next run
        continues.
      - O(owner), O(group) and the SELinux options apply to unpacked files, but not to the directory itself. Owners in archives
        are ignored. O(mode) and O(backup) apply only to the artifacts.
      - New files get the permissions in the archive, without write permission for group and others and reduced by the umask. A
        replaced file keeps its owner and permissions, except for the permission to execute.
      - The task warns if none of O(manifest), O(channel) and O(checksum) is set, because only sizes are verified then.
      - Unpacked files get the current time as modification time, so that tools that compare timestamps notice them. A hard link
        becomes a separate file.
    type: path
  unpack_max_ratio:
    description:
      - Maximum ratio between the unpacked size and the size of an archive. An archive that announces more is refused before any
        of its contents is read. Without this limit, a few kilobytes could fill a disk.
      - Programs and text are usually 3 to 20 times as large as their archive, logs up to 100 times. Increase the value for a
        trusted archive of sparse or nearly empty files.
      - The limit does not apply to archives that unpack to 16 MiB or less. Ignored without O(unpack_dest).
    type: int
    default: 200
    version_added: 1.1.0
  via:
    description:
      - Where requests to Bitbucket come from, and how the contents reach the host.
      - With V(host), the host of the task sends all requests. It needs credentials, the Python library C(requests), and network
        access to the API and to the storage host.
      - With V(link), the control node reads the listing, verifies the manifest and its signature, and requests signed URLs. The
        host gets the URLs and the digests, and reads from the storage host. It needs neither credentials nor Python libraries.
      - With V(controller), the control node also fetches the contents, once for all hosts, and transfers them to each host. The
        host needs no network access except the connection of Ansible. The copies are in the private directory of the run until
        the run ends.
      - With V(link) and V(controller), the number of requests to the API does not depend on the number of hosts. All tasks of a
        run of C(ansible-playbook) share the data that the control node has read.
      - The control node reads the data again after a task of this collection has changed the repository. It also does so for a
        name that is missing in the data, and for each attempt with C(until).
      - With V(link) and V(controller), credentials and C(BITBUCKET_*) variables are those of the control node and of the keyword
        C(environment). None of them reaches the host. Two kinds of credentials in the environment are an error.
      - With V(link) and V(controller), the control node and the host each use their own proxies. O(ca_path) must exist on the
        control node and, with V(link), on the host. O(signed_by) names files on the control node.
      - Anyone who has a signed URL can fetch the artifact until the URL expires. Signed URLs are in no result. They are in a file
        only if pipelining is off, in the module file in the temporary directory on the host.
      - With C(async), an expired signed URL cannot be renewed.
      - With V(controller), O(limit_rate) applies to the control node.
    type: str
    choices: [host, link, controller]
    default: host
    version_added: 1.1.0
  strip_components:
    description:
      - Number of leading path components to remove from each member, as in C(tar --strip-components). With V(1),
        C(widgets-1.4.2/bin/run) is unpacked as C(bin/run).
      - Members with at most this number of components are skipped. An archive without other members is an error.
      - The module inspects the complete path of each member, and links after stripping. It also strips the targets of hard links,
        but not those of symbolic links.
      - Requires O(unpack_dest).
    type: int
    default: 0
    version_added: 1.1.0
  unpack_exact:
    description:
      - Whether to remove everything from O(unpack_dest) that is not in the archives of the task, after unpacking. Without this
        option, files of an earlier release remain.
      - The files of the artifacts, their backups and their records are never removed, even if O(dest) is the same directory.
        Links are removed and never followed. A file system that is mounted in the directory is an error.
      - The directory must have the marker C(.ansible_bitbucket_unpacked), a regular file. The module creates the marker in a
        directory that does not exist, is empty, or has only members of the archives.
      - If the directory has other files and no marker, the task fails and changes nothing there. To let the task remove these
        files, create the marker yourself, as an empty file.
      - The module reads all archives before it removes anything. If an archive is refused or damaged, nothing is removed.
      - If the archives have a file where the directory has a subdirectory, or the other way around, the module replaces it.
        Without this option, this is an error.
      - Requires O(unpack_dest).
    type: bool
    default: false
    version_added: 1.1.0
  keep_archive:
    description:
      - Whether to keep the archives in O(dest) after unpacking. With V(false), each archive is removed after it is unpacked. The
        record C(.<name>.unpacked) replaces it, with the digests of the archive and of its members.
      - The next run compares the digests of the artifact with those in the record, and reads each unpacked file. If all are
        equal, no archive is fetched. If a file differs, the module fetches and unpacks the archive again.
      - Other artifacts remain in O(dest). If unpacking fails, the archive remains as well, and the next run uses it.
      - Requires O(unpack_dest).
    type: bool
    default: true
    version_added: 1.1.0
requirements:
  - Python >= 3.14 or zstandard >= 0.19, to unpack C(.tar.zst) and C(.tzst)
seealso:
  - module: releng.bitbucket.bitbucket_download_channel
    description: Name the current release.
  - module: releng.bitbucket.bitbucket_download_info
    description: List artifacts without fetching them.
  - module: releng.bitbucket.bitbucket_download_verify
    description: Verify artifacts without writing files.
  - module: ansible.builtin.get_url
    description: Fetch files from other servers.
  - plugin: releng.bitbucket.bitbucket_download
    plugin_type: lookup
    description: Read the contents of artifacts on the control node.
  - plugin: releng.bitbucket.checksums
    plugin_type: filter
    description: Read O(checksum) from a checksum file.
  - ref: ansible_collections.releng.bitbucket.docsite.guide_roles
    description: Fetch and deploy with P(releng.bitbucket.fetch_artifacts#role) and P(releng.bitbucket.deploy_artifacts#role).
  - ref: ansible_collections.releng.bitbucket.docsite.guide_fetch
    description: Fetch artifacts step by step.
  - ref: ansible_collections.releng.bitbucket.docsite.guide_fleet
    description: Deploy to many hosts, and compare the values of O(via).
  - ref: ansible_collections.releng.bitbucket.docsite.guide_transfers
    description: Show progress, limit the rate, use several connections, and use C(async).
"""

EXAMPLES = r"""
- name: Fetch one artifact, and verify it with the manifest
  releng.bitbucket.bitbucket_download_fetch:
    workspace: acme
    repository: widgets
    user: "{{ lookup('ansible.builtin.env', 'BITBUCKET_USERNAME') }}"
    api_token: "{{ lookup('ansible.builtin.env', 'BITBUCKET_API_TOKEN') }}"
    name: widgets-1.4.2.tar.gz
    dest: "{{ fetch_directory }}/"
    manifest: SHA256SUMS

# The next tasks take the workspace, the repository and the credentials from the environment.
- name: Fetch one artifact, and verify it with a signed manifest
  releng.bitbucket.bitbucket_download_fetch:
    name: widgets-1.4.2.tar.gz
    dest: "{{ fetch_directory }}/signed/"
    manifest: widgets-1.4.2.SHA256SUMS
    signed_by: "{{ lookup('ansible.builtin.file', 'release-key.asc') }}"

- name: Fetch the release that the channel stable names
  releng.bitbucket.bitbucket_download_fetch:
    channel: stable
    dest: "{{ fetch_directory }}/stable/"

- name: Fetch the newest build
  releng.bitbucket.bitbucket_download_fetch:
    patterns: widgets-*.tar.gz
    newest: 1
    dest: "{{ fetch_directory }}/widgets.tar.gz"
    mode: "0644"

- name: Fetch all artifacts of the stable release with the highest version
  releng.bitbucket.bitbucket_download_fetch:
    patterns: widgets-*
    group_by: ^widgets-(\d+\.\d+\.\d+)
    order: version
    prereleases: false
    newest: 1
    dest: "{{ fetch_directory }}/newest/"

- name: Fetch an artifact to hosts without credentials and without the library requests
  releng.bitbucket.bitbucket_download_fetch:
    name: widgets-1.4.2.tar.gz
    dest: "{{ fetch_directory }}/link/"
    manifest: SHA256SUMS
    via: link

- name: Fetch an artifact with a known digest
  releng.bitbucket.bitbucket_download_fetch:
    name: install.sh
    dest: "{{ fetch_directory }}/install.sh"
    checksum: "{{ install_checksum }}"
    mode: "0755"

- name: Fetch a release and unpack it
  releng.bitbucket.bitbucket_download_fetch:
    name: widgets-1.4.2.tar.gz
    manifest: SHA256SUMS
    dest: "{{ fetch_directory }}/"
    unpack_dest: "{{ fetch_directory }}/widgets-1.4.2"

- name: Unpack a release without the top directory of its archive
  releng.bitbucket.bitbucket_download_fetch:
    name: widgets-1.4.2.tar.gz
    manifest: SHA256SUMS
    dest: "{{ fetch_directory }}/"
    unpack_dest: "{{ fetch_directory }}/widgets"
    strip_components: 1

- name: Unpack the newest release, and remove files of the release before it
  releng.bitbucket.bitbucket_download_fetch:
    patterns: widgets-*.tar.gz
    newest: 1
    manifest: SHA256SUMS
    dest: "{{ fetch_directory }}/"
    unpack_dest: "{{ fetch_directory }}/current"
    unpack_exact: true
"""

RETURN = r"""
artifacts:
  description:
    - Result for each artifact. In check mode, the predicted result.
    - The artifacts have the order of O(name). With O(patterns), they are sorted newest first in the O(order). With O(channel),
      they are sorted by name.
    - If the task fails after it has fetched something, the artifacts that it has fetched.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the artifact.
      type: str
      sample: widgets-1.4.2.tar.gz
    dest:
      description: Path of the file; null for an archive if O(keep_archive=false).
      type: str
      sample: /opt/widgets/widgets-1.4.2.tar.gz
    size:
      description: Size in bytes of the file after the task.
      type: int
      sample: 1048576
    sha256:
      description: SHA-256 of the file after the task, as hexadecimal digits; null if check mode cannot know it.
      type: str
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    status:
      description: Result, one of V(fetched), V(replaced), V(unchanged).
      type: str
      sample: fetched
    reason:
      description:
        - Reason for the result, such as V(not there), V(size differs), V(content differs), V(same content), V(forced).
      type: str
      sample: not there
    version:
      description: Version in the name, or the text that O(group_by) matches. Null if there is none.
      type: str
      version_added: 1.1.0
      sample: 1.4.2
    url:
      description: API URL of the artifact. It is not signed. If the repository is private, it requires credentials.
      type: str
      sample: https://api.bitbucket.org/2.0/repositories/acme/widgets/downloads/widgets-1.4.2.tar.gz
    backup_file:
      description: Path of the copy of the replaced file.
      returned: when O(backup=true) and a file was replaced
      type: str
      sample: /opt/widgets/app.tgz.4242.2026-11-22@10:15:00~
unpacked:
  description: Result for each archive, in the order of RV(artifacts).
  returned: success, when O(unpack_dest) is set
  type: list
  elements: dict
  contains:
    name:
      description: Name of the artifact.
      type: str
      sample: widgets-1.4.2.tar.gz
    dest:
      description: Path of the directory, as in O(unpack_dest).
      type: str
      sample: /opt/widgets
    members:
      description: Number of members of the archive; null if check mode cannot know it.
      type: int
      sample: 42
    changed_paths:
      description:
        - Number of files, directories and links in the directory that were written or got another owner.
        - Null if check mode cannot know it.
      type: int
      sample: 3
    status:
      description:
        - V(unpacked) if a file differed, V(unchanged) otherwise.
        - In check mode, an archive that is not on the host yet counts as V(unpacked).
      type: str
      sample: unpacked
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
removed:
  description:
    - Sorted paths of everything that was removed. In check mode, of everything that would be removed.
    - In check mode, null if an archive is not on the host yet.
  returned: success, when O(unpack_exact=true)
  type: list
  version_added: 1.1.0
  elements: str
  sample: [/opt/widgets/bin/old]
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
  description: Number of artifacts by status, as a sentence. If the task fails, the reason.
  returned: always
  type: str
  version_added: 1.1.0
  sample: 2 fetched, 1 unchanged
requests:
  description:
    - Number of requests to the API, including retries.
    - Requests to the storage host and to the token endpoint are not counted.
  returned: always
  type: int
  sample: 2
"""

import typing as t

from ..module_utils._ansible.arguments import (
    limit_rate_argument_spec,
    order_argument_spec,
    parallel_argument_spec,
    repository_argument_spec,
    selection_argument_spec,
    signed_by_argument_spec,
)
from ..module_utils._ansible.files import AnsibleFiles
from ..module_utils._ansible.module import BitbucketModule, CreateClient, Options, create_client, create_module, run_module
from ..module_utils._channel.options import parse_requested_channel
from ..module_utils._downloads.api import Downloads
from ..module_utils._errors import BadInput
from ..module_utils._fetch.choose import Chooser, Wanted
from ..module_utils._fetch.fetch import Fetcher, summarize
from ..module_utils._fetch.local import FetchOptions, ListedRequests
from ..module_utils._files.checksum import parse_checksum
from ..module_utils._files.destination import Destination
from ..module_utils._http.client import Client
from ..module_utils._http.retries import CLOCK, Clock
from ..module_utils._outcome import Outcome, Progress
from ..module_utils._parallel import check_parallel
from ..module_utils._trust.options import parse_trust
from ..module_utils._versions.order import parse_order

if t.TYPE_CHECKING:
    from ..module_utils._archives.unpack import Unpacker
    from ..module_utils._delivery.task import DeliveredTask
    from ..module_utils._downloads.selection import Selection

_UNVERIFIED = (
    "Only the sizes of the unpacked archives are verified, not their contents. Set manifest, with signed_by if the manifest is"
    " signed, or channel, or checksum for one artifact"
)


CHECKS: dict[str, t.Any] = {
    "mutually_exclusive": [
        *(("name", each) for each in ("patterns", "excludes", "newest")),
        *(("channel", each) for each in ("name", "patterns", "excludes", "newest", "manifest", "checksum")),
    ],
    "required_one_of": [("name", "patterns", "channel")],
    "required_by": {"version": ["channel"]},
}
_NO_ACTION = (
    "via needs the action plugin bitbucket_download_fetch of this collection on the control node: call the module as a task"
)


def argument_spec() -> dict[str, t.Any]:
    """Return the options of this module, without those of the connection and of Ansible's files."""
    return {
        **repository_argument_spec(),
        **selection_argument_spec(),
        **order_argument_spec(),
        **parallel_argument_spec(),
        **limit_rate_argument_spec(),
        **signed_by_argument_spec(),
        "name": {"type": "list", "elements": "str"},
        "newest": {"type": "int"},
        "dest": {"type": "path", "required": True},
        "checksum": {"type": "str"},
        "manifest": {"type": "str"},
        "channel": {"type": "str"},
        "version": {"type": "str"},
        "force": {"type": "bool", "default": False},
        "backup": {"type": "bool", "default": False},
        "unpack_dest": {"type": "path"},
        "via": {"type": "str", "choices": ["host", "link", "controller"], "default": "host"},
        "unpack_max_ratio": {"type": "int", "default": 200},
        "strip_components": {"type": "int", "default": 0},
        "unpack_exact": {"type": "bool", "default": False},
        "keep_archive": {"type": "bool", "default": True},
    }


def create_unpacker(options: Options, files: AnsibleFiles) -> Unpacker | None:
    """Return an unpacker, or None if the task unpacks nothing. Such a task saves the import, 2 % of its processor time."""
    if options["unpack_dest"] is None:
        needing = {
            "strip_components": options["strip_components"],
            "unpack_exact": options["unpack_exact"],
            "keep_archive=false": not options["keep_archive"],
        }
        if given := [option for option, is_set in needing.items() if is_set]:
            raise BadInput(f"{given[0]} needs unpack_dest")
        return None
    from ..module_utils._archives.folder import Folder
    from ..module_utils._archives.unpack import Unpacker, UnpackOptions

    names = ("unpack_max_ratio", "strip_components", "unpack_exact", "keep_archive")
    unpack_options = UnpackOptions(*(options[name] for name in names))
    return Unpacker(Folder(options["unpack_dest"]), files, Destination(options["dest"]).path_for, unpack_options)


def parse_options(options: Options, unpacker: Unpacker | None) -> FetchOptions:
    """Return how the task fetches, checked as far as possible without the network."""
    check_parallel(options["parallel"])
    return FetchOptions(
        destination=Destination(options["dest"]),
        force=options["force"],
        parallel=options["parallel"],
        check_names=unpacker.check if unpacker else None,
        order=parse_order(options),
        find_file=unpacker.find_file if unpacker else None,
    )


def parse_patterns(options: Options) -> Selection | None:
    """Return the selection by patterns, or None for a task without patterns, which does not need the import."""
    if not options["patterns"]:
        return None
    from ..module_utils._downloads.selection import parse_selection

    return parse_selection(options)


def parse_wanted(options: Options) -> Wanted:
    """Return the requested artifacts."""
    channel = parse_requested_channel(options)
    if not (options["name"] or options["patterns"] or channel):
        raise BadInput("name and patterns are empty: there is nothing to fetch")
    return Wanted(
        names=list(dict.fromkeys(options["name"] or ())) or None,
        selection=parse_patterns(options),
        checksum=parse_checksum(options["checksum"]) if options["checksum"] is not None else None,
        manifest=options["manifest"],
        trust=parse_trust(options, channel.file if channel else None),
        channel=channel,
    )


def find_delivered_task(module: BitbucketModule) -> DeliveredTask | None:
    """Return the task with the data from the control node, or None if the host sends the requests to Bitbucket itself."""
    document = module.control_node.get("delivery")
    if document is None and module.params["via"] != "host":
        module.refusal = module.refusal or _NO_ACTION
    if not document:
        return None
    from ..module_utils._delivery.task import DeliveredTask

    return DeliveredTask(document)


def choose_client(delivered: DeliveredTask | None) -> CreateClient:
    """Return the function that creates the client."""
    if delivered is None:
        return create_client
    return lambda module, threads, clock: delivered.create_client(module.params, module.no_log_values.add, threads, clock)


def warn(options: Options) -> Outcome:
    """Return a warning if the task unpacks archives without verifying their contents."""
    is_verified = any(options[name] is not None for name in ("manifest", "channel", "checksum"))
    return Outcome({}, warnings=[] if is_verified else [_UNVERIFIED])


def main(clock: Clock = CLOCK) -> None:
    """Run the module."""
    module = create_module(
        argument_spec(),
        add_file_common_args=True,
        **CHECKS,
    )
    options, check_mode = module.params, module.check_mode
    delivered = find_delivered_task(module)

    def fetch(client: Client, progress: Progress) -> Outcome:
        with AnsibleFiles(module) as files:
            unpacker = create_unpacker(options, files)
            how, wanted = parse_options(options, unpacker), parse_wanted(options)
            if delivered is None:
                downloads = Downloads(client, options["repository"])
                requests = ListedRequests(downloads, Chooser(downloads, wanted, how.check), wanted, how)
                fetched, facts = Fetcher(downloads, requests, how, files).run(check_mode, progress), requests.facts
            else:
                found = delivered.fetch(client, options["repository"], wanted, how, files, check_mode, progress)
                if isinstance(found, Outcome):
                    return found
                fetched, facts = found
            outcome = summarize(fetched, facts)
            return outcome.join(unpacker.run(fetched, check_mode, progress)).join(warn(options)) if unpacker else outcome

    run_module(module, fetch, Progress(artifacts=[]), options["parallel"], clock, choose_client(delivered))


if __name__ == "__main__":
    main()
