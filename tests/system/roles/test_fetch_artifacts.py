# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the role fetch_artifacts: variables and refused input. The molecule scenario tests check mode and second runs."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.archives import Item, archive
from tests.helpers.release_keys import ReleaseKey

from .helpers import RolePlaybook

ROLE = "fetch_artifacts"
MANIFEST = "SHA256SUMS"
CONTENTS = {
    "app-1.0.tgz": archive(".tgz", [Item("bin/app", b"#!/bin/sh\n", 0o755)]),
    "VERSION": b"1.1\n",
    "app-1.1.tgz": archive(".tgz", [Item("bin/app", b"#!/bin/sh\necho\n", 0o755)]),
}
PATTERNS: dict[str, tuple[Any, int | None, str, set[str]]] = {
    "all but the manifest": (["*"], None, MANIFEST, {*CONTENTS}),
    "newest but the manifest": (["*"], 1, MANIFEST, {"app-1.1.tgz"}),
    "newest without a manifest": (["*"], 1, "", {MANIFEST}),
    "manifest by name": (["app-*", MANIFEST], None, MANIFEST, {"app-1.0.tgz", "app-1.1.tgz", MANIFEST}),
    "as one text": ("SHA256SUMS*,app-*", 1, MANIFEST, {"app-1.1.tgz"}),
}


def options(**values: Any) -> dict[str, Any]:
    """Return variables of the role by their short names, without those that are None."""
    return {f"{ROLE}_{name}": value for name, value in values.items() if value is not None}


LINES = "".join(f"{hashlib.sha256(CONTENTS[name]).hexdigest()}  {name}\n" for name in sorted(CONTENTS)).encode()


def release(emulator: Emulator, slug: str = "widgets", **signatures: bytes) -> None:
    """Publish two releases and their manifest, which is the newest artifact except for its signatures."""
    for name, content in {**CONTENTS, MANIFEST: LINES, **signatures}.items():
        emulator.repository("acme", slug).put(name, content)


