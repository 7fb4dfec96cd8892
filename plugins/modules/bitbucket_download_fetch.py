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
  - The releng.bitbucket contributors (@releng)
description:
  - Puts artifacts of a repository's Downloads section on the host of the task, verified, and only when they differ.
  - Contents go to a temporary file in the folder of the destination, are hashed while they are written, checked, and moved into
    place in one step. The old file stays until then.
  - A transfer that breaks off goes on where it stopped, with a newly signed URL.
  - An artifact of 32 MiB or more is fetched in ranges over several connections if O(parallel) allows it.
  - Credentials are sent to the API only, never to the storage host that it redirects to.
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
      - With O(force=true) artifacts are fetched on every run.
options:
  parallel:
    description:
      - Maximum number of transfers, and of connections to the storage host, at the same time, from 1 to 16.
      - An artifact of 32 MiB or more is fetched in ranges of 8 to 16 MiB over several connections.
        If the task fetches fewer artifacts than O(parallel), each gets an equal share of the connections, rounded down.
      - A storage host that does not support ranges sends each artifact in one stream.
        With V(1), each artifact is fetched in one stream as well.
    type: int
    default: 4
  name:
    description:
      - The exact names of the artifacts. One that is not there is an error.
      - Exactly one of O(name), O(patterns) and O(channel) is needed.
    type: list
    elements: str
  patterns:
    description:
      - Names to fetch, as shell patterns that match the whole name, or with O(use_regex) as regular expressions that match from
        its beginning, as in M(ansible.builtin.find). No match is an error.
      - The O(manifest), its O(signature), and the manifest's name with C(.asc) or C(.sig), match only if a pattern is exactly the
        name. A regular expression may also escape characters of the name, begin with C(^) and end with C($).
      - With O(manifest), the same holds for channels and their signatures, which have no line in a manifest.
  newest:
    description:
      - Maximum number of matching artifacts to fetch, newest first in the O(order). With O(group_by), maximum number of releases.
      - Mutually exclusive with O(name).
  prereleases:
    description:
      - Whether O(patterns) match pre-releases. See O(order). It has no effect with O(name).
  group_by:
    description:
      - Regular expression with exactly one group, which the module searches for in names. Artifacts with the same text in the
        group are one release, and the text is its version. Artifacts that it does not match are in no release, and are not
        fetched if O(newest) is set.
    type: str
    version_added: 1.1.0
  channel:
    description:
      - Name of a channel that M(releng.bitbucket.bitbucket_download_channel) has written, for example V(stable). The task fetches
        the artifacts that the channel names.
      - Every artifact must have the size and the digest in the channel. A missing channel, and a channel that names missing or
        different artifacts, are errors, and nothing is fetched.
      - All artifacts are those of one release, even if the channel is moved while the task runs.
      - With O(signed_by), the channel must be signed. The default of O(signature) is then the name of its artifact, such as
        C(stable.channel.json), with C(.asc) for OpenPGP and with C(.sig) for SSH.
      - Mutually exclusive with O(name), O(patterns), O(excludes), O(newest), O(manifest) and O(checksum).
    type: str
    version_added: 1.1.0
  version:
    description:
      - Version that the O(channel) must name. The task fails if the channel was moved to another version.
      - Requires O(channel).
    type: str
    version_added: 1.1.0
  dest:
    description:
      - Where to put the artifacts. A directory if it exists as one or ends in a slash, in which case it is created; else the path
        of the file, for one artifact, whose parent directory must exist.
      - A link at the place of the file is replaced by the file.
    type: path
    required: true
  checksum:
    description:
      - The digest that the artifact must have, as V(sha256:) and hex digits; V(sha512:), V(sha1:) and V(md5:) work as well. For
        one artifact.
      - If the file is there with this digest already, no request is sent.
    type: str
  manifest:
    description:
      - The name of an artifact that lists SHA-256 digests in the format of C(sha256sum), for example V(SHA256SUMS).
      - SHA-512 digests and the forms of BSD and OpenSSL are read, too.
      - Every artifact that is fetched must have the digest in it. A missing manifest and a missing line are errors.
    type: str
  force:
    description:
      - Whether to fetch also what is there with the same content.
    type: bool
    default: false
  backup:
    description:
      - Whether to keep a copy of a file that is replaced, with a time in its name.
    type: bool
    default: false
  unpack_dest:
    description:
      - The directory into which the archives among the artifacts are unpacked, after all artifacts are in place and verified.
        It is created where it is missing. Without this option nothing is unpacked.
      - Archives are known by their names, which end in C(.tar), C(.tar.gz), C(.tgz), C(.tar.bz2), C(.tbz2), C(.tar.xz), C(.txz),
        C(.tar.zst), C(.tzst) or C(.zip). No archive among the artifacts is an error.
      - C(.tar.zst) and C(.tzst) need Python 3.14 or the library zstandard 0.19, or later ones, on the host that runs the module.
      - Every member of every archive is inspected before anything is written. Refused are absolute names, names with C(..), a
        backslash, a drive letter or a control character, links that lead or may lead out of the directory, members behind a
        link, also one that is there already, devices, FIFOs and sockets, two members for one path that differ, members that
        would take the place of a fetched artifact or of a directory, and archives that are damaged, encrypted, have more than
        a million members, or do not fit on the file system.
      - Only what differs in type, content, link target, or in the owner's right to execute is written, each file in one step.
        What is there and not in the archives stays. What was written before a failure stays too, and the next run goes on.
      - O(owner), O(group) and the SELinux options hold for what is unpacked, not for the directory itself; owners in the
        archives never count. O(mode) and O(backup) are for the artifacts alone. New files get the permissions of the archive
        without those to write for group and others, reduced by the umask; a file that is replaced keeps its owner and its
        permissions, but for the right to execute.
      - The task warns if none of O(manifest), O(channel) and O(checksum) is set, because only sizes are verified then.
      - Archives are also refused if they announce far more bytes than they have. See O(unpack_max_ratio).
      - Times are those of the unpacking, because what goes by times would miss a new file with the time of an old one. A hard
        link becomes a file of its own.
    type: path
  unpack_max_ratio:
    description:
      - Maximum ratio of the bytes that an archive unpacks to and the bytes of the archive itself. An archive that announces more
        is refused before any of its contents is read, because some kilobytes can announce more than a disk holds.
      - Programs and texts are usually 3 to 20 times as large as their archive, logs up to 100 times. Raise it for an archive of
        sparse or nearly empty files that you trust.
      - Archives that unpack to 16 MiB or less are never refused for their ratio. Ignored without O(unpack_dest).
    type: int
    default: 200
  via:
    description:
      - What talks to Bitbucket, and how the contents reach the host.
      - With V(host), the host of the task sends all requests. It needs a credential, the Python library C(requests), and a way to
        the API and to the storage host.
      - With V(link), the control node lists, verifies the manifest and its signature, and asks for signed links. The host gets
        the links and the digests, and reads from the storage host. It needs no credential and nothing but Python.
      - With V(controller), the control node fetches the contents as well, once for all hosts, and transfers them to each host.
        The host needs no network besides the connection of Ansible. The copies stay in the private folder of the run until its
        end.
      - With V(link) and V(controller), the number of requests to the API does not depend on the number of hosts. What the control
        node has read is used by all tasks of a run of C(ansible-playbook). It is read again after a task of this collection has
        changed the repository, when a later task names what is missing, and for every attempt with C(until).
      - With V(link) and V(controller), credentials and C(BITBUCKET_*) variables are those of the control node and of the keyword
        C(environment), and none of them reaches the host. Two kinds of credentials in the environment are an error. Proxies are
        those of each side. O(ca_path) must exist on the control node and, with V(link), on the host. O(signed_by) names files on
        the control node.
      - A signed link works for whoever holds it. Links are in no result and in no file, except in the file of the module in the
        temporary folder on the host if pipelining is off. With C(async), a link cannot be renewed when it expires.
      - With V(controller), O(limit_rate) is for the control node.
    type: str
    choices: [host, link, controller]
    default: host
    version_added: 1.1.0
  strip_components:
    description:
      - Number of leading parts to remove from the path of each member, as in C(tar --strip-components). With V(1),
        C(widgets-1.4.2/bin/run) is unpacked as C(bin/run).
      - Members whose paths have at most that many parts are left out. An archive of which nothing is left is an error.
      - The whole path of each member is inspected all the same. Links are inspected as they are after stripping. The paths that
        hard links lead to are stripped as well, the targets of symbolic links are not.
      - Requires O(unpack_dest).
    type: int
    default: 0
    version_added: 1.1.0
  unpack_exact:
    description:
      - Whether to remove everything in O(unpack_dest) that none of the archives of the task has, after unpacking. Without it,
        files of an earlier release stay.
      - The files of the artifacts, their backups and records are never removed, even if O(dest) is the same directory. Links are
        removed and never followed. A file system that is mounted in the directory is an error.
      - The directory must have the marker C(.ansible_bitbucket_unpacked), a regular file. The task creates the marker in a
        directory that does not exist, is empty, or has nothing but members of the archives. In any other directory without it,
        the task fails and changes nothing there. If everything in the directory can be removed, create the empty file yourself.
      - All archives are read before anything is removed. A refused or damaged archive removes nothing.
      - A directory at the place of a file, and the other way around, is replaced. Without this option, it is an error.
      - Requires O(unpack_dest).
    type: bool
    default: false
    version_added: 1.1.0
  keep_archive:
    description:
      - Whether the archives stay in O(dest) after unpacking. With V(false), each is removed when it has been unpacked, and the
        record C(.<name>.unpacked) in its directory has its digests and the digests of its members.
      - The next run compares the digests of the artifact with those of the record, and reads every unpacked file. If all are the
        same, no archive is fetched. If a file differs, the archive is fetched and unpacked again.
      - Other artifacts stay in O(dest). If unpacking fails, the archive stays as well, and the next run uses it.
      - Requires O(unpack_dest).
    type: bool
    default: true
    version_added: 1.1.0
