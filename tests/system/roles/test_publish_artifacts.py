# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the role publish_artifacts: order of steps, variables, refused input, and recovery from a failure.

Each use of the role in a playbook has its own repository. Tests of the module cover the rules of retention.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.emulator import Emulator
from tests.emulator.journal import Entry
from tests.helpers.openpgp import PASSPHRASE, OpenpgpHome
from tests.helpers.release_keys import MANIFEST, ReleaseKey
from tests.helpers.ssh_signing import SshIdentity

from .helpers import RolePlaybook

ROLE = "publish_artifacts"
TITLE = "Release notes of widgets 1.4.2"
BUILT = {"install.sh": b"#!/bin/sh\n", "widgets-1.4.2.tgz": b"the archive"}
OLD = ("widgets-1.0.0.tgz", "widgets-1.0.0.zip", "widgets-1.1.0.tgz", "widgets-1.2.0.tgz", "gadgets-1.2.0.tgz")
GROUPED = {"patterns": ["widgets-*"], "group_by": r"^widgets-(\d+\.\d+\.\d+)"}


@pytest.fixture
def files(dist: Path) -> list[str]:
    """Write the files of a release; return the pattern that names them."""
    for name, content in BUILT.items():
        (dist / name).write_bytes(content)
    return [f"{dist}/*"]


def options(**values: Any) -> dict[str, Any]:
    """Return variables of the role by their short names."""
    return {f"{ROLE}_{name}": value for name, value in values.items()}


def old_releases(emulator: Emulator, slug: str) -> None:
    """Publish old releases, oldest first."""
    for name in OLD:
        emulator.repository("acme", slug).put(name, name.encode())


def names(emulator: Emulator, slug: str) -> set[str]:
    """Return the names of the artifacts of a repository."""
    return set(emulator.repository("acme", slug).names())


def writes(emulator: Emulator, place: str) -> list[Entry]:
    """Return the write requests for a repository, or for `snippets`."""
    return [entry for entry in emulator.journal if entry.method != "GET" and place in entry.path.split("/")]


def notes(emulator: Emulator, title: str) -> str:
    """Return the text of the only snippet with the title."""
    (snippet,) = (each for each in emulator.snippets if each.title == title)
    content: bytes = snippet.files["notes.md"]
    return content.decode()


def test_publish_files_manifest_notes_and_apply_retention_in_order_and_once(
    playbook: RolePlaybook, emulator: Emulator, files: list[str]
) -> None:
    everything = options(files=files, keep=2, notes_title=TITLE, notes="Faster.", **GROUPED)
    for slug in ("predicted", "done"):
        old_releases(emulator, slug)
    predicted = everything | options(repository="predicted")
    done = everything | options(repository="done")
    playbook.use("prediction", ROLE, predicted, check_mode=True)
    playbook.use("first run", ROLE, done)
    playbook.use("second run", ROLE, done)
    uses = playbook.run()
    gone = ["widgets-1.0.0.tgz", "widgets-1.0.0.zip", "widgets-1.1.0.tgz"]
    assert [use.changed for use in uses.values()] == [3, 3, 0]
    assert [use.deleted for use in uses.values()] == [gone, gone, []]
    assert writes(emulator, "predicted") == []
    sent = writes(emulator, "done")
    assert [entry.stored for entry in sent if entry.method == "POST"] == [sorted(BUILT), ["SHA256SUMS"]]
    assert [entry.method for entry in sent] == ["POST", "POST", "DELETE", "DELETE", "DELETE"]
    assert names(emulator, "done") == {*OLD, *BUILT, "SHA256SUMS"} - set(gone)
    manifest = emulator.repository("acme", "done").get("SHA256SUMS").content
    assert manifest.split()[1::2] == [name.encode() for name in sorted(BUILT)]
    [created] = writes(emulator, "snippets")
    assert created.fields["title"] == TITLE
    assert list(emulator.journal).index(created) > list(emulator.journal).index(sent[-1])


