# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Advise which options to set for the parts of an address or a path."""

from __future__ import annotations

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput
from ansible_collections.releng.bitbucket.plugins.module_utils._names import check_name
from ansible_collections.releng.bitbucket.plugins.module_utils._places import advise

BOTH = "Set workspace: 'acme', repository: 'widgets'"
SNIPPET = "Set workspace: 'acme', snippet_id: 'kypj'"


@pytest.mark.parametrize(
    ("option", "text", "advice"),
    [
        ("repository", "acme/widgets", BOTH),
        ("repository", "/acme/widgets.git/", BOTH),
        ("workspace", "acme/widgets", BOTH),
        ("repository", "https://bitbucket.org/acme/widgets", BOTH),
        ("repository", "bitbucket.org/acme/widgets/", BOTH),
        ("workspace", "https://bitbucket.org/acme/widgets/src/main/README.md?at=main#top", BOTH),
        ("repository", "https://user:token@bitbucket.org/acme/widgets.git", BOTH),
        ("repository", "git@bitbucket.org:acme/widgets.git", BOTH),
        ("repository", "ssh://git@bitbucket.org:22/acme/widgets.git", BOTH),
        ("repository", "https://api.bitbucket.org/2.0/repositories/acme/widgets", BOTH),
        ("workspace", "https://bitbucket.org/acme/workspace/overview", "Set workspace: 'acme'"),
        ("workspace", "https://bitbucket.org/acme/", "Set workspace: 'acme'"),
        ("workspace", "https://bitbucket.org/%7B1-2%7D/", "Set workspace: '{1-2}'"),
        ("name", "https://bitbucket.org/acme/widgets/downloads/app%201.tgz", BOTH + ", name: 'app 1.tgz'"),
        ("artifact name", "https://api.bitbucket.org/2.0/repositories/acme/widgets/downloads/a", BOTH + ", name: 'a'"),
        ("repository", "https://bitbucket.org/acme/widgets/downloads/", BOTH),
        ("snippet_id", "acme/kypj", SNIPPET),
        ("snippet_id", "https://bitbucket.org/acme/workspace/snippets/kypj/run-book", SNIPPET),
        ("snippet_id", "https://bitbucket.org/snippets/acme/kypj", SNIPPET),
        ("snippet_id", "https://api.bitbucket.org/2.0/snippets/acme/kypj", SNIPPET),
        ("src_repository", "acme/widgets", "Set src_workspace: 'acme', src_repository: 'widgets'"),
        ("src_workspace", "https://bitbucket.org/acme/", "Set src_workspace: 'acme'"),
        ("repository", "a/b/c", ""),
        ("repository", "https://example.com/acme/widgets", ""),
        ("repository", "https://bitbucket.org/", ""),
        ("name", "dist/app.tgz", ""),
        ("repository", "..", ""),
    ],
)
def test_advice_has_the_parts_of_an_address_as_options(option: str, text: str, advice: str) -> None:
    assert advise(option, text) == advice


def test_refusal_of_a_name_ends_with_the_advice_and_shows_no_token() -> None:
    with pytest.raises(BadInput) as caught:
        check_name("https://x-token-auth:token@bitbucket.org/acme/widgets.git", "repository")
    assert str(caught.value) == (
        "repository 'https://bitbucket.org/acme/widgets.git' is refused: it contains a slash or a backslash. " + BOTH
    )
