# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse and render channels, and check the documents, names and versions that are accepted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._channel.document import (
    Channel,
    NamedArtifact,
    NotAChannel,
    check_channel,
    check_version,
    parse_channel,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput

DIGEST = "0123456789abcdef" * 4
APP = {"name": "app.tgz", "size": 3, "sha256": DIGEST}
DOCUMENT = {"channel": "stable", "version": "1.4.2", "previous": "1.4.1", "artifacts": [APP], "manifest": "SUMS", "commit": "abc"}
CHANNEL = Channel("stable", "1.4.2", (NamedArtifact("app.tgz", 3, DIGEST),), "1.4.1", "SUMS", "abc")


def parse(document: Any) -> Channel:
    return parse_channel(json.dumps(document).encode(), "stable")


def test_rendered_channel_is_the_documented_json() -> None:
    text = CHANNEL.render()
    assert json.loads(text) == DOCUMENT
    assert list(json.loads(text)) == list(DOCUMENT)
    assert text.endswith(b"\n")
    assert parse_channel(text, "stable") == CHANNEL


def test_artifacts_are_sorted_by_name() -> None:
    other = {**APP, "name": "a.tgz"}
    assert [each.name for each in parse({**DOCUMENT, "artifacts": [APP, other]}).artifacts] == ["a.tgz", "app.tgz"]


def test_optional_keys_can_be_missing_and_unknown_keys_are_ignored() -> None:
    document = {"channel": "stable", "version": "1.4.2", "artifacts": [APP], "signed": True}
    assert parse(document) == CHANNEL._replace(previous=None, manifest=None, commit=None)


def test_commit_and_previous_version_are_not_part_of_the_release() -> None:
    assert CHANNEL._replace(previous=None, commit=None).release == CHANNEL.release
    assert CHANNEL._replace(manifest=None).release != CHANNEL.release


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"channel": "beta"}, "its channel is not 'stable'"),
        ({"channel": None}, "its channel is not 'stable'"),
        ({"version": None}, "its version is not a string that can be a path segment"),
        ({"version": 1.1}, "its version is not a string that can be a path segment"),
        ({"version": "../../evil"}, "its version is not a string that can be a path segment"),
        ({"version": "1.4.2\n"}, "its version is not a string that can be a path segment"),
        ({"previous": ".."}, "its previous version cannot be a path segment"),
        ({"previous": 1}, "its previous is not a string"),
        ({"manifest": "a/b"}, "its manifest is not a valid name of an artifact"),
        ({"manifest": []}, "its manifest is not a string"),
        ({"commit": 7}, "its commit is not a string"),
        ({"artifacts": None}, "it names no artifacts"),
        ({"artifacts": []}, "it names no artifacts"),
        ({"artifacts": {"app.tgz": DIGEST}}, "it names no artifacts"),
        ({"artifacts": [APP, APP]}, "it names an artifact more than once"),
        ({"artifacts": ["app.tgz"]}, "an artifact does not have a valid name"),
        ({"artifacts": [{**APP, "name": "../app.tgz"}]}, "an artifact does not have a valid name"),
        ({"artifacts": [{**APP, "size": -1}]}, "'app.tgz' has no size in bytes or no SHA-256"),
        ({"artifacts": [{**APP, "size": True}]}, "'app.tgz' has no size in bytes or no SHA-256"),
        ({"artifacts": [{**APP, "size": "3"}]}, "'app.tgz' has no size in bytes or no SHA-256"),
        ({"artifacts": [{**APP, "sha256": None}]}, "'app.tgz' has no size in bytes or no SHA-256"),
        ({"artifacts": [{**APP, "sha256": DIGEST.upper()}]}, "'app.tgz' has no size in bytes or no SHA-256"),
    ],
    ids=str,
)
def test_other_documents_are_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotAChannel) as caught:
        parse({**DOCUMENT, **change})
    assert str(caught.value).startswith(reason)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is not JSON in UTF-8"),
        (b"version: 1.4.2\n", "it is not JSON in UTF-8"),
        (b'"\xff"', "it is not JSON in UTF-8"),
        (b"[" * 100_000, "it is not JSON in UTF-8"),
        (b'["stable"]', "it is not a JSON object"),
        (b'{"channel": "stable", "channel": "stable"}', "an object has a duplicate key"),
    ],
    ids=["empty", "yaml", "latin1", "deep", "list", "repeated"],
)
def test_a_file_without_a_json_object_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(NotAChannel) as caught:
        parse_channel(data, "stable")
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    "version", ["1", "1.4.2", "v1.4", "2026-11-28", "1.0.0-rc.1+build.7", "1.0~rc1", "V2-SNAPSHOT", "a" * 255]
)
def test_versions_that_are_one_path_segment_are_accepted(version: str) -> None:
    assert check_version(version) == version


@pytest.mark.parametrize("version", ["", ".", "..", "../1", "1/2", "-1", ".1", "1 2", "1\n", "1\x00", "é", "a" * 256])
def test_other_versions_are_refused(version: str) -> None:
    with pytest.raises(BadInput, match="is refused: a version must start with a letter or a digit"):
        check_version(version)


@pytest.mark.parametrize("name", ["stable", "1.x", "my-team_beta", "Team-QA"])
def test_names_that_the_service_does_not_change_are_accepted(name: str) -> None:
    assert check_channel(name, "channel") == name


@pytest.mark.parametrize("name", ["", "a b", "a/b", "..", "é", "stable+1", "a" * 239])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(BadInput, match=r"^channel .* is refused: the name of a channel must start with"):
        check_channel(name, "channel")


def test_the_name_of_the_artifact_is_refused_with_advice() -> None:
    with pytest.raises(BadInput) as caught:
        check_channel("stable.channel.json", "channel")
    assert str(caught.value) == "channel 'stable.channel.json' is the name of an artifact. Set channel to 'stable'"