def test_name_the_release_in_a_channel_as_the_last_step(
    playbook: RolePlaybook, emulator: Emulator, files: list[str], dist: Path, ssh_key: SshIdentity
) -> None:
    everything = options(files=files, notes_title=TITLE, channel="stable", version="1.4.2")
    signed = everything | options(repository="signed", signing_key=str(ssh_key.path), signature_format="ssh")
    bare = everything | options(repository="bare", manifest="", notes_title="", keep=0, patterns=["*"], version=2)
    for slug in ("signed", "bare"):
        emulator.repository("acme", slug).put("widgets-1.0.0.tgz", b"old")
    playbook.use("prediction", ROLE, signed, check_mode=True)
    playbook.use("first run", ROLE, signed)
    playbook.use("second run", ROLE, signed)
    playbook.use("bare", ROLE, bare)
    playbook.use("bare again", ROLE, bare)
    uses = playbook.run()
    assert [use.message for use in uses.values()] == [""] * 5
    assert [use.changed for use in uses.values()] == [3, 3, 0, 3, 0]
    sent = [entry for entry in emulator.journal if entry.method == "POST" and "bare" not in entry.path]
    assert sent[-1].stored == ["stable.channel.json", "stable.channel.json.sig"]
    assert sent[-2].fields["title"] == TITLE
    for slug, manifest, version in (("signed", MANIFEST, "1.4.2"), ("bare", None, "2")):
        channel = json.loads(emulator.repository("acme", slug).get("stable.channel.json").content)
        assert (channel["version"], channel["manifest"]) == (version, manifest)
        assert [each["name"] for each in channel["artifacts"]] == sorted(BUILT)


def test_published_artifacts_are_kept_and_deletions_are_limited(playbook: RolePlaybook, emulator: Emulator, dist: Path) -> None:
    new, old = dist / "new", dist / "old"
    for folder, name in ((new, "widgets-1.4.0.tgz"), (old, "widgets-1.0.0.tgz")):
        folder.mkdir()
        (folder / name).write_bytes(name.encode())
    cases = {
        "none": options(files=[f"{new}/*"], keep=0, **GROUPED),
        "again": options(files=[f"{old}/*"], keep=2, **GROUPED),
        "limited": options(files=[f"{new}/*"], keep=2, max_deletions=2, **GROUPED),
        "text": options(files=[f"{new}/*"], keep=3, patterns="widgets-*.tgz,nothing"),
    }
    for case, variables in cases.items():
        old_releases(emulator, case)
        playbook.use(case, ROLE, variables | options(repository=case))
    uses = playbook.run()
    assert names(emulator, "none") == {"widgets-1.4.0.tgz", "gadgets-1.2.0.tgz", "SHA256SUMS"}
    assert uses["again"].deleted == ["widgets-1.1.0.tgz"]
    assert "max_deletions is 2, but retention would delete 3" in uses["limited"].message
    assert names(emulator, "limited") == {*OLD, "widgets-1.4.0.tgz", "SHA256SUMS"}
    assert uses["text"].deleted == ["widgets-1.0.0.tgz"]


def test_each_rule_of_retention_reaches_the_module(playbook: RolePlaybook, emulator: Emulator, files: list[str]) -> None:
    """The late patch 1.1.1 is the last upload. Each archive has 3 bytes, except for the published one, which has 11 bytes."""
    uploads = ("widgets-1.1.0.tgz", "widgets-1.2.0.tgz", "widgets-1.5.0-rc.1.tgz", "widgets-1.1.1.tgz")
    cases: dict[str, tuple[dict[str, Any], set[int]]] = {
        "date": ({"keep": 2}, {0, 1, 2}),
        "prereleases": ({"keep": 2, "order": "version", "prereleases": False}, {0, 3}),
        "keep_size": ({"keep_size": "17", "order": "version"}, {0, 3}),
        "older_than": ({"older_than": "1h"}, set()),
        "zero": ({"older_than": "0s"}, {0, 1, 2, 3}),
    }
    predicted = ("prereleases", "keep_size", "zero")
    for case, (rules, _gone) in cases.items():
        for name in uploads:
            emulator.repository("acme", case).put(name, b"old")
        variables = options(files=files, repository=case, patterns=["widgets-*"], group_by=r"^widgets-(.+)\.tgz", **rules)
        if case in predicted:
            playbook.use(f"{case} predicted", ROLE, variables, check_mode=True)
        playbook.use(case, ROLE, variables)
    uses = playbook.run()
    deleted = {case: {uploads[number] for number in gone} for case, (_rules, gone) in cases.items()}
    assert {case: {*uses[case].deleted} for case in cases} == deleted
    assert {case: {*uses[f"{case} predicted"].deleted} for case in predicted} == {case: deleted[case] for case in predicted}


