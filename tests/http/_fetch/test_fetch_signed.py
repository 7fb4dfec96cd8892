# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attack a signed release that a task fetches: with contents, manifest or signature of an attacker without a trusted key."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable

import pytest

from tests.emulator import Emulator
from tests.helpers.fetching import NEW as FETCHED
from tests.helpers.fetching import FetchRunner, outcome
from tests.helpers.openpgp import OpenpgpHome
from tests.helpers.release_keys import from_openpgp, from_ssh
from tests.helpers.ssh_signing import SshIdentity
from tests.http._downloads.helpers import MANIFEST, lines, put, sha256
from tests.http._fetch.releases import ARTIFACTS, EVIL, NEW, Release, require_refusal, require_sentence

Attack = Callable[[Release], None]


def swap_bytes_of_the_signature(release: Release) -> None:
    """Damage bytes of the signature, and keep its form."""
    armored = release.read(release.key.signature)
    middle = len(armored) // 2
    place = next(at for at in range(middle, len(armored)) if armored[at : at + 1].isalpha())
    release.put_signature(armored[:place] + armored[place : place + 1].swapcase() + armored[place + 1 :])


def restore_old_pair(release: Release) -> None:
    """Publish a new release, then restore manifest and signature of the old one."""
    release.put(NEW)
    release.put({}, manifest=release.manifest)


def exchange(release: Release) -> None:
    """Exchange the contents of the two artifacts."""
    manifest, signature = release.read(MANIFEST), release.read(release.key.signature)
    release.put_manifest(signature)
    release.put_signature(manifest)


CHANGED = "The signature '{signature}' of the manifest '{manifest}' does not match: the contents were changed after signing"
DIGEST = "'app' does not have the digest that the manifest {manifest} expects"
UNREADABLE = "The signature '{signature}' of the manifest '{manifest}' is "

