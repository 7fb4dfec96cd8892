# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configure Sphinx for the site that "make docs" builds. Must not depend on any single page or on the network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

HERE = Path(__file__).resolve().parent
GALAXY = (HERE.parents[2] / "galaxy.yml").read_text(encoding="utf-8")
# The documentation of Ansible. Its inventory is not used, because Sphinx would have to download it.
ANSIBLE = "https://docs.ansible.com/projects/ansible/latest"
PAGES = {
    "action_plugins": "plugins/action.html",
    "common_return_values": "reference_appendices/common_return_values.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
}
BUILTIN = re.compile(r"ansible_collections\.ansible\.builtin\.(?P<page>\w+_(module|lookup|filter|test))")
# Titles and links with the full name of a plugin, which is wider than some lines.
NAMED = re.compile(r'(?s)<h1>.*?</h1>|<a class="reference internal"[^>]*>.*?</a>')
FULL_NAME = re.compile(r"(?<![^>\s])releng\.bitbucket\.\w+")

project = "releng.bitbucket"
author = "releng.bitbucket contributors"
copyright = author  # noqa: A001  Sphinx gives it this name
release = re.search(r"(?m)^version: (\S+)$", GALAXY).group(1)
language = "en"

extensions = ["sphinx_antsibull_ext"]
default_role = "any"
highlight_language = "YAML+Jinja"
# Unresolved references are errors, except for those that link_to_ansible resolves.
nitpicky = True

html_theme = "furo"
html_title = f"releng.bitbucket {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_favicon = "static/favicon.svg"
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_use_modindex = False
html_domain_indices = False
pygments_style = "default"
pygments_dark_style = "github-dark"


def link_to_ansible(_app: Sphinx, _env: BuildEnvironment, node: pending_xref, text: nodes.Element) -> nodes.reference | None:
    """Return a link for a reference to a page of the documentation of Ansible."""
    target = node.get("reftarget", "")
    builtin = BUILTIN.fullmatch(target)
    page = f"collections/ansible/builtin/{builtin['page']}.html" if builtin else PAGES.get(target)
    return nodes.reference("", "", text, internal=False, refuri=f"{ANSIBLE}/{page}") if page else None


def break_names(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None) -> None:
    """Let the browser break full names of plugins after dots and underscores."""
    context["body"] = NAMED.sub(lambda found: _break_names(found.group()), context.get("body", ""))
    for neighbor in filter(None, (context.get("prev"), context.get("next"))):
        neighbor["title"] = _break_names(neighbor["title"])


def _break_names(text: str) -> str:
    return FULL_NAME.sub(lambda found: re.sub("[._]", r"\g<0><wbr>", found.group()), text)


def setup(app: Sphinx) -> None:
    """Register the functions of this file."""
    app.connect("missing-reference", link_to_ansible)
    app.connect("html-page-context", break_names)