def test_release_with_a_secret_in_its_name_is_kept(playbook: RolePlaybook, emulator: Emulator, dist: Path) -> None:
    """Results, which name the published artifacts for retention, hide the secret."""
    secret = "widgets-for-acme-"
    emulator.accounts.credentials[secret] = emulator.accounts.credentials[emulator.api_token]
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        emulator.repository("acme", "widgets").put(f"{secret}{version}.tgz", b"released")
    (dist / f"{secret}1.0.0.tgz").write_bytes(b"released")
    playbook.use("published again", ROLE, options(files=[f"{dist}/*"], keep=1, patterns=["widgets-*"]))
    uses = playbook.run(environment={**emulator.environment(), "BITBUCKET_API_TOKEN": secret})
    assert uses["published again"].message == ""
    assert "********1.0.0.tgz" in str(uses["published again"].tasks)
    assert names(emulator, "widgets") == {f"{secret}1.0.0.tgz", "SHA256SUMS"}


def test_each_variable_reaches_its_module(playbook: RolePlaybook, emulator: Emulator, files: list[str]) -> None:
    for case in ("widgets", "refuse", "never", "different"):
        emulator.repository("acme", case).put("install.sh", b"released")
    playbook.use("widgets", ROLE, options(files=files))  # The repository comes from the environment.
    for overwrite in ("refuse", "never", "different"):
        playbook.use(overwrite, ROLE, options(files=files, repository=overwrite, overwrite=overwrite))
    for case, manifest in (("without", ""), ("renamed", "sums.txt")):
        emulator.repository("acme", case)
        playbook.use(case, ROLE, options(files=files, repository=case, manifest=manifest, limit_rate="10M"))
    playbook.use("rate", ROLE, options(files=files, repository="without", limit_rate="fast"))
    uses = playbook.run()
    assert uses["widgets"].modules == {"bitbucket_download"}
    assert names(emulator, "widgets") == {*BUILT, "SHA256SUMS"}
    assert "overwrite is 'refuse', and these artifacts exist with different content" in uses["refuse"].message
    assert uses["rate"].message.startswith("limit_rate must be a positive whole number")
    assert emulator.repository("acme", "never").get("install.sh").content == b"released"
    assert emulator.repository("acme", "different").get("install.sh").content == BUILT["install.sh"]
    assert (names(emulator, "without"), names(emulator, "renamed")) == ({*BUILT}, {*BUILT, "sums.txt"})
    assert len(emulator.snippets) == 0


def test_sign_the_manifest_and_sign_it_again_after_retention(
    playbook: RolePlaybook, emulator: Emulator, dist: Path, tmp_path: Path, key: ReleaseKey, other_key: ReleaseKey
) -> None:
    for version in ("1.0.0", "1.4.2"):
        (dist / version).mkdir()
        (dist / version / f"widgets-{version}.tgz").write_bytes(version.encode())
    emulator.repository("acme", "widgets")
    signing = options(**key.signing, signature_format=key.format)
    new = options(files=[f"{dist}/1.4.2/*"], keep=1, patterns=["widgets-*.tgz"]) | signing
    playbook.use("old release", ROLE, options(files=[f"{dist}/1.0.0/*"]) | signing)
    playbook.use("new release", ROLE, new)
    playbook.use("again", ROLE, new)
    playbook.use("unsigned", ROLE, options(files=[f"{dist}/*/*"]))
    playbook.use("other key", ROLE, new | options(**other_key.signing, signed_by=[other_key.public]))
    playbook.use("both keys", ROLE, new | options(**other_key.signing, signed_by=[key.public, other_key.public]))
    playbook.use("renamed", ROLE, new | options(manifest="sums", signature="signed"))
    uses = playbook.run()
    assert [use.changed for use in uses.values()] == [1, 2, 0, 0, 0, 0, 1]
    assert f"The manifest '{MANIFEST}' has the signature '{key.signature}', and the task would change" in uses["unsigned"].message
    assert "which signed_by does not have" in uses["other key"].message
    assert names(emulator, "widgets") == {"widgets-1.4.2.tgz", MANIFEST, key.signature, "sums", "signed"}
    for manifest, signature in ((MANIFEST, key.signature), ("sums", "signed")):
        document, signed = (emulator.repository("acme", "widgets").get(name).content for name in (manifest, signature))
        assert document.split()[1::2] == [b"widgets-1.4.2.tgz"]
        key.verify(document, signed, tmp_path)


