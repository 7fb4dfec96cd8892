# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch a signed release on a host whose programs lie, or whose user trusts an attacker.

The limit of these tests: a program on PATH that prints exactly what gpgv, sqv, gpg or ssh-keygen print for a good signature by
the trusted key is trusted, if the signature names that key. An attacker who can install it can replace Python as well.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.helpers.fetching import FetchRunner
from tests.helpers.openpgp import OpenpgpHome
from tests.helpers.release_keys import from_openpgp, from_ssh
from tests.helpers.ssh_signing import SshIdentity
from tests.http._downloads.helpers import lines
from tests.http._fetch.releases import ARTIFACTS, EVIL, Install, Release, require_refusal, require_sentence


def test_missing_program_is_an_error(fetch: FetchRunner, release: Release, install: Install) -> None:
    install()
    words = {
        "openpgp": "No program that verifies OpenPGP signatures is installed on this host. Install gpgv",
        "ssh": "ssh-keygen is not installed on this host. Install OpenSSH 8.1 or later",
    }
    require_refusal(fetch, words[release.key.format], **release.options())
    require_refusal(fetch, "use via: link or via: controller of bitbucket_download_fetch", check=True, **release.options())


def say(*words: str, status: int = 0) -> str:
    """Return a script that prints lines for any arguments, and ends."""
    return "\n".join([*(f"echo '{line}'" for line in words), f"exit {status}"])


def imitate(fingerprint: str, *, kind: str = "00", primary: str = "", date: int = 1700000000) -> list[str]:
    """Return the lines of gpgv for a good signature."""
    valid = f"VALIDSIG {fingerprint} 2023-11-14 {date} 0 4 0 22 10 {kind} {primary or fingerprint}"
    return ["[GNUPG:] NEWSIG", f"[GNUPG:] GOODSIG {fingerprint[-16:]} Release", f"[GNUPG:] {valid}"]


# False output of a program about a manifest that was changed after signing. {key}, {other}: fingerprints.
LIES: dict[str, str] = {
    "nothing": "exit 0",
    "nothing, and fails": "exit 1",
    "words": say("Good signature"),
    "the fingerprint": say("{key}"),
    "a good signature of another key": say(*imitate("{other}")),
    "a subkey of another key": say(*imitate("{other}", primary="{key}")),
    "a key of another primary key": say(*imitate("{key}", primary="{other}")),
    "a text signature": say(*imitate("{key}", kind="01")),
    "a signature of the future": say(*imitate("{key}", date=4070908800)),
    "a good signature, and fails": say(*imitate("{key}"), status=1),
    "a good and a bad signature": say(*imitate("{key}"), "[GNUPG:] NEWSIG", "[GNUPG:] BADSIG {key} Release"),
    "a good signature that is bad": say(*imitate("{key}"), "[GNUPG:] BADSIG {key} Release"),
    "a good signature by an expired key": say(*imitate("{key}"), "[GNUPG:] EXPKEYSIG {key} Release"),
    "only that it is valid": say(*(line for line in imitate("{key}") if "GOODSIG" not in line)),
    "only that it is good": say(*(line for line in imitate("{key}") if "VALIDSIG" not in line)),
    "the lines of ssh-keygen for another key": say('Good "file" signature for signer with ED25519 key {other}'),
    "the lines of ssh-keygen for another namespace": say('Good "git" signature for signer with ED25519 key {key}'),
    "the lines of ssh-keygen for another signer": say('Good "file" signature for attacker with ED25519 key {key}'),
    "the lines of ssh-keygen, and fails": say('Good "file" signature for signer with ED25519 key {key}', status=1),
    "the lines of ssh-keygen among others": say("Hello", 'Good "file" signature for signer with ED25519 key {key}'),
    "the lines of ssh-keygen twice": say(*['Good "file" signature for signer with ED25519 key {key}'] * 2),
}


@pytest.mark.parametrize("lie", LIES)
def test_false_output_of_a_program_is_not_trusted(fetch: FetchRunner, release: Release, install: Install, lie: str) -> None:
    release.put_manifest(lines({**ARTIFACTS, "app": EVIL}))
    script = LIES[lie].replace("{key}", release.key.fingerprint).replace("{other}", release.other_key.fingerprint)
    for program in ("gpgv", "gpg", "sqv") if release.key.format == "openpgp" else ("ssh_keygen",):
        if program == "sqv" and lie == "the fingerprint":
            continue  # This is the output of sqv for a good signature.
        folder = install(**{program: script})
        message = fetch.failure("app", **release.options())
        require_sentence(message)
        assert fetch.files == {}
        for path in folder.iterdir():
            path.unlink()


