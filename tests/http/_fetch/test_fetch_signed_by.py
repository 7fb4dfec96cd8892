# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch a signed release with trusted keys in all forms, and refuse texts that are not trusted keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.emulator import Emulator
from tests.helpers.fetching import FETCH, FetchRunner
from tests.helpers.modules import ModuleRunner
from tests.helpers.openpgp import OpenpgpHome, open_openpgp_home
from tests.helpers.release_keys import from_openpgp, from_ssh
from tests.helpers.ssh_signing import SshIdentity
from tests.http._downloads.helpers import MANIFEST
from tests.http._fetch.releases import ARTIFACTS, EVIL, Release, require_refusal


class Trusted(NamedTuple):
    """The forms of a trusted key: in both formats, as text and in files of this folder."""

    openpgp: OpenpgpHome
    ssh: SshIdentity
    folder: Path

    def write(self, data: bytes | str) -> str:
        """Write a file; return its path."""
        path = self.folder / "trusted"
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return str(path)


LIMITS = 'valid-after="20200101",namespaces="git,file"'

FORMS: dict[str, Callable[[Trusted], Any]] = {
    "openpgp text": lambda trusted: [trusted.openpgp.release.public],
    "openpgp text, no list": lambda trusted: trusted.openpgp.release.public,
    "openpgp armored file": lambda trusted: trusted.write(trusted.openpgp.release.public),
    "openpgp binary file": lambda trusted: [trusted.write(trusted.openpgp.release.binary)],
    "openpgp keybox": lambda trusted: [trusted.write(make_keybox(trusted.openpgp.release.binary))],
    "openpgp several": lambda trusted: [trusted.openpgp.expired.public, trusted.write(trusted.openpgp.release.binary)],
    "ssh text": lambda trusted: [trusted.ssh.public],
    "ssh text, no list": lambda trusted: trusted.ssh.public,
    "ssh file": lambda trusted: [f"{trusted.ssh.path}.pub"],
    "ssh allowed signers": lambda trusted: trusted.write("# Release keys\n" + trusted.ssh.line(LIMITS)),
    "ssh several": lambda trusted: [trusted.ssh.line('namespaces="git"'), trusted.ssh.line()],
}


def make_keybox(key: bytes) -> bytes:
    with open_openpgp_home() as home:
        home.run("--import", data=key)
        return (home.path / "pubring.kbx").read_bytes()


@pytest.fixture
def trusted(gnupg: OpenpgpHome, ssh_key: SshIdentity, tmp_path: Path) -> Trusted:
    return Trusted(gnupg, ssh_key, tmp_path)


@pytest.mark.parametrize("form", FORMS)
def test_key_of_any_form_is_trusted_and_no_other(
    fetch: FetchRunner, emulator: Emulator, trusted: Trusted, untrusted_ssh_key: SshIdentity, form: str
) -> None:
    good, untrusted = from_ssh(trusted.ssh), from_ssh(untrusted_ssh_key)
    if form.startswith("openpgp"):
        good, untrusted = from_openpgp(trusted.openpgp.release), from_openpgp(trusted.openpgp.attacker)
    release = Release(emulator, good, untrusted)
    release.put_untrusted(app=EVIL)
    options = release.options(signed_by=FORMS[form](trusted))
    require_refusal(fetch, f"was made by the key {untrusted.fingerprint}, which signed_by does not have", **options)
    release.put()
    fetch("app", **options)
    assert fetch.files == {"app": ARTIFACTS["app"]}