def test_retention_deletes_the_signed_manifests_of_old_releases(
    playbook: RolePlaybook, emulator: Emulator, dist: Path, ssh_key: SshIdentity
) -> None:
    signing = options(signing_key=str(ssh_key.path), signature_format="ssh", keep=1, **GROUPED)
    emulator.repository("acme", "widgets").put("gadgets-1.2.0.tgz", b"another product")
    for version in ("1.0.0", "1.4.2"):
        (dist / f"widgets-{version}.tgz").write_bytes(version.encode())
        files = options(files=[f"{dist}/widgets-{version}*"], manifest=f"widgets-{version}.SHA256SUMS")
        playbook.use(version, ROLE, files | signing)
    uses = playbook.run()
    old, new = (
        {f"widgets-{version}.tgz", f"widgets-{version}.SHA256SUMS", f"widgets-{version}.SHA256SUMS.sig"} for version in uses
    )
    assert {*uses["1.4.2"].deleted} == old
    assert names(emulator, "widgets") == {"gadgets-1.2.0.tgz", *new}


def test_the_passphrase_reaches_the_module_and_is_not_shown(
    playbook: RolePlaybook, emulator: Emulator, files: list[str], gnupg: OpenpgpHome
) -> None:
    emulator.repository("acme", "widgets").put("VERSION", b"1.4.1\n")
    gnupg.forget_passphrases()
    signing = options(signing_key=gnupg.locked.fingerprint, gnupg_home=str(gnupg.path))
    playbook.use("locked", ROLE, options(files=files) | signing)
    unlocked = options(files=files, signing_passphrase=PASSPHRASE, keep=9, patterns=["*"]) | signing
    playbook.use("unlocked", ROLE, unlocked)
    uses = playbook.run("-vvvv")
    assert "it is locked by a passphrase. Set signing_passphrase" in uses["locked"].message
    assert (uses["unlocked"].message, uses["unlocked"].changed) == ("", 1)
    assert gnupg.locked.fingerprint in playbook.output, "the arguments must be shown"
    assert PASSPHRASE not in playbook.output + json.dumps(uses["unlocked"].tasks, ensure_ascii=False)
    assert json.dumps(PASSPHRASE)[1:-1] not in playbook.output + json.dumps(uses["unlocked"].tasks)


def linked(emulator: Emulator, name: str, text: str | None = None) -> str:
    """Return the link to an artifact; ``text``: its name in Markdown."""
    return f"[{text or name}]({emulator.api_url}/repositories/acme/widgets/downloads/{quote(name, safe='')})"


def row(link: str, content: bytes) -> str:
    """Return the line of the table of an artifact."""
    return f"| {link} | {len(content)} | {hashlib.sha256(content).hexdigest()} |\n"


def test_release_notes_have_the_text_and_a_table(
    playbook: RolePlaybook, emulator: Emulator, files: list[str], dist: Path
) -> None:
    odd = {
        "<b>~&.txt": "&lt;b&gt;&#126;&amp;.txt",
        "[x](y)*{z}`": "\\[x\\](y)\\*\\{z\\}\\`",
        "__init__.py": "\\_\\_init\\_\\_.py",
    }
    odd |= {"a|b.txt": "a\\|b.txt"}
    for name in odd:
        (dist / name).write_bytes(b"odd")
    # From a file, like real notes: text that looks like a template is not templated.
    text = "# widgets 1.4.2\n\n{{ no_template }} {% raw %}\n\n"
    (dist.parent / "NOTES.md").write_text(text, encoding="utf-8")
    read = "{{ lookup('ansible.builtin.file', 'NOTES.md') }}"
    playbook.use("text", ROLE, options(files=files, notes_title="text", notes=read))
    playbook.use("text again", ROLE, options(files=files, notes_title="text", notes=read))
    playbook.use("no text", ROLE, options(files=files, notes_title="no text", notes=None))
    playbook.use("no title", ROLE, options(files=files, notes_title=None))
    unread = options(files=files, notes_title="no digests", manifest="", overwrite="never")
    playbook.use("no digests", ROLE, unread)
    playbook.use("no digests again", ROLE, unread)
    uses = playbook.run()
    links = {name: linked(emulator, name, text) for name, text in odd.items()} | {name: linked(emulator, name) for name in BUILT}
    contents = {**dict.fromkeys(odd, b"odd"), **BUILT}
    table = "## Artifacts\n\n| Name | Bytes | SHA-256 |\n| --- | ---: | --- |\n"
    table += "".join(row(links[name], contents[name]) for name in sorted(contents))
    assert notes(emulator, "text") == text + table
    assert notes(emulator, "no text") == table
    sizes = "".join(f"| {links[name]} | {len(contents[name])} |\n" for name in sorted(contents))
    assert notes(emulator, "no digests") == "## Artifacts\n\n| Name | Bytes |\n| --- | ---: |\n" + sizes
    assert [snippet.is_private for snippet in emulator.snippets] == [True] * 3
    assert [uses[name].changed for name in ("text again", "no title", "no digests again")] == [0, 0, 0]