seealso:
  - module: releng.bitbucket.bitbucket_download
  - module: releng.bitbucket.bitbucket_download_channel
  - module: releng.bitbucket.bitbucket_download_info
  - module: releng.bitbucket.bitbucket_download_verify
  - ref: ansible_collections.releng.bitbucket.docsite.guide_fleet
    description: Compares the values of O(via), with their requests, and tells how to deploy to many hosts.
  - ref: ansible_collections.releng.bitbucket.docsite.guide_transfers
    description: Tells about progress, O(limit_rate), several connections, expired links and C(async).
"""

EXAMPLES = r"""
- name: Fetch a release whose manifest was signed by the release key
  releng.bitbucket.bitbucket_download_fetch:
    name: widgets-1.4.2.tar.gz
    dest: "{{ fetch_directory }}/signed/"
    manifest: widgets-1.4.2.SHA256SUMS
    signed_by: "{{ lookup('ansible.builtin.file', 'release-key.asc') }}"

- name: Fetch one artifact, verified by the manifest that was published with it
  releng.bitbucket.bitbucket_download_fetch:
    workspace: acme
    repository: widgets
    user: "{{ lookup('env', 'BITBUCKET_USERNAME') }}"
    api_token: "{{ lookup('env', 'BITBUCKET_API_TOKEN') }}"
    name: widgets-1.4.2.tar.gz
    dest: "{{ fetch_directory }}/"
    manifest: SHA256SUMS

