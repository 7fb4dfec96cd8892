# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make text of the service safe to print in one line."""

from __future__ import annotations

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._text import is_html, one_line, status_text


@pytest.mark.parametrize(("status", "text"), [(404, "404 Not Found"), (429, "429 Too Many Requests"), (599, "599"), (0, "0")])
def test_a_known_status_has_its_phrase(status: int, text: str) -> None:
    assert status_text(status) == text


def test_blanks_are_collapsed_before_counting() -> None:
    assert one_line("a" + " \n" * 1000 + "b") == "a b"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<html>", True),
        ("\n <HTML lang=en>", True),
        ("<!doctype HTML>", True),
        ("<Error>", False),
        ("see <html>", False),
        ("", False),
    ],
)
def test_a_web_page_is_recognized_by_its_beginning(text: str, html: bool) -> None:
    assert is_html(text) is html
