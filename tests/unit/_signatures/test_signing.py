# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The signer of ``signing_key``: which one it is, and what is refused before any key is looked for."""

from __future__ import annotations

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._signatures.signing import create_signer


def test_format_chooses_the_signer() -> None:
    assert create_signer("~/.ssh/missing", "ssh", None, None).format == "ssh"
    assert create_signer("0123456789ABCDEF" * 2 + "01234567", "openpgp", None, None).format == "openpgp"


@pytest.mark.parametrize("form", ["ssh", "openpgp"])
@pytest.mark.parametrize(
    ("key", "cause"),
    [
        ("", "signing_key is empty"),
        (" \n", "signing_key is empty"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn\n", "signing_key is the text of a key"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nb3Blbn\n", "signing_key is the text of a key"),
    ],
)
def test_text_that_names_no_key_is_refused_and_not_repeated(form: str, key: str, cause: str) -> None:
    with pytest.raises(BadInput, match=cause) as caught:
        create_signer(key, form, None, None)
    assert "b3Blbn" not in str(caught.value)


def test_gnupg_home_of_an_ssh_key_is_refused() -> None:
    with pytest.raises(BadInput, match="gnupg_home has no meaning with signature_format=ssh"):
        create_signer("~/.ssh/id_ed25519", "ssh", None, "/home/jo/.gnupg")