# Actions of an attacker, and the messages of the task. UNREADABLE: the message differs by format.
ATTACKS: dict[str, tuple[Attack, str]] = {
    "contents of the same size": (lambda r: put(r.emulator, {"app": EVIL}), DIGEST),
    "contents of another size": (lambda r: put(r.emulator, {"app": EVIL * 2}), DIGEST),
    "contents cut off": (lambda r: put(r.emulator, {"app": ARTIFACTS["app"][:-1]}), DIGEST),
    "contents empty": (lambda r: put(r.emulator, {"app": b""}), DIGEST),
    "contents of another artifact": (lambda r: put(r.emulator, {"app": ARTIFACTS["lib"]}), DIGEST),
    "contents and their line": (lambda r: r.put_manifest(lines({**ARTIFACTS, "app": EVIL})), CHANGED),
    "contents, line and an untrusted signature": (
        lambda r: r.put_untrusted(app=EVIL),
        "was made by the key {other}, which signed_by does not have",
    ),
    "only an untrusted signature": (
        lambda r: r.put_signature(r.other_key.sign(r.manifest)),
        "was made by the key {other}, which signed_by does not have",
    ),
    "artifact missing": (lambda r: r.remove("app"), "Not in the Downloads of widgets: 'app'"),
    "manifest missing": (lambda r: r.remove(MANIFEST), "The manifest {manifest} is not in the Downloads of widgets"),
    "manifest and signature missing": (
        lambda r: r.remove(MANIFEST, r.key.signature),
        "The manifest {manifest} is not in the Downloads of widgets",
    ),
    "signature missing": (
        lambda r: r.remove(r.key.signature),
        "The manifest '{manifest}' is not signed: '{signature}' does not exist. The manifest was not used",
    ),
    "manifest empty": (lambda r: r.put_manifest(b""), CHANGED),
    "manifest cut off": (lambda r: r.put_manifest(r.manifest[:-1]), CHANGED),
    "manifest in capitals": (lambda r: r.put_manifest(r.manifest.replace(b"a", b"A")), CHANGED),
    "line of an unsigned writer": (lambda r: r.put_manifest(lines({**ARTIFACTS, "evil": EVIL})), CHANGED),
    "line removed": (lambda r: r.put_manifest(lines({"app": ARTIFACTS["app"]})), CHANGED),
    "lines in another order": (lambda r: r.put_manifest(b"".join(reversed(r.manifest.splitlines(keepends=True)))), CHANGED),
    "line twice": (lambda r: r.put_manifest(r.manifest + r.manifest.splitlines(keepends=True)[0]), CHANGED),
    "comment added": (lambda r: r.put_manifest(b"# good\n" + r.manifest), CHANGED),
    "empty line added": (lambda r: r.put_manifest(r.manifest + b"\n"), CHANGED),
    "blanks at the ends of lines": (lambda r: r.put_manifest(r.manifest.replace(b"\n", b" \n")), CHANGED),
    "line ends of Windows": (lambda r: r.put_manifest(r.manifest.replace(b"\n", b"\r\n")), CHANGED),
    "line ends of old computers": (lambda r: r.put_manifest(r.manifest.replace(b"\n", b"\r")), CHANGED),
    "byte order mark": (lambda r: r.put_manifest(b"\xef\xbb\xbf" + r.manifest), CHANGED),
    "signature of another manifest": (lambda r: r.put_signature(r.key.sign(lines(NEW))), CHANGED),
    "signature of the artifact": (lambda r: r.put_signature(r.key.sign(ARTIFACTS["app"])), CHANGED),
    "signature of nothing": (lambda r: r.put_signature(r.key.sign(b"")), CHANGED),
    "signature empty": (lambda r: r.put_signature(b""), "The signature '{signature}' of the manifest '{manifest}' is empty"),
    "signature of blanks": (lambda r: r.put_signature(b" \n"), "is empty"),
    "signature cut off": (lambda r: r.put_signature(r.read(r.key.signature)[:-30]), "The signature '{signature}'"),
    "signature cut in its middle": (lambda r: r.put_signature(r.read(r.key.signature)[:100]), "The signature '{signature}'"),
    "signature with other bytes": (swap_bytes_of_the_signature, "The signature '{signature}'"),
    "signature and manifest exchanged": (exchange, UNREADABLE),
    "signature is a page": (lambda r: r.put_signature(b"<html><title>Log in</title></html>\n"), UNREADABLE),
    "signature is the trusted key": (lambda r: r.put_signature(r.key.public.encode()), UNREADABLE),
    "signature of 64 KiB and a byte": (
        lambda r: r.put_signature(r.read(r.key.signature).ljust(64 * 1024 + 1)),
        "'{signature}' has 65537 bytes, more than the limit of 65536",
    ),
    "pair of another release": (
        lambda r: r.put({"other": b"other"}),
        "The manifest {manifest} has no line, or conflicting lines, for 'app'",
    ),
    "signed manifest with two lines for the artifact": (
        lambda r: r.put(manifest=lines({"app": EVIL}) + r.manifest),
        "The manifest {manifest} has no line, or conflicting lines, for 'app'",
    ),
    "signed text that is no manifest": (
        lambda r: r.put(manifest=b"Release notes\n"),
        "The artifact '{manifest}' is not a checksum manifest",
    ),
    "old pair put back over a new release": (restore_old_pair, DIGEST),
}


def test_good_release_is_fetched(fetch: FetchRunner, release: Release) -> None:
    result = fetch("app", **release.options())
    assert outcome(result) == FETCHED
    assert (result["signature"]["fingerprint"], fetch.files) == (release.key.fingerprint, {"app": ARTIFACTS["app"]})


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_writes_nothing_to_the_host(fetch: FetchRunner, release: Release, attack: str) -> None:
    act, words = ATTACKS[attack]
    act(release)
    require_refusal(fetch, release.explain(words), **release.options())


CENTRAL = (
    "contents, line and an untrusted signature",
    "contents and their line",
    "line of an unsigned writer",
    "signature missing",
    "signature empty",
    "pair of another release",
)


