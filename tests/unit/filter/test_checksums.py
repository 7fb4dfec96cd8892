# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parse checksum files in playbooks, and use the result as an option."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.releng.bitbucket.plugins.filter import checksums as plugin
from ansible_collections.releng.bitbucket.plugins.filter.checksums import FilterModule
from ansible_collections.releng.bitbucket.plugins.module_utils._files.checksum import ALGORITHMS, Checksum, parse_checksum

checksums = FilterModule().filters()["checksums"]
DIGESTS = {algorithm: hashlib.new(algorithm, b"content").hexdigest() for algorithm in ALGORITHMS}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("tag", [[], ["--tag"]])
def test_output_of_every_program_is_usable_as_the_option_checksum(tmp_path: Path, algorithm: str, tag: list[str]) -> None:
    for name in ("app 1.tgz", "a(b) = c", "line\nfeed"):
        (tmp_path / name).write_bytes(b"content")
    names = ["./app 1.tgz", "a(b) = c", "line\nfeed"]
    text = subprocess.run(
        [f"{algorithm}sum", *tag, "--", *names], cwd=tmp_path, capture_output=True, check=True, text=True
    ).stdout
    found = checksums(text)
    assert found == dict.fromkeys(["app 1.tgz", "a(b) = c", "line\nfeed"], f"{algorithm}:{DIGESTS[algorithm]}")
    assert parse_checksum(found["app 1.tgz"]) == Checksum(algorithm, DIGESTS[algorithm])


def test_strongest_digest_is_used_and_contradictions_are_omitted() -> None:
    other = "0" * 64
    lines = [f"{digest}  a" for digest in DIGESTS.values()]
    lines += [f"{DIGESTS['md5']}  b", f"{DIGESTS['sha1']}  b", f"{DIGESTS['sha256']}  c", f"{other}  c", f"SHA256 (d) = {other}"]
    assert checksums("\n".join(["# comment", "", "noise", *lines])) == {
        "a": f"sha512:{DIGESTS['sha512']}",
        "b": f"sha1:{DIGESTS['sha1']}",
        "d": f"sha256:{other}",
    }
    assert checksums(f"{other}  c\n{DIGESTS['sha256']}  c\n") == {}


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n"])
def test_empty_text_has_no_digests(text: str) -> None:
    assert checksums(text) == {}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("<html>Log in</html>", "the text has no line with a digest and a name"),
        (None, "needs the text of a checksum file, not NoneType"),
        (["a"], "needs the text of a checksum file, not list"),
    ],
)
def test_other_values_are_errors(value: Any, words: str) -> None:
    with pytest.raises(AnsibleFilterError, match=words):
        checksums(value)


def test_documentation_has_the_name_of_the_filter() -> None:
    assert yaml.safe_load(plugin.DOCUMENTATION)["name"] in FilterModule().filters()