- name: Fetch the release that the channel stable names
  releng.bitbucket.bitbucket_download_fetch:
    channel: stable
    dest: "{{ fetch_directory }}/stable/"

- name: Fetch the newest build, connection from the environment
  releng.bitbucket.bitbucket_download_fetch:
    patterns: widgets-*.tar.gz
    newest: 1
    dest: "{{ fetch_directory }}/widgets.tar.gz"
    mode: "0644"

- name: Fetch all files of the stable release with the highest version
  releng.bitbucket.bitbucket_download_fetch:
    patterns: widgets-*
    group_by: ^widgets-(\d+\.\d+\.\d+)
    order: version
    prereleases: false
    newest: 1
    dest: "{{ fetch_directory }}/newest/"

- name: Fetch on hosts that have neither a credential nor the library requests
  releng.bitbucket.bitbucket_download_fetch:
    name: widgets-1.4.2.tar.gz
    dest: "{{ fetch_directory }}/link/"
    manifest: SHA256SUMS
    via: link

- name: Fetch what is known by its digest; the second run sends no request
  releng.bitbucket.bitbucket_download_fetch:
    name: install.sh
    dest: "{{ fetch_directory }}/install.sh"
    checksum: "{{ install_checksum }}"
    mode: "0755"

- name: Fetch a release and unpack it; the second run changes nothing
  releng.bitbucket.bitbucket_download_fetch:
    name: widgets-1.4.2.tar.gz
    manifest: SHA256SUMS
    dest: "{{ fetch_directory }}/"
    unpack_dest: "{{ fetch_directory }}/widgets-1.4.2"

