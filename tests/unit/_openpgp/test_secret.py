# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose the secret key for signing from the list of gpg, and parse the option that names it."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._openpgp.secret import (
    choose_secret_key,
    parse_signing_key,
)
from ansible_collections.releng.bitbucket.plugins.module_utils._signatures.values import CannotSign

PRIMARY, SUBKEY = "A" * 40, "B" * 40


def listing(*parts: tuple[str, str, str, str, str]) -> bytes:
    """Return the lines that gpg prints for the parts of a key: kind, validity, capabilities, secret, fingerprint."""
    lines = []
    for kind, validity, capabilities, secret, fingerprint in parts:
        lines += [f"{kind}:{validity}:255:22:{fingerprint[-16:]}:1577836800::::::{capabilities}:::{secret}::ed25519:::0:"]
        lines += [f"fpr:::::::::{fingerprint}:", "grp:::::::::C0:"]
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("a" * 40, "A" * 40),
        (f"0x{'a' * 16}", "A" * 16),
        (f" {'AAAA ' * 5} {'AAAA ' * 5}\n", "A" * 40),
        (f"0X{'b' * 40}!", "B" * 40 + "!"),
    ],
)
def test_fingerprints_and_long_ids_name_a_key(text: str, key: str) -> None:
    assert parse_signing_key(text) == key


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "but it is empty"),
        (" ", "but it is empty"),
        ("0x" + "a" * 8, "short IDs are not unique"),
        ("a" * 8, "short IDs are not unique"),
        ("release@example.com", "user IDs are not unique"),
        ("a" * 39, "user IDs are not unique"),
        ("a" * 64, "user IDs are not unique"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nxyz", "not the key itself"),
        ("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxyz", "not the key itself"),
        ("=Name", "user IDs are not unique"),
        ("--output", "user IDs are not unique"),
    ],
)
def test_other_names_are_refused_and_not_repeated(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=f"signing_key must be the fingerprint.*{words}") as caught:
        parse_signing_key(text)
    assert not text.strip() or text not in str(caught.value)


def test_a_key_on_a_card_can_sign() -> None:
    card = listing(("sec", "-", "scSC", "D2760001240102010006112233440000", PRIMARY))
    assert choose_secret_key(card, PRIMARY, "'~/.gnupg'").fingerprint == PRIMARY


def test_one_part_that_can_sign_is_enough() -> None:
    parts = listing(("sec", "u", "cSC", "#", PRIMARY), ("ssb", "e", "s", "+", "C" * 40), ("ssb", "u", "s", "+", SUBKEY))
    assert choose_secret_key(parts, PRIMARY, "home").fingerprints == (PRIMARY, "C" * 40, SUBKEY)


@pytest.mark.parametrize(
    ("parts", "key", "words"),
    [
        ([], PRIMARY, f"The GnuPG home home has no secret key {PRIMARY}"),
        (
            [("sec", "u", "sc", "+", PRIMARY), ("sec", "u", "sc", "+", SUBKEY)],
            PRIMARY[:16],
            "More than one secret key .* matches",
        ),
        ([("sec", "e", "sc", "+", PRIMARY)], PRIMARY, "it has expired. Extend it"),
        ([("sec", "r", "sc", "+", PRIMARY), ("ssb", "u", "s", "+", SUBKEY)], PRIMARY, "it was revoked"),
        ([("sec", "u", "c", "+", PRIMARY), ("ssb", "u", "e", "+", SUBKEY)], PRIMARY, "it cannot sign"),
        ([("sec", "u", "c", "+", PRIMARY), ("ssb", "r", "s", "+", SUBKEY)], PRIMARY, "has expired or was revoked"),
        ([("sec", "u", "cS", "+", PRIMARY), ("ssb", "u", "s", "#", SUBKEY)], PRIMARY, "has only a stub of its secret part"),
        ([("sec", "u", "sc", "+", PRIMARY), ("ssb", "u", "e", "+", SUBKEY)], f"{SUBKEY}!", "it cannot sign"),
        ([("sec", "u", "sc", "+", PRIMARY), ("ssb", "u", "s", "#", SUBKEY)], f"{SUBKEY[:16]}!", "only a stub"),
    ],
)
def test_a_key_that_cannot_sign_is_refused(parts: list[tuple[str, str, str, str, str]], key: str, words: str) -> None:
    with pytest.raises(CannotSign, match=words):
        choose_secret_key(listing(*parts), key, "home")


@given(
    st.lists(
        st.one_of(
            st.sampled_from(["sec", "sec:u", "ssb:u", "fpr:", listing(("sec", "u", "s", "+", PRIMARY)).decode()]), st.text()
        )
    )
)
def test_any_list_raises_only_errors_with_a_message(lines: list[str]) -> None:
    with suppress(CannotSign):
        assert choose_secret_key("\n".join(lines).encode("utf-8", "replace"), PRIMARY, "home").fingerprints