def test_module_defaults_connect_the_role_and_no_secret_is_shown(
    playbook: RolePlaybook, emulator: Emulator, files: list[str]
) -> None:
    values = emulator.environment()
    connection = {name: values[f"BITBUCKET_{name.upper()}"] for name in ("api_url", "workspace", "api_token")}
    emulator.repository("acme", "widgets").put("VERSION", b"1.4.1\n")  # An empty list would cause a warning.
    variables = options(files=files, repository="widgets", keep=3, patterns=["*"], notes_title=TITLE)
    playbook.use("only", ROLE, variables)
    defaults = {"group/releng.bitbucket.bitbucket": connection | {"user": emulator.user}}
    results = " ~ ".join(f"({ROLE}_{name} | to_json)" for name in ("result", "retention_result", "notes_result"))
    show = {"name": "Show the results", "ansible.builtin.debug": {"msg": f"{{{{ {results} }}}}"}}
    uses = playbook.run("-vvv", environment={}, module_defaults=defaults, post_tasks=[show])
    assert uses["only"].changed == 2
    assert emulator.user in playbook.output, "the arguments must be shown"
    assert emulator.api_token not in playbook.output + json.dumps(uses["only"].tasks)


RULES = "publish_artifacts_keep, publish_artifacts_older_than or publish_artifacts_keep_size: set which releases to keep."
NEEDS_RULES = f"publish_artifacts_patterns and publish_artifacts_group_by need {RULES}"
NEEDS_MANIFEST = "publish_artifacts_signing_key and publish_artifacts_signed_by need publish_artifacts_manifest: set the"
NEEDS_SIGNING_KEY = "publish_artifacts_signing_passphrase and publish_artifacts_gnupg_home need publish_artifacts_signing_key:"
BAD_INPUT: list[tuple[dict[str, Any], str]] = [
    ({"files": []}, "publish_artifacts_files is empty: set the files to publish, or a pattern such as dist/*."),
    (
        {"keep": 3},
        "publish_artifacts_keep needs publish_artifacts_patterns: set the names that can be deleted, for example widgets-*.",
    ),
    ({"older_than": "30d"}, "publish_artifacts_older_than needs publish_artifacts_patterns: set the names that can be"),
    ({"keep_size": "20G"}, "publish_artifacts_keep_size needs publish_artifacts_patterns: set the names that can be"),
    ({"patterns": ["*"]}, NEEDS_RULES),
    ({"group_by": "(x)"}, NEEDS_RULES),
    (
        {"notes": "Faster."},
        "publish_artifacts_notes needs publish_artifacts_notes_title: set the title of the snippet.",
    ),
    ({"notes": {"a": 1}, "notes_title": "x"}, "publish_artifacts_notes must be text, not a dictionary"),
    (
        {"overwrite": "sometimes"},
        "value of publish_artifacts_overwrite must be one of: different, always, never, refuse, got: sometimes",
    ),
    ({"signing_key": "A" * 40, "manifest": ""}, NEEDS_MANIFEST),
    ({"signed_by": ["release.pub"], "manifest": ""}, NEEDS_MANIFEST),
    ({"signing_passphrase": "secret"}, NEEDS_SIGNING_KEY),
    ({"gnupg_home": "/tmp/g"}, NEEDS_SIGNING_KEY),
    (
        {"signature": "SHA256SUMS.sig"},
        "publish_artifacts_signature needs publish_artifacts_signing_key or publish_artifacts_signed_by: set a key.",
    ),
    ({"signature_format": "x509"}, "value of publish_artifacts_signature_format must be one of: openpgp, ssh, got: x509"),
    ({"signed_by": []}, "signed_by is empty. List at least one public key"),
    ({"signed_by": None}, "signed_by is empty. List at least one public key"),
    ({"max_deletions": 3}, f"publish_artifacts_max_deletions needs {RULES}"),
    ({"order": "age"}, "value of publish_artifacts_order must be one of: date, version, got: age"),
    ({"older_than": "a month", "patterns": ["*"]}, "older_than must be a number and a unit"),
    ({"keep_size": "much", "patterns": ["*"]}, "keep_size must be a number of bytes"),
    ({"channel": "stable"}, "publish_artifacts_channel and publish_artifacts_version need each other: set both"),
    ({"version": "1.4.2"}, "publish_artifacts_channel and publish_artifacts_version need each other: set both"),
    ({"channel": "a b", "version": "1.4.2"}, "publish_artifacts_channel must start with a letter or a digit"),
    ({"channel": "stable", "version": "../1"}, "publish_artifacts_version must start with a letter or a digit"),
    ({"channel": "stable", "version": 1.1}, "publish_artifacts_version is the number 1.1: quote it"),
    ({"keep": "many", "patterns": ["*"]}, "publish_artifacts_keep"),
    ({"keep": -1, "patterns": ["*"]}, "keep must be 0 or more, not -1"),
    ({"keep": 1, "patterns": ["*"], "group_by": "("}, "group_by: '(' is not a valid regular expression"),
    ({"keep": 1, "patterns": ["*"], "group_by": "x"}, "group_by must have exactly one group, but 'x' has 0"),
]