- name: Unpack a release without the folder that its archive has at the top
  releng.bitbucket.bitbucket_download_fetch:
    name: widgets-1.4.2.tar.gz
    manifest: SHA256SUMS
    dest: "{{ fetch_directory }}/"
    unpack_dest: "{{ fetch_directory }}/widgets"
    strip_components: 1

- name: Replace the unpacked release by the newest one, without files that only the old one has
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
    - What happened to each artifact, in the order of O(name), else newest first in the O(order). The same in check mode, where it
      is what would happen.
    - When the task fails half-way, those that were fetched by then.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Its name in Downloads.
      type: str
      sample: widgets-1.4.2.tar.gz
    dest:
      description: The path of the file; null for an archive if O(keep_archive) is false.
      type: str
      sample: /opt/widgets/widgets-1.4.2.tar.gz
    size:
      description: Bytes of the file after the task.
      type: int
      sample: 1048576
    sha256:
      description: SHA-256 of the file after the task; null where check mode cannot know it.
      type: str
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    status:
      description: What was done, one of V(fetched), V(replaced), V(unchanged).
      type: str
      sample: fetched
    reason:
      description: Why, in words, such as V(not there), V(size differs), V(content differs), V(same content), V(forced).
      type: str
      sample: not there
    version:
      description: Version in the name, or the text of O(group_by). Null if it cannot be told.
      type: str
      sample: 1.4.2
    url:
      description: The API's URL of the artifact. It needs credentials where the repository is private, and is no signed URL.
      type: str
      sample: https://api.bitbucket.org/2.0/repositories/acme/widgets/downloads/widgets-1.4.2.tar.gz
    backup_file:
      description: The path of the copy of the old file.
      returned: when O(backup) is true and a file was replaced
      type: str
      sample: /opt/widgets/app.tgz.4242.2026-11-22@10:15:00~
unpacked:
  description:
    - What came of each archive, in the order of RV(artifacts).
    - In check mode the members of an archive that would be fetched cannot be known; it counts as V(unpacked).
  returned: success, when O(unpack_dest) is given
  type: list
  elements: dict
  contains:
    name:
      description: The name of the artifact.
      type: str
      sample: widgets-1.4.2.tar.gz
    dest:
      description: The directory, as O(unpack_dest) has it.
      type: str
      sample: /opt/widgets
    members:
      description: How many members the archive has; null where check mode cannot know it.
      type: int
      sample: 42
    changed_paths:
      description:
        - How many files, directories and links below the directory were written or got another owner; null where check mode
          cannot know it.
      type: int
      sample: 3
    status:
      description: V(unpacked) if something differed, else V(unchanged).
      type: str
      sample: unpacked
channel:
  description: Channel that was read, as its document.
  returned: success, when O(channel) is set
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
      description: Version before this one, null if there is none.
      type: str
      sample: 1.4.1
    artifacts:
      description: Artifacts of the release, sorted by name, with the keys C(name), C(size) and C(sha256).
      type: list
      elements: dict
    manifest:
      description: Name of the manifest of the release, null if there is none.
      type: str
      sample: widgets-1.4.2.SHA256SUMS
    commit:
      description: What the release was built from, null if it is not known.
      type: str
      sample: 4a2f0c7e6d0d4a0b8c1f7f6f0f3f5a2b9d8c7e6f
removed:
  description:
    - Paths of what was removed, or in check mode would be removed, sorted.
    - In check mode, null if an archive is not on the host yet.
  returned: success, when O(unpack_exact) is true
  type: list
  elements: str
  sample: [/opt/widgets/bin/old]