@pytest.mark.parametrize("attack", CENTRAL)
def test_check_mode_fails_equally(fetch: FetchRunner, release: Release, attack: str) -> None:
    act, words = ATTACKS[attack]
    act(release)
    result = require_refusal(fetch, release.explain(words), check=True, **release.options())
    assert fetch.failure("app", **release.options()) == result["msg"]


@pytest.mark.parametrize("attack", [*CENTRAL, "contents of the same size", "contents of another size"])
def test_nothing_is_unpacked(fetch: FetchRunner, release: Release, attack: str) -> None:
    """Also if only one of several archives is false."""
    archives = {f"{name}.tar": pack(content) for name, content in ARTIFACTS.items()}
    release.put(archives)
    act, words = ATTACKS[attack]
    if attack.startswith("contents of"):
        put(release.emulator, {"lib.tar": pack(EVIL) if "same" in attack else pack(EVIL) + bytes(512)})
        words = words.replace("app", "lib.tar")
    else:
        act(release)
        words = words.replace("app", "app.tar")
    folder = fetch.folder / "unpacked"
    options = release.options(unpack_dest=str(folder))
    message = fetch.failure("app.tar", "lib.tar", **options)
    assert release.explain(words) in message
    require_sentence(message)
    assert not folder.exists()
    assert set(fetch.files) <= {"app.tar"}, "only what was verified"


def pack(content: bytes) -> bytes:
    """Return an archive of one file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("program")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("name", ["evil", "SHA256SUMS.old", "signature of the other format"])
def test_artifact_without_a_line_is_refused(fetch: FetchRunner, release: Release, name: str, check: bool) -> None:
    if name.startswith("signature"):
        name = MANIFEST + {"openpgp": ".sig", "ssh": ".asc"}[release.key.format]
    put(release.emulator, {name: EVIL})
    words = f"The manifest {MANIFEST} has no line, or conflicting lines, for '{name}'"
    require_refusal(fetch, words, name, check=check, **release.options())


def test_artifact_without_a_line_is_refused_for_a_pattern(fetch: FetchRunner, release: Release) -> None:
    put(release.emulator, {"evil": EVIL})
    message = fetch.failure(patterns=["*"], **release.options())
    assert message == f"The manifest {MANIFEST} has no line, or conflicting lines, for 'evil'"
    assert fetch.files == {}


def test_local_file_of_an_attacker_is_replaced(fetch: FetchRunner, release: Release) -> None:
    """Even if the artifact has the same contents, and an untrusted manifest lists them."""
    fetch.write(app=EVIL)
    assert outcome(fetch("app", **release.options())) == ("replaced", "content differs", True)
    fetch.write(app=EVIL)
    release.put_untrusted(app=EVIL)
    assert "which signed_by does not have" in fetch.failure("app", **release.options())


def test_checksum_does_not_replace_a_good_signature(fetch: FetchRunner, release: Release) -> None:
    release.put_untrusted()
    checksum = f"sha256:{sha256(ARTIFACTS['app'])}"
    assert "which signed_by does not have" in fetch.failure("app", checksum=checksum, **release.options())


def test_force_does_not_replace_a_good_signature(fetch: FetchRunner, release: Release) -> None:
    release.put_untrusted(app=EVIL)
    require_refusal(fetch, "which signed_by does not have", force=True, **release.options())


@pytest.mark.parametrize("trusted", ["openpgp", "ssh"])
def test_signature_of_the_other_format_is_refused(
    fetch: FetchRunner, emulator: Emulator, gnupg: OpenpgpHome, ssh_key: SshIdentity, trusted: str
) -> None:
    keys = from_openpgp(gnupg.release), from_ssh(ssh_key)
    good, other = keys if trusted == "openpgp" else reversed(keys)
    release = Release(emulator, good, other)
    release.put_untrusted(**ARTIFACTS)
    words = {
        "openpgp": "is an SSH signature, but signed_by has OpenPGP keys",
        "ssh": "is an OpenPGP signature, but signed_by has SSH keys",
    }
    require_refusal(fetch, words[trusted], **release.options())
