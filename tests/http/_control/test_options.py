# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that options, modes and credentials have the same effect for each value of ``via``."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.archives import Item, archive
from tests.helpers.fetching import mode
from tests.helpers.release_keys import ReleaseKey
from tests.http._control.hosts import Fleet
from tests.http._fetch.releases import Release


@pytest.fixture(autouse=True)
def _artifact(emulator: Emulator) -> None:
    emulator.repository().put("a", b"first")


def test_check_mode_requests_no_contents_of_missing_files(fleet: Fleet, via: str) -> None:
    result = fleet.ok("a", check=True, via=via)
    assert (result["changed"], result["artifacts"][0]["status"], fleet.files()) == (True, "fetched", {})
    assert fleet.requests == ["downloads"]
    assert result["diff"]["after"] == f"{fleet.home()}/a  5 bytes\n"


@pytest.mark.parametrize(("local", "status"), [(b"first", "unchanged"), (b"other", "replaced")])
def test_check_mode_compares_contents_of_equal_size(fleet: Fleet, via: str, local: bytes, status: str) -> None:
    (fleet.home() / "a").write_bytes(local)
    result = fleet.ok("a", check=True, via=via)
    assert (result["artifacts"][0]["status"], fleet.files()) == (status, {"a": local})
    assert result["changed"] is (status == "replaced")


def test_file_with_the_requested_checksum_needs_no_request(fleet: Fleet, via: str) -> None:
    checksum = "sha256:" + hashlib.sha256(b"first").hexdigest()
    assert fleet.ok("a", via=via, checksum=checksum)["requests"] == 2
    before = len(fleet.emulator.journal)
    result = fleet.ok("a", via=via, checksum=checksum)
    assert (result["changed"], len(fleet.emulator.journal)) == (False, before)


@pytest.mark.parametrize("algorithm", ["sha512", "md5"])
def test_contents_must_have_the_requested_checksum(fleet: Fleet, via: str, algorithm: str) -> None:
    wrong = hashlib.new(algorithm, b"wrong").hexdigest()
    assert f"its {algorithm} is" in fleet.failure("a", via=via, checksum=f"{algorithm}:{wrong}")
    assert fleet.files() == {}
    right = hashlib.new(algorithm, b"first").hexdigest()
    fleet.ok("a", via=via, checksum=f"{algorithm}:{right}")


def test_force_fetches_equal_files_again(fleet: Fleet, via: str) -> None:
    fleet.ok("a", via=via)
    result = fleet.ok("a", via=via, force=True, host=1)
    assert (result["artifacts"][0]["status"], result["artifacts"][0]["reason"]) == ("replaced", "forced")


def test_file_options_and_backups_are_those_of_the_host(fleet: Fleet, via: str) -> None:
    (fleet.home() / "a").write_bytes(b"old")
    result = fleet.ok("a", via=via, mode="0600", backup=True)
    assert mode(fleet.home() / "a") == 0o600
    assert Path(result["artifacts"][0]["backup_file"]).read_bytes() == b"old"


def test_archives_are_unpacked_on_the_host(emulator: Emulator, fleet: Fleet, via: str) -> None:
    emulator.repository().put("app.tar.gz", archive("app.tar.gz", [Item("bin/run", b"#!/bin/sh")]))
    result = fleet.ok("app.tar.gz", via=via, unpack_dest=f"{fleet.home()}/app")
    assert result["unpacked"][0]["status"] == "unpacked"
    assert (fleet.home() / "app/bin/run").read_bytes() == b"#!/bin/sh"


def test_archive_that_is_not_kept_is_fetched_again_only_by_force(emulator: Emulator, fleet: Fleet, via: str) -> None:
    """Its record has digests, which need no contents if nothing has changed."""
    emulator.repository().put("app.tar.gz", archive("app.tar.gz", [Item("bin/run", b"#!/bin/sh")]))
    options = {"via": via, "unpack_dest": f"{fleet.home()}/app", "keep_archive": False}
    found = [fleet.ok("app.tar.gz", **options, **more) for more in ({}, {}, {"force": True})]
    assert [result["artifacts"][0]["reason"] for result in found] == ["not there", "same content", "forced"]