@pytest.mark.parametrize("program", ["gpgv", "gpg", "sqv", "ssh_keygen"])
def test_signature_of_an_untrusted_key_is_refused_before_any_program_runs(
    fetch: FetchRunner,
    emulator: Emulator,
    gnupg: OpenpgpHome,
    ssh_key: SshIdentity,
    untrusted_ssh_key: SshIdentity,
    install: Install,
    tmp_path: Path,
    program: str,
) -> None:
    good, untrusted = from_ssh(ssh_key), from_ssh(untrusted_ssh_key)
    if program != "ssh_keygen":
        good, untrusted = from_openpgp(gnupg.release), from_openpgp(gnupg.attacker)
    release = Release(emulator, good, untrusted)
    release.put_untrusted(app=EVIL)
    options = release.options()
    truth = {"sqv": [good.fingerprint], "ssh_keygen": [f'Good "file" signature for signer with ED25519 key {good.fingerprint}']}
    called = tmp_path / "called"
    install(**{program: f"echo > {called}\n{say(*truth.get(program, imitate(good.fingerprint)))}"})
    require_refusal(fetch, f"was made by the key {untrusted.fingerprint}, which signed_by does not have", **options)
    assert not called.exists()


@pytest.mark.parametrize("entry", [".", "", "bin", "./bin"])
@pytest.mark.parametrize("first", [True, False])
def test_program_in_a_relative_folder_of_path_is_not_run(
    fetch: FetchRunner,
    release: Release,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    install: Install,
    entry: str,
    first: bool,
) -> None:
    """An attacker has put a program into the working directory of the task."""
    called = tmp_path / "called"
    for program in ("gpgv", "sqv", "gpg", "ssh_keygen"):
        install(**{program: f"echo > {called}"})
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "bin" if entry in (".", "") else tmp_path)
    folders = [entry, str(tmp_path / "empty")]
    monkeypatch.setenv("PATH", ":".join(folders if first else reversed(folders)))
    assert "installed on this host" in fetch.failure("app", **release.options())
    assert not called.exists()


# Settings of the user


@pytest.fixture
def home_of_a_victim(gnupg: OpenpgpHome, untrusted_ssh_key: SshIdentity, tmp_path: Path) -> Path:
    """Return a home directory in which every file of GnuPG and OpenSSH trusts the attacker."""
    home = tmp_path / "victim"
    for folder in (home / ".gnupg", home / ".ssh"):
        folder.mkdir(mode=0o700, parents=True)
    keyring = home / ".gnupg" / "pubring.gpg"
    for name in ("pubring.gpg", "trustedkeys.gpg", "trustedkeys.kbx"):
        (home / ".gnupg" / name).write_bytes(gnupg.attacker.binary)
    for name in ("gpg.conf", "gpgv.conf", "options"):
        settings = f"keyring {keyring}\ntrusted-key {gnupg.attacker.fingerprint}\nallow-weak-digest-algos\n"
        (home / ".gnupg" / name).write_text(settings, "utf-8")
    (home / ".ssh" / "allowed_signers").write_text(untrusted_ssh_key.line(principals="signer"), "utf-8")
    (home / ".ssh" / "authorized_keys").write_text(untrusted_ssh_key.public, "utf-8")
    return home


@pytest.mark.parametrize("program", ["gpgv", "gpg"])
def test_settings_and_keyrings_of_the_user_are_neither_read_nor_written(
    fetch: FetchRunner,
    release: Release,
    home_of_a_victim: Path,
    monkeypatch: pytest.MonkeyPatch,
    install: Install,
    program: str,
) -> None:
    monkeypatch.setenv("HOME", str(home_of_a_victim))
    monkeypatch.setenv("GNUPGHOME", str(home_of_a_victim / ".gnupg"))
    monkeypatch.setenv("GPG_OPTIONS", f"--keyring {home_of_a_victim}/.gnupg/pubring.gpg")
    before = {path: path.stat().st_mtime_ns for path in home_of_a_victim.rglob("*")}
    install(*{"gpgv": ("gpgv", "gpg"), "gpg": ("gpg",)}[program], "ssh-keygen")
    fetch("app", **release.options())
    (fetch.folder / "app").unlink()
    release.put_untrusted(app=EVIL)
    require_refusal(fetch, release.explain("was made by the key {other}, which signed_by does not have"), **release.options())
    assert {path: path.stat().st_mtime_ns for path in home_of_a_victim.rglob("*")} == before


def test_temporary_folder_is_removed_after_the_task(
    fetch: FetchRunner, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    fetch("app", **release.options())
    release.put_untrusted(app=EVIL)
    fetch.failed("app", force=True, **release.options())
    assert list(folder.iterdir()) == []