signature:
  description: Signature of the manifest or of the channel.
  returned: success, when O(signed_by) is set
  type: dict
  contains:
    name:
      description: Name of its artifact.
      type: str
      sample: SHA256SUMS.asc
    status:
      description: V(verified).
      type: str
      sample: verified
    format:
      description: V(openpgp) or V(ssh).
      type: str
      sample: openpgp
    fingerprint:
      description: Fingerprint of the primary key that signed, for SSH C(SHA256:…).
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
  sample: 2 fetched, 1 unchanged
requests:
  description: How many requests went to the API, repeats included, without those to the storage host and the token endpoint.
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
from ..module_utils._delivery.delivery import Delivery, Question, parse_delivery
from ..module_utils._delivery.downloads import DeliveredDownloads, create_link_client
from ..module_utils._delivery.host import DeliveredRequests, ask, fetch_delivery
from ..module_utils._downloads.api import Downloads
from ..module_utils._downloads.artifact import parse_selection
from ..module_utils._errors import BadInput
from ..module_utils._fetch.choose import Chooser, Wanted
from ..module_utils._fetch.fetch import Fetcher, summarize
from ..module_utils._fetch.local import FetchOptions, ListedRequests, Requests
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

_UNVERIFIED = (
    "Only the sizes of the artifacts are verified, not the contents of the archives that are unpacked. Set manifest, with"
    " signed_by if the manifest is signed, or channel, or checksum if it is one artifact"
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
    """Return what unpacks archives, if the task asks for it; no other task pays for the import, 2 % of its processor time."""
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


def parse_wanted(options: Options) -> Wanted:
    """Return what the task asks for."""
    channel = parse_requested_channel(options)
    if not (options["name"] or options["patterns"] or channel):
        raise BadInput("name and patterns are empty: there is nothing to fetch")
    return Wanted(
        names=list(dict.fromkeys(options["name"] or ())) or None,
        selection=parse_selection(options) if options["patterns"] else None,
        checksum=parse_checksum(options["checksum"]) if options["checksum"] is not None else None,
        manifest=options["manifest"],
        trust=parse_trust(options, channel.file if channel else None),
        channel=channel,
    )


def find_delivery(module: BitbucketModule) -> Delivery | None:
    """Return what the control node hands over, None if the host talks to Bitbucket itself."""
    document = module.control_node.get("delivery")
    if document is None and module.params["via"] != "host":
        module.refusal = module.refusal or _NO_ACTION
    return parse_delivery(document) if document else None


def choose_client(delivery: Delivery | None) -> CreateClient:
    """Return what makes the client of the task: a delivery needs neither credentials nor the library of the API's client."""
    if delivery is None:
        return create_client
    return lambda module, threads, clock: create_link_client(module.params, delivery, module.no_log_values.add, threads, clock)


def warn(options: Options) -> Outcome:
    """Return the warning of a task that unpacks archives whose contents nothing verifies."""
    is_verified = any(options[name] is not None for name in ("manifest", "channel", "checksum"))
    return Outcome({}, warnings=[] if is_verified else [_UNVERIFIED])


def main(clock: Clock = CLOCK) -> None:
    """Run as a module."""
    module = create_module(
        argument_spec(),
        add_file_common_args=True,
        **CHECKS,
    )
    options, check_mode = module.params, module.check_mode
    delivery = find_delivery(module)

    def fetch(client: Client, progress: Progress) -> Outcome:
        with AnsibleFiles(module) as files:
            unpacker = create_unpacker(options, files)
            how, wanted = parse_options(options, unpacker), parse_wanted(options)
            if delivery is None:
                downloads = Downloads(client, options["repository"])
                requests: Requests = ListedRequests(downloads, Chooser(downloads, wanted, how.check), wanted, how)
                fetched = Fetcher(downloads, requests, how, files).run(check_mode, progress)
            else:
                delivered = DeliveredDownloads(client, options["repository"], delivery)
                requests = DeliveredRequests(delivery, wanted, how)
                found = fetch_delivery(Fetcher(delivered, requests, how, files), requests, check_mode, progress)
                if isinstance(found, Question):
                    return ask(found)
                fetched = found
            outcome = summarize(fetched, requests.facts)
            return outcome.join(unpacker.run(fetched, check_mode, progress)).join(warn(options)) if unpacker else outcome

    run_module(module, fetch, Progress(artifacts=[]), options["parallel"], clock, choose_client(delivery))


if __name__ == "__main__":
    main()