def found(folder: Path) -> dict[str, bytes]:
    """Return every file below the folder by its relative path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_each_variable_reaches_the_module(playbook: RolePlaybook, emulator: Emulator, tmp_path: Path) -> None:
    release(emulator)
    release(emulator, "damaged")
    emulator.repository("acme", "damaged").put("app-1.1.tgz", CONTENTS["app-1.0.tgz"])
    emulator.repository("acme", "other").put("app-1.1.tgz", b"other")
    name = {"names": ["app-1.1.tgz"]}
    for slug in ("version", "release"):
        for artifact in ("app-1.10.tgz", "app-1.10.zip", "app-2.0-rc1.tgz", "app-1.9.tgz"):
            emulator.repository("acme", slug).put(artifact, b"")
    highest = options(patterns=["*"], newest=1, order="version", prereleases=False)
    playbook.use("version", ROLE, highest | options(repository="version", dest=f"{tmp_path}/version/"))
    grouped = highest | options(group_by=r"^app-(\d+\.\d+)")
    playbook.use("release", ROLE, grouped | options(repository="release", dest=f"{tmp_path}/release/"))
    for case, (patterns, newest, manifest, _unused) in PATTERNS.items():
        playbook.use(case, ROLE, options(dest=f"{tmp_path}/{case}/", patterns=patterns, newest=newest, manifest=manifest))
    other = options(**name, repository="other", dest=f"{tmp_path}/repository/", mode="0600")
    playbook.use("repository", ROLE, other | options(limit_rate="10M"))
    playbook.use("rate", ROLE, other | options(limit_rate="fast"))
    packed = options(**name, repository="damaged", dest=f"{tmp_path}/damaged/", unpack_dest=f"{tmp_path}/unpacked")
    playbook.use("damaged", ROLE, packed | options(manifest=MANIFEST))
    playbook.use("damaged archive", ROLE, packed | options(manifest=MANIFEST, unpack=True))
    playbook.use("unpack_dest alone", ROLE, options(**name, dest=f"{tmp_path}/packed/", unpack_dest=f"{tmp_path}/unpacked"))
    uses = playbook.run()
    for case, (*_options, wanted) in PATTERNS.items():
        assert {*found(tmp_path / case)} == wanted, case
    assert {*found(tmp_path / "version")} == {"app-1.10.zip"}
    assert {*found(tmp_path / "release")} == {"app-1.10.tgz", "app-1.10.zip"}
    assert found(tmp_path / "repository") == {"app-1.1.tgz": b"other"}
    assert (tmp_path / "repository" / "app-1.1.tgz").stat().st_mode & 0o777 == 0o600
    assert uses["rate"].message.startswith("limit_rate must be a positive whole number")
    for case in ("damaged", "damaged archive"):
        assert "'app-1.1.tgz' does not have the digest that the manifest SHA256SUMS expects" in uses[case].message
    assert found(tmp_path / "packed") == {"app-1.1.tgz": CONTENTS["app-1.1.tgz"]}
    assert not (tmp_path / "damaged").exists()
    assert not (tmp_path / "unpacked").exists()


def test_fetch_only_artifacts_signed_by_one_of_the_keys(
    playbook: RolePlaybook, emulator: Emulator, tmp_path: Path, key: ReleaseKey, other_key: ReleaseKey
) -> None:
    public = tmp_path / "release-key"
    public.write_text(key.public, encoding="utf-8")
    release(emulator, "signed", **{key.signature: key.sign(LINES)})
    release(emulator, "renamed", signed=key.sign(LINES))
    release(emulator, "unsigned")
    cases: dict[str, dict[str, Any]] = {
        "file": {"signed_by": [str(public)]},
        "text": {"signed_by": key.public},
        "one of two": {"signed_by": [other_key.public, key.public]},
        "another name": {"signed_by": [key.public], "signature": "signed", "repository": "renamed"},
        "untrusted": {"signed_by": [other_key.public]},
        "unsigned": {"signed_by": [key.public], "repository": "unsigned"},
    }
    for case, values in cases.items():
        common = {"repository": "signed", "names": ["VERSION"], "manifest": MANIFEST, "dest": f"{tmp_path}/{case}/"}
        playbook.use(case, ROLE, options(**common | values))
    uses = playbook.run()
    assert {case: use.message for case, use in uses.items() if use.message} == {
        "untrusted": f"The signature '{key.signature}' of the manifest '{MANIFEST}' was made by the key {key.fingerprint},"
        " which signed_by does not have. The manifest was not used",
        "unsigned": f"The manifest '{MANIFEST}' is not signed: '{key.signature}' does not exist. The manifest was not used",
    }
    assert [case for case in cases if (tmp_path / case).exists()] == ["file", "text", "one of two", "another name"]


def test_unpack_with_each_variable(playbook: RolePlaybook, emulator: Emulator, tmp_path: Path) -> None:
    release(emulator)
    common = {"manifest": MANIFEST, "strip_components": 1, "keep_archive": False, "unpack_exact": True}
    packed = options(names=["app-1.0.tgz"], dest=f"{tmp_path}/packed/", **common)
    playbook.use("packed", ROLE, packed)
    unpack = options(names=["app-1.1.tgz"], dest=f"{tmp_path}/cache/", unpack=True, unpack_dest=f"{tmp_path}/opt", **common)
    playbook.use("first", ROLE, unpack)
    uses = playbook.run()
    assert [uses[case].message for case in ("packed", "first")] == ["", ""]
    assert {*found(tmp_path / "packed")} == {"app-1.0.tgz"}
    assert ({*found(tmp_path / "cache")}, {*found(tmp_path / "opt")}) == (
        *({".app-1.1.tgz.unpacked"}, {"app", ".ansible_bitbucket_unpacked"}),
    )


def test_via_decides_which_machine_sends_requests_to_bitbucket(
    playbook: RolePlaybook, emulator: Emulator, tmp_path: Path, bare_python: str
) -> None:
    release(emulator)
    for via in ("link", "controller", "host", None):
        playbook.use(str(via), ROLE, options(names=["VERSION"], manifest=MANIFEST, dest=f"{tmp_path}/{via}/", via=via))
    uses = playbook.run(vars={"ansible_python_interpreter": bare_python})
    assert [via for via, use in uses.items() if use.message] == ["host", "None"]
    for via in ("host", "None"):
        assert "requests" in uses[via].message
    for via in ("link", "controller"):
        assert found(tmp_path / via) == {"VERSION": CONTENTS["VERSION"]}
    assert [entry.host for entry in emulator.journal.select(artifact="VERSION")] == ["api", "storage", "api", "storage"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change owners")
def test_set_owner_and_group_of_unpacked_files(playbook: RolePlaybook, emulator: Emulator, tmp_path: Path) -> None:
    release(emulator)
    unpack = options(names=["app-1.1.tgz"], manifest=MANIFEST, unpack=True, unpack_dest=f"{tmp_path}/opt")
    variables = unpack | options(dest=f"{tmp_path}/cache/", owner="4242", group="4343")
    playbook.use("first", ROLE, variables)
    playbook.use("second", ROLE, variables)
    zero = variables | options(dest=f"{tmp_path}/zero/", unpack_dest=f"{tmp_path}/root")
    playbook.use("before zero", ROLE, zero)
    playbook.use("zero", ROLE, zero | options(owner=0, group=0, mode=0))
    uses = playbook.run()
    for path in ("cache/app-1.1.tgz", "opt/bin", "opt/bin/app"):
        status = (tmp_path / path).stat()
        assert (status.st_uid, status.st_gid) == (4242, 4343)
    for path in ("zero/app-1.1.tgz", "root/bin", "root/bin/app"):
        status = (tmp_path / path).stat()
        assert (status.st_uid, status.st_gid) == (0, 0)
    assert (tmp_path / "zero/app-1.1.tgz").stat().st_mode & 0o7777 == 0
    assert [use.changed for use in uses.values()] == [1, 0, 1, 1]


BAD_INPUT: list[tuple[dict[str, Any], str]] = [
    ({"dest": None, "names": ["a"]}, "missing required arguments: fetch_artifacts_dest"),
    ({}, "fetch_artifacts_names and fetch_artifacts_patterns are empty: set one of them."),
    ({"names": ["a"], "patterns": ["*"]}, "fetch_artifacts_names and fetch_artifacts_patterns are mutually exclusive: set one"),
    (
        {"names": ["a"], "newest": 1},
        "fetch_artifacts_newest needs fetch_artifacts_patterns: it limits the number of matching artifacts.",
    ),
    ({"patterns": ["*"], "newest": 0}, "fetch_artifacts_newest must be 1 or more, not 0."),
    ({"patterns": ["*"], "order": "age"}, "value of fetch_artifacts_order must be one of: date, version, got: age"),
    ({"patterns": ["*"], "group_by": "app"}, "group_by must have exactly one group, but 'app' has 0"),
    ({"names": ["a"], "manifest": MANIFEST, "signed_by": []}, "signed_by is empty. List at least one public key"),
    ({"names": ["a"], "manifest": MANIFEST, "signed_by": ["", ""]}, "Item 1 of signed_by is empty"),
    ({"names": ["a"], "manifest": MANIFEST, "signed_by": ""}, "signed_by is empty"),
    (
        {"names": ["a"], "signed_by": ["release.pub"]},
        "fetch_artifacts_signed_by needs fetch_artifacts_manifest: set the name of the signed manifest, such as SHA256SUMS.",
    ),
    (
        {"names": ["a"], "manifest": MANIFEST, "signature": "SHA256SUMS.sig"},
        "fetch_artifacts_signature needs fetch_artifacts_signed_by: set the trusted keys.",
    ),
    (
        {"names": ["a.tar"], "unpack": True},
        "fetch_artifacts_unpack needs fetch_artifacts_unpack_dest: set the directory to unpack into.",
    ),
    (
        {"names": ["a.txt"], "unpack": True, "unpack_dest": "y"},
        "unpack_dest needs an archive, whose name ends in one of .tar, ",
    ),
    ({"names": ["a"], "via": "proxy"}, "value of fetch_artifacts_via must be one of: host, link, controller, got: proxy"),
]


def test_refuse_bad_input_before_any_request(playbook: RolePlaybook, emulator: Emulator) -> None:
    for values, _unused in BAD_INPUT:
        playbook.use(str(values), ROLE, options(**{"dest": "x/", **values}))
    uses = playbook.run()
    for values, words in BAD_INPUT:
        assert words in uses[str(values)].message, values
    assert list(emulator.journal) == []


def test_refuse_keys_from_variables_without_a_value(playbook: RolePlaybook, emulator: Emulator, tmp_path: Path) -> None:
    release(emulator)
    for name in ("empty_text", "empty_list", "no_value", "missing"):
        verified = options(names=["VERSION"], manifest=MANIFEST, signed_by=f"{{{{ {name} }}}}", dest=f"{tmp_path}/fetched/")
        playbook.use(name, ROLE, verified)
    uses = playbook.run(vars={"empty_text": "", "empty_list": [], "no_value": None})
    for name, use in uses.items():
        assert "signed_by is empty" in use.message or f"'{name}' is undefined" in use.message, name
    assert list(emulator.journal) == []
    assert not (tmp_path / "fetched").exists()