@pytest.mark.usefixtures("gnupg")
def test_signatures_are_verified_on_the_control_node(
    emulator: Emulator, fleet: Fleet, key: ReleaseKey, other_key: ReleaseKey, via: str
) -> None:
    """The host gets neither the keys nor the name of the signature, and needs no program that verifies."""
    release = Release(emulator, key, other_key)
    release.put()
    result = fleet.ok("app", via=via, **release.options())
    assert result["signature"]["status"] == "verified"
    assert fleet.host
    assert not {"signed_by", "signature"} & fleet.host.runs[0][0].keys()
    release.put_untrusted(app=b"applicatioN")
    fleet.write()
    message = fleet.failure("app", host=2, via=via, **release.options())
    assert "signed_by does not have" in message
    assert fleet.files(2) == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": None}, "one of the following is required: name, patterns, channel"),
        ({"patterns": ["*"]}, "parameters are mutually exclusive: name|patterns"),
        ({"parallel": "many"}, "parallel"),
        ({"retries": -1}, "retries must be 0 or more, not -1"),
        ({"color": "red"}, "Unsupported parameters"),
        ({"manifest": True}, "manifest must be a string, but it is a boolean"),
        ({"checksum": "sha256:0"}, "checksum: a digest of sha256 has 64 hexadecimal digits"),
        ({"parallel": 99}, "parallel must be from 1 to 16, not 99"),
        ({"api_token": "t"}, "More than one kind of credentials is set: access_token and api_token. Use only one"),
    ],
)
def test_options_are_checked_before_any_request(fleet: Fleet, via: str, options: dict[str, Any], message: str) -> None:
    assert message in fleet.failure(**{"name": ["a"], **options}, via=via)
    assert fleet.requests == []
    assert fleet.files() == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [({"dest": "/dev/null"}, "is not a regular file"), ({"unpack_dest": "/tmp/x"}, "unpack_dest needs an archive")],
)
def test_host_refuses_unsuitable_options(fleet: Fleet, via: str, options: dict[str, Any], message: str) -> None:
    assert message in fleet.failure("a", via=via, **options)
    assert fleet.transfers == []


def test_environment_of_the_control_node_is_used_for_options(emulator: Emulator, fleet: Fleet, via: str) -> None:
    """Options of the task take precedence, and credentials of the environment reach no host."""
    place = {"BITBUCKET_WORKSPACE": "acme", "BITBUCKET_REPO_SLUG": "widgets", "BITBUCKET_API_URL": emulator.api_url}
    fleet.environment = {**place, "BITBUCKET_ACCESS_TOKEN": emulator.access_token}
    nothing = dict.fromkeys(["workspace", "repository", "api_url", "access_token"])
    fleet.ok("a", via=via, **nothing)
    assert fleet.host
    assert fleet.host.runs[0][0]["workspace"] == "acme"
    fleet.environment["BITBUCKET_WORKSPACE"] = "missing"
    fleet.ok("a", via=via, **{**nothing, "workspace": "acme"})


def test_two_kinds_of_credentials_in_the_environment_are_named(fleet: Fleet, via: str) -> None:
    """One of them might be for another repository, which would fail for all hosts. Options of the task take precedence."""
    fleet.environment = {"BITBUCKET_PASSWORD": "secret-1", "BITBUCKET_ACCESS_TOKEN": "secret-2", "BITBUCKET_CLIENT_ID": "id"}
    message = fleet.failure("a", via=via, access_token=None)
    names = "BITBUCKET_ACCESS_TOKEN and BITBUCKET_PASSWORD and BITBUCKET_CLIENT_ID"
    assert message == f"More than one kind of credentials is set in the environment: {names}. Use only one"
    fleet.ok("a", via=via)


def test_copies_without_enough_disk_space_are_an_error(fleet: Fleet) -> None:
    fleet.control.rmdir()
    message = fleet.failure("a", via="controller")
    assert message == f"Cannot create a file in {fleet.control} on the control node: No such file or directory"
    assert fleet.files() == {}


def test_copies_are_in_the_private_folder_of_the_run(fleet: Fleet) -> None:
    fleet.ok("a", via="controller")
    [copy] = fleet.control.iterdir()
    assert (copy.read_bytes(), mode(copy)) == (b"first", 0o600)


def test_links_leave_nothing_on_the_control_node(fleet: Fleet) -> None:
    fleet.ok("a", via="link")
    assert list(fleet.control.iterdir()) == []


def test_environment_of_the_host_sets_nothing(fleet: Fleet, monkeypatch: pytest.MonkeyPatch, via: str) -> None:
    def set_all(_number: int) -> None:
        for name in ("API_URL", "TOKEN_URL", "WORKSPACE", "REPO_SLUG", "ACCESS_TOKEN"):
            monkeypatch.setenv(f"BITBUCKET_{name}", "nonsense")

    fleet.before_run = set_all
    result = fleet.ok("a", via=via)
    assert result["artifacts"][0]["url"].startswith(fleet.emulator.api_url)
