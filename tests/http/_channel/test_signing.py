# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign a channel: when it is signed, and which channels and manifests a signing task accepts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.helpers.release_keys import MANIFEST, ReleaseKey
from tests.http._channel.helpers import CHANNEL, FILE, NEW, OLD, document, move, put_channel, stored
from tests.http._downloads.helpers import MODULE, contents, lines, put, uploads, write, writes


def name_signature(key: ReleaseKey) -> str:
    return FILE + key.signature[len(MANIFEST) :]


def signing(key: ReleaseKey) -> dict[str, Any]:
    return {**key.options, "manifest": None}


def fail(run: ModuleRunner, **options: Any) -> str:
    return run.failure(CHANNEL, name="stable", version="1.4.2", artifacts=list(NEW), **options)


def test_channel_is_signed_whenever_it_is_sent(emulator: Emulator, run: ModuleRunner, key: ReleaseKey, tmp_path: Path) -> None:
    put(emulator, {**OLD, **NEW})
    signature = name_signature(key)
    for version, release, status in (("1.4.1", OLD, "created"), ("1.4.2", NEW, "replaced")):
        foreseen = move(run, version, release, check=True, **signing(key))["signature"]
        assert (foreseen["name"], foreseen["status"], foreseen["signed_on"]) == (signature, status, None)
        assert foreseen["fingerprint"] == key.fingerprint
        made = move(run, version, release, **signing(key))["signature"]
        assert {**made, "signed_on": None} == foreseen
        key.verify(contents(emulator)[FILE], contents(emulator)[signature], tmp_path)
    assert uploads(emulator) == [[FILE, signature]] * 2


def test_unchanged_channel_is_verified_and_not_signed(emulator: Emulator, run: ModuleRunner, key: ReleaseKey) -> None:
    put(emulator, NEW)
    made = move(run, "1.4.2", NEW, **signing(key))["signature"]
    for keys in (signing(key), {"signed_by": [key.public]}):
        result = move(run, "1.4.2", NEW, **keys)
        assert (result["changed"], result["signature"]) == (False, {**made, "status": "unchanged"})
    assert len(uploads(emulator)) == 1


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_channel_without_a_good_signature_is_not_changed(
    emulator: Emulator, run: ModuleRunner, key: ReleaseKey, other_key: ReleaseKey, check: bool
) -> None:
    put(emulator, NEW)
    data = put_channel(emulator, "1.4.1", OLD)
    message = fail(run, check=check, **signing(key))
    assert f"The channel '{FILE}' is not signed: '{name_signature(key)}' does not exist" in message
    assert "delete the channel with state=absent and without signing_key and signed_by, and set it again" in message
    put(emulator, {name_signature(key): other_key.sign(data)})
    assert "was made by" in fail(run, check=check, **signing(key))
    assert writes(emulator) == []


def test_channel_is_created_again_with_another_key(
    emulator: Emulator, run: ModuleRunner, key: ReleaseKey, other_key: ReleaseKey
) -> None:
    put(emulator, NEW)
    move(run, "1.4.1", NEW, **signing(other_key))
    run.ok(CHANNEL, name="stable", state="absent")
    assert move(run, "1.4.2", NEW, **signing(key))["signature"]["status"] == "created"


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_signed_channel_is_changed_only_with_a_signing_key(
    emulator: Emulator, run: ModuleRunner, key: ReleaseKey, check: bool
) -> None:
    put(emulator, {**OLD, **NEW})
    move(run, "1.4.1", OLD, **signing(key))
    emulator.journal.clear()
    message = fail(run, check=check)
    assert message == (
        f"The channel '{FILE}' has the signature '{name_signature(key)}', and the task would change the channel."
        " Set signing_key to sign it, or delete the signature to continue without one. Nothing was sent"
    )
    message = fail(run, check=check, signed_by=[key.public])
    assert message == (
        "signed_by needs a signature, and the task would change the channel. Set signing_key to sign it. Nothing was sent"
    )
    assert writes(emulator) == []


def test_key_that_is_not_in_signed_by_signs_nothing(
    emulator: Emulator, run: ModuleRunner, key: ReleaseKey, other_key: ReleaseKey
) -> None:
    put(emulator, NEW)
    message = fail(run, **{**signing(key), "signed_by": [other_key.public]})
    assert message.endswith("which signed_by does not have. Add its public key to signed_by. Nothing was sent")
    assert writes(emulator) == []