def test_refuse_bad_input_before_any_upload(playbook: RolePlaybook, emulator: Emulator, files: list[str]) -> None:
    playbook.use("nothing", ROLE, {})
    for values, _unused in BAD_INPUT:
        playbook.use(str(values), ROLE, options(files=files) | options(**values))
    uses = playbook.run()
    assert "missing required arguments: publish_artifacts_files" in uses["nothing"].message
    for values, words in BAD_INPUT:
        assert words in uses[str(values)].message, values
    assert list(emulator.journal) == []


FAULTS = {
    "retention": {"method": "DELETE", "path": "/retention/downloads/", "after": 1},
    "notes": {"method": "POST", "path": "/snippets/"},
}


def test_the_next_run_completes_a_failed_release(playbook: RolePlaybook, emulator: Emulator, dist: Path) -> None:
    (dist / "widgets-1.2.0.tgz").write_bytes(b"the archive")
    release = options(files=[f"{dist}/*"], keep=1, patterns=["widgets-*"])
    for step in FAULTS:
        for name in ("widgets-1.0.0.tgz", "widgets-1.1.0.tgz"):
            emulator.repository("acme", step).put(name, name.encode())
    faults = [emulator.faults.add("status", code=403, **fault) for fault in FAULTS.values()]
    for run in ("fails at", "completes"):
        for step in FAULTS:
            playbook.use(f"{run} {step}", ROLE, release | options(repository=step, notes_title=f"After {step}"))
    uses = playbook.run()
    assert [fault.fired for fault in faults] == [1] * len(FAULTS)
    for step in FAULTS:
        assert "403" in uses[f"fails at {step}"].message
        assert ("bitbucket_snippet" in uses[f"fails at {step}"].modules) is (step == "notes")
        assert uses[f"completes {step}"].message == ""
        assert uses[f"completes {step}"].changed > 0
        assert names(emulator, step) == {"SHA256SUMS", "widgets-1.2.0.tgz"}
        assert emulator.repository("acme", step).get("SHA256SUMS").content.split()[1::2] == [b"widgets-1.2.0.tgz"]
    assert sorted(snippet.title for snippet in emulator.snippets) == ["After notes", "After retention"]


def test_hosts_that_publish_at_the_same_time_share_one_manifest_and_one_snippet(
    playbook: RolePlaybook, emulator: Emulator, dist: Path
) -> None:
    for host in ("one", "two", "three"):
        (dist / host).mkdir()
        (dist / host / f"{host}.tgz").write_bytes(host.encode())
    emulator.switches.latency = 0.2
    playbook.use("all", ROLE, options(files=f"{dist}/{{{{ inventory_hostname }}}}/*", notes_title=TITLE))
    playbook.run("-i", "one,two,three,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}", hosts="all")
    assert names(emulator, "widgets") == {"one.tgz", "two.tgz", "three.tgz", "SHA256SUMS"}
    manifest = emulator.repository("acme", "widgets").get("SHA256SUMS").content
    assert manifest.split()[1::2] == [b"one.tgz", b"three.tgz", b"two.tgz"]
    assert [snippet.title for snippet in emulator.snippets] == [TITLE]
