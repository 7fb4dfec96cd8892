# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the sources of the site: every page is listed and has the label that Ansible's own site requires."""

from __future__ import annotations

import re
import textwrap
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from tests.docs.build import GUIDES, IMAGES, NAME

from .guides import RST


def test_every_page_is_listed_once() -> None:
    sections = yaml.safe_load(GUIDES.read_text(encoding="utf-8"))["sections"]
    listed = [name for section in sections for name in section["toctree"]]
    assert sorted(listed) == sorted(path.stem for path in RST.glob("*.rst"))


@pytest.mark.parametrize("guide", sorted(RST.glob("*.rst")), ids=lambda path: path.stem)
def test_pages_have_their_label(guide: Path) -> None:
    assert f".. _ansible_collections.{NAME}.docsite.{guide.stem}:\n" in guide.read_text(encoding="utf-8")


def test_the_picture_has_a_description_and_colors_for_dark_mode() -> None:
    text = (IMAGES / "flow.svg").read_text(encoding="utf-8")
    drawn = ET.fromstring(text)  # noqa: S314  a file of this project
    words = {child.tag.rpartition("}")[2]: child.text for child in drawn}
    assert words["title"]
    assert words["desc"]
    assert "prefers-color-scheme: dark" in text


@pytest.mark.parametrize("guide", sorted(RST.glob("*.rst")), ids=lambda path: path.stem)
def test_pictures_in_guides_have_a_description_and_the_colors_of_the_page(guide: Path) -> None:
    for drawing in re.findall(r"(?ms)^   <svg.*?</svg>$", guide.read_text(encoding="utf-8")):
        drawn = ET.fromstring(textwrap.dedent(drawing))  # noqa: S314  a file of this project
        assert drawn.get("role") == "img"
        assert drawn.get("aria-label")
        colors = {value for element in drawn.iter() for key in ("fill", "stroke") if (value := element.get(key))}
        assert colors <= {"none", "currentColor", "var(--color-brand-primary, #2f6fc4)"}
        assert all(element.get("fill") == "currentColor" for element in drawn.iter() if element.tag.endswith("text"))