def test_signature_can_have_another_name(emulator: Emulator, run: ModuleRunner, key: ReleaseKey) -> None:
    put(emulator, NEW)
    result = move(run, "1.4.2", NEW, **signing(key), signature="stable.signature")
    assert result["signature"]["name"] == "stable.signature"
    assert uploads(emulator) == [[FILE, "stable.signature"]]
    message = fail(run, **signing(key), signature=FILE)
    assert message == f"signature and channel are both '{FILE}'. Set another name for the signature"


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
@pytest.mark.parametrize("name", ["app-1.4.2.tgz", MANIFEST])
def test_signature_never_replaces_an_artifact_of_the_release(
    emulator: Emulator, run: ModuleRunner, key: ReleaseKey, dist: Path, name: str, check: bool
) -> None:
    run.ok(MODULE, src=write(dist, NEW), **key.options)
    emulator.journal.clear()
    message = fail(run, **key.options, signature=name, check=check)
    assert message.startswith(f"signature '{name}' is the name of an artifact or of the manifest of the release")
    assert writes(emulator) == []


@pytest.mark.parametrize("check", [True, False], ids=["check", "run"])
def test_deleted_channel_must_have_a_good_signature_if_keys_are_set(
    emulator: Emulator, run: ModuleRunner, key: ReleaseKey, check: bool
) -> None:
    put(emulator, NEW)
    put_channel(emulator, "1.4.1", OLD)
    options: dict[str, Any] = {"name": "stable", "state": "absent", "signed_by": [key.public], "check": check}
    assert "is not signed" in run.failure(CHANNEL, **options)
    put(emulator, {name_signature(key): key.sign(contents(emulator)[FILE])})
    result = run.ok(CHANNEL, **options)
    assert (result["status"], result["signature"]["status"]) == ("deleted", "deleted")
    if not check:
        assert contents(emulator) == NEW
        assert run.ok(CHANNEL, **options)["signature"]["status"] == "absent"


def test_signed_manifest_proves_the_release(emulator: Emulator, run: ModuleRunner, key: ReleaseKey, dist: Path) -> None:
    published = run.ok(MODULE, src=write(dist, NEW), **key.options)["artifacts"]
    for artifacts in (published, list(NEW)):
        result = run.ok(CHANNEL, name="stable", version="1.4.2", artifacts=artifacts, **key.options)
        assert result["channel"] == document("1.4.2", NEW, manifest=MANIFEST)


def test_unsigned_manifest_proves_nothing(emulator: Emulator, run: ModuleRunner, key: ReleaseKey, dist: Path) -> None:
    published = run.ok(MODULE, src=write(dist, NEW), manifest=MANIFEST)["artifacts"]
    message = fail(run, **key.options)
    assert f"The manifest 'SHA256SUMS' is not signed: '{key.signature}' does not exist" in message
    result = run.ok(CHANNEL, name="stable", version="1.4.2", artifacts=published, **key.options)
    assert result["channel"] == document("1.4.2", NEW, manifest=MANIFEST)


def test_manifest_with_a_bad_signature_moves_nothing(emulator: Emulator, run: ModuleRunner, key: ReleaseKey, dist: Path) -> None:
    published = run.ok(MODULE, src=write(dist, NEW), **key.options)["artifacts"]
    put(emulator, {MANIFEST: lines({**NEW, "other": b""})})
    options: dict[str, Any] = {"artifacts": published, **key.options}
    message = run.failure(CHANNEL, name="stable", version="1.4.2", **options)
    assert "of the manifest 'SHA256SUMS' does not match: the contents were changed after signing" in message
    assert stored(emulator) is None


def test_lost_signature_is_an_error_that_says_how_to_resume(emulator: Emulator, run: ModuleRunner, key: ReleaseKey) -> None:
    put(emulator, {**OLD, **NEW})
    move(run, "1.4.1", OLD, **signing(key))
    emulator.switches.upload_effect = "none"
    emulator.switches.upload_effect_names = r"\.(asc|sig)$"
    result = run.failed(CHANNEL, name="stable", version="1.4.2", artifacts=list(NEW), **signing(key))
    assert result["changed"] is True
    assert "does not match: the contents were changed after signing" in result["msg"]
    assert "delete the channel with state=absent" in result["msg"]
