# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the tasks of the matrix with unusual names and texts. They run with switches only, not with faults."""

from __future__ import annotations

import unicodedata

from .of_downloads import APP, KEPT, MANIFEST, NOTES, OLD_APP, with_manifest
from .of_snippets import OTHER, request_files
from .scenario import Note, Scenario, World

COMPOSED, BLANK, CASE = "Caf\u00e9.tgz", "notes (1).txt", "App.TGZ"
DECOMPOSED = unicodedata.normalize("NFD", "Th\u00e9.tgz")
WANTED = {COMPOSED: APP, BLANK: NOTES, CASE: KEPT, DECOMPOSED: OLD_APP}
DIST = {f"dist/{name}": data for name, data in WANTED.items()}

UNUSUAL_TITLE = "R\u00e9sum\u00e9\u00a0of <widgets>"
UNUSUAL_TEXTS = {"plain.txt": b"no final newline", "marked.txt": b"\xef\xbb\xbfbyte order mark\n", "lines.txt": b"1\r\n2\r\n"}

UNUSUAL = [
    Scenario(
        "publish unusual names",
        "bitbucket_download",
        World({"kept.txt": KEPT}, files=DIST),
        World({"kept.txt": KEPT, **WANTED}, files=DIST),
        lambda folder: {"src": [str(folder / "dist/*")], "parallel": 1},
        only_switches=True,
    ),
    Scenario(
        "publish unusual names with manifest",
        "bitbucket_download",
        World(with_manifest({"kept.txt": KEPT}), files=DIST),
        World(with_manifest({"kept.txt": KEPT, **WANTED}), files=DIST),
        lambda folder: {"src": [str(folder / "dist/*")], "manifest": MANIFEST, "parallel": 1},
        only_switches=True,
    ),
    Scenario(
        "publish a name that differs in case",
        "bitbucket_download",
        World({"APP.tgz": OLD_APP}, files={"dist/app.tgz": APP}),
        World({"APP.tgz": OLD_APP, "app.tgz": APP}, files={"dist/app.tgz": APP}),
        lambda folder: {"src": [str(folder / "dist/*")], "parallel": 1},
        only_switches=True,
    ),
]
UNUSUAL_SNIPPETS = [
    Scenario(
        "create a snippet with unusual text",
        "bitbucket_snippet",
        World(notes=[OTHER]),
        World(notes=[OTHER, Note(UNUSUAL_TITLE, UNUSUAL_TEXTS)]),
        lambda folder: {"title": UNUSUAL_TITLE, "files": request_files(UNUSUAL_TEXTS)},
        only_switches=True,
    ),
]
