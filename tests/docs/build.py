# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the site: python -m tests.docs.build

antsibull-docs writes a page for each plugin and role and copies the guides, then Sphinx makes HTML of them. Warnings are errors.
Must not depend on any single page. Needs no network.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from tests.tools.tree import BUILD, ROOT, link_checkout

NAME = "releng.bitbucket"
SITE = ROOT / "docs" / "docsite" / "site"
GUIDES = ROOT / "docs" / "docsite" / "extra-docs.yml"
IMAGES = ROOT / "docs" / "images"
OUT = BUILD / "docs"
SOURCE = OUT / "source"
HTML = OUT / "html"
# The pages of plugins have a list of contents at the top, and the theme has another one at the side.
CONTENTS = re.compile(r"(?m)^\.\. contents::\n(   .*\n)*\n")
# The index of plugins adds pages and guides to the side bar with titles of four lines; the front page has shorter titles.
# Each such list is removed, with the title of its section if the section has no other text.
LISTED = re.compile(r"(?m)^(.+\n-+\n\n+)?\.\. toctree::\n(    .*\n)*\n(    .*\n)*")
TITLE = re.compile(r"(?m)^Releng\.Bitbucket\n=+$")
KINDS = {"module": "", "lookup": " lookup", "filter": " filter", "role": " role"}


def main() -> int:
    """Build the site from scratch."""
    shutil.rmtree(OUT, ignore_errors=True)
    # antsibull-docs requires a directory that only its owner can write.
    SOURCE.mkdir(parents=True)
    SOURCE.chmod(0o755)
    _run(
        "antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", str(SOURCE), NAME
    )
    shape(SOURCE)
    shutil.copytree(IMAGES, SOURCE / "images")
    command = ("--quiet", "--fail-on-warning", "--keep-going", "--jobs", "2", "--doctree-dir", str(OUT / "doctrees"))
    _run("sphinx-build", *command, "--conf-dir", str(SITE), str(SOURCE), str(HTML))
    print(f"{len(list(HTML.rglob('*.html')))} pages: {(HTML / 'index.html').relative_to(ROOT)}")
    return 0


def shape(source: Path) -> None:
    """Put the front page before the pages of antsibull-docs, and remove parts that the theme cannot show."""
    (source / "index.rst").rename(source / "plugins.rst")
    for page in source.glob("*.rst"):
        page.write_text(CONTENTS.sub("", page.read_text(encoding="utf-8")), encoding="utf-8")
    index = source / "plugins.rst"
    text = LISTED.sub("", index.read_text(encoding="utf-8"))
    index.write_text(TITLE.sub("All plugins\n===========", text), encoding="utf-8")
    front = (SITE / "index.rst").read_text(encoding="utf-8")
    *for_users, for_contributors = guides()
    (source / "index.rst").write_text("\n".join([front, *for_users, *reference(source), for_contributors]), encoding="utf-8")


def guides() -> list[str]:
    """Return the guides for the side bar in the sections of Ansible's own site; the last is for contributors."""
    sections = yaml.safe_load(GUIDES.read_text(encoding="utf-8"))["sections"]
    return [toctree(section["title"], [f"docsite/{name}" for name in section["toctree"]]) for section in sections]


def reference(source: Path) -> list[str]:
    """Return all other pages for the side bar, with short titles."""
    entries = ["Overview <plugins>"]
    for kind, words in KINDS.items():
        names = sorted(page.stem.removesuffix(f"_{kind}") for page in source.glob(f"*_{kind}.rst"))
        entries += [f"{name}{words} <{name}_{kind}>" for name in names]
    if (source / "environment_variables.rst").exists():
        entries.append("Environment variables <environment_variables>")
    return [toctree("Reference", entries)]


def toctree(caption: str, entries: list[str]) -> str:
    """Return a section of the side bar."""
    return "\n".join([".. toctree::", "   :hidden:", f"   :caption: {caption}", "", *(f"   {entry}" for entry in entries), ""])


def _run(program: str, *words: str) -> None:
    """Run a tool of this environment with the checkout as the collection."""
    env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(link_checkout())}
    done = subprocess.run([str(Path(sys.executable).parent / program), *words], env=env, check=False)
    if done.returncode:
        sys.exit(f"{program} failed with exit code {done.returncode}.")


if __name__ == "__main__":
    sys.exit(main())