REFUSED: dict[str, tuple[Callable[[Trusted], Any], str]] = {
    "nothing": (lambda trusted: [], "signed_by is empty"),
    "an empty text": (lambda trusted: "", "Item 1 of signed_by is empty"),
    "blanks": (lambda trusted: [" \t\n"], "Item 1 of signed_by is empty"),
    "a good key and an empty text": (lambda trusted: [trusted.ssh.public, ""], "Item 2 of signed_by is empty"),
    "both formats": (
        lambda trusted: [trusted.ssh.public, trusted.openpgp.release.public],
        "signed_by has both OpenPGP keys and SSH keys",
    ),
    "an OpenPGP private key": (lambda trusted: trusted.openpgp.attacker.private, "has a private key"),
    "an OpenPGP private key in a file": (lambda trusted: trusted.write(trusted.openpgp.attacker.private), "has a private key"),
    "an SSH private key in a file": (lambda trusted: str(trusted.ssh.path), "has a private key"),
    "an SSH certificate": (
        lambda trusted: str(trusted.ssh.certify(trusted.ssh, "jo").path),
        "is a certificate. Use its key, or the key of its authority with cert-authority",
    ),
    "a missing file": (lambda trusted: "/nowhere/key.asc", "'/nowhere/key.asc' on the host that verifies the signature"),
    "a fingerprint": (
        lambda trusted: trusted.openpgp.release.fingerprint,
        "Item 1 of signed_by is a fingerprint, which cannot verify a signature. Use the public key",
    ),
    "an SSH fingerprint": (lambda trusted: trusted.ssh.fingerprint, "Item 1 of signed_by is a fingerprint"),
    "a signature": (
        lambda trusted: trusted.openpgp.release.sign(b"x").decode(),
        "has a block that is not a public key: PGP SIGNATURE",
    ),
    "a key that is truncated": (lambda trusted: trusted.openpgp.release.public[:-40], "is not a readable OpenPGP key"),
    "a key with one other byte": (
        lambda trusted: trusted.openpgp.release.public.replace("=", "A=", 1),
        "is not a readable OpenPGP key",
    ),
    "a page": (lambda trusted: trusted.write(b"<html>Log in</html>"), "has neither OpenPGP public keys"),
}


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("kind", REFUSED)
def test_signed_by_without_a_key_is_refused_before_any_request(
    fetch: FetchRunner, emulator: Emulator, trusted: Trusted, kind: str, check: bool
) -> None:
    give, words = REFUSED[kind]
    result = require_refusal(fetch, words, check=check, manifest=MANIFEST, signed_by=give(trusted))
    assert (len(emulator.journal), result["requests"]) == (0, 0)


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"manifest": None}, "signed_by needs manifest"),
        ({"manifest": ""}, "manifest"),
        ({"signed_by": None, "signature": "SHA256SUMS.asc"}, "signature needs signing_key or signed_by"),
        ({"signature": "SHA256SUMS"}, "signature and manifest are both 'SHA256SUMS'"),
        ({"signature": "a/SHA256SUMS.asc"}, "signature 'a/SHA256SUMS.asc' is refused: it contains a slash"),
    ],
)
def test_options_that_would_verify_nothing_are_refused_before_any_request(
    fetch: FetchRunner, emulator: Emulator, ssh_key: SshIdentity, options: dict[str, Any], words: str, check: bool
) -> None:
    require_refusal(fetch, words, check=check, **{"manifest": MANIFEST, "signed_by": [ssh_key.public], **options})
    assert len(emulator.journal) == 0


@pytest.mark.parametrize("kind", ["openpgp", "ssh"])
@pytest.mark.parametrize("option", ["signed_by", "signing_key"])
def test_private_key_that_is_passed_as_text_is_not_shown(run: ModuleRunner, trusted: Trusted, option: str, kind: str) -> None:
    """Not even in the options of the task, which results repeat."""
    key = trusted.openpgp.attacker.private if kind == "openpgp" else trusted.ssh.path.read_text("utf-8")
    module, options = FETCH, {"name": "app", "dest": str(trusted.folder)}
    if option == "signing_key":
        module, options = "bitbucket_download", {"name": "app", "content": "x", "signature_format": kind}
    for value in (key, key.replace("\n", " ")):
        assert "key" in run.failure(module, manifest=MANIFEST, **options, **{option: value})
        assert "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in run.output
        assert [line for line in key.split("\n") if line and line in run.output] == []
