# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of Sphinx for the site that "make docs" builds. Knows the theme. Knows no page, and fetches nothing."""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

HERE = Path(__file__).resolve().parent
GALAXY = (HERE.parents[2] / "galaxy.yml").read_text(encoding="utf-8")
# Where Ansible's own documentation is; an inventory of it would have to be fetched.
ANSIBLE = "https://docs.ansible.com/projects/ansible/latest"
PAGES = {
    "action_plugins": "plugins/action.html",
    "common_return_values": "reference_appendices/common_return_values.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
}
BUILTIN = re.compile(r"ansible_collections\.ansible\.builtin\.(?P<page>\w+_(module|lookup|filter|test))")

project = "releng.bitbucket"
author = "releng.bitbucket contributors"
copyright = author  # noqa: A001  Sphinx gives it this name
release = re.search(r"(?m)^version: (\S+)$", GALAXY).group(1)
language = "en"

extensions = ["sphinx_antsibull_ext"]
default_role = "any"
highlight_language = "YAML+Jinja"
# What nothing defines is an error, but for what the function below finds.
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
pygments_style = "friendly"
pygments_dark_style = "github-dark"


def link_to_ansible(_app: Sphinx, _env: BuildEnvironment, node: pending_xref, text: nodes.Element) -> nodes.reference | None:
    """Turn a reference to a page of Ansible's into a link."""
    target = node.get("reftarget", "")
    builtin = BUILTIN.fullmatch(target)
    page = f"collections/ansible/builtin/{builtin['page']}.html" if builtin else PAGES.get(target)
    return nodes.reference("", "", text, internal=False, refuri=f"{ANSIBLE}/{page}") if page else None


def setup(app: Sphinx) -> None:
    """What Sphinx calls."""
    app.connect("missing-reference", link_to_ansible)
