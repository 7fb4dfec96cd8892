# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuse contradictions among the options that sign and verify, before any request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.helpers.modules import ModuleRunner
from tests.helpers.openpgp import OpenpgpHome
from tests.helpers.release_keys import ReleaseKey
from tests.helpers.ssh_signing import SshIdentity
from tests.http._downloads.helpers import MANIFEST, MODULE, PRUNE, lines, put

TASK = {"name": "app", "content": "application"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"signing_passphrase": "secret words"}, "signing_passphrase needs signing_key"),
        ({"gnupg_home": "/nonexistent"}, "gnupg_home needs signing_key"),
        ({"signature": "SUMS.asc", "manifest": MANIFEST}, "signature needs signing_key or signed_by"),
        ({"signing_key": "0123456789ABCDEF"}, "signing_key needs manifest"),
        ({"signed_by": ["ssh-ed25519 AAAA"]}, "signed_by needs manifest"),
        ({"signed_by": [], "manifest": MANIFEST}, "signed_by is empty"),
        ({"signed_by": [""], "manifest": MANIFEST}, "Item 1 of signed_by is empty"),
    ],
)
def test_option_without_effect_is_refused(
    emulator: Emulator, run: ModuleRunner, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    for module, task in ((MODULE, TASK), (PRUNE, {"patterns": "*", "keep": 1})):
        assert run(module, **task, **options)["msg"].startswith(message)
    if not {"signing_passphrase", "gnupg_home", "signing_key"} & options.keys():
        assert run("bitbucket_download_fetch", name="app", dest=str(tmp_path / "app"), **options)["msg"].startswith(message)
    assert not emulator.journal


def test_both_keys_must_have_the_same_format(
    emulator: Emulator, run: ModuleRunner, gnupg: OpenpgpHome, ssh_key: SshIdentity
) -> None:
    options = {"manifest": MANIFEST, "signing_key": gnupg.release.fingerprint, "gnupg_home": str(gnupg.path)}
    result = run(MODULE, **TASK, **options, signed_by=[ssh_key.public])
    assert result["msg"] == "signature_format is openpgp, but signed_by has ssh keys. Both must have the same format"
    assert not emulator.journal


def test_signature_must_have_a_different_name(emulator: Emulator, run: ModuleRunner, key: ReleaseKey) -> None:
    message = run(MODULE, **TASK, **key.options, signature=MANIFEST)["msg"]
    assert message == f"signature and manifest are both '{MANIFEST}'. Set another name for the signature"
    message = run(MODULE, **TASK, **key.options, signature="my signature")["msg"]
    assert message == (
        "signature 'my signature' is refused: Bitbucket might store it under another name."
        " Use only letters, digits, '.', '_' and '-'"
    )
    assert not emulator.journal


def test_one_key_can_be_a_text_with_commas(emulator: Emulator, run: ModuleRunner, ssh_key: SshIdentity, tmp_path: Path) -> None:
    """Ansible would split the text at the commas."""
    data = {"app": b"application"}
    put(emulator, {**data, MANIFEST: lines(data), f"{MANIFEST}.sig": ssh_key.sign(lines(data))})
    signers = ssh_key.line('namespaces="git,file"', "jo@example.com,ann@example.com")
    options = {"name": "app", "dest": str(tmp_path / "app"), "manifest": MANIFEST, "signed_by": signers}
    assert run.ok("bitbucket_download_fetch", **options)["signature"]["fingerprint"] == ssh_key.fingerprint


@pytest.mark.parametrize("value", [1.5, 7, True])
def test_name_of_the_signature_must_be_a_text(run: ModuleRunner, key: ReleaseKey, value: object) -> None:
    assert "signature must be a string" in run(MODULE, **TASK, **key.options, signature=value)["msg"]
