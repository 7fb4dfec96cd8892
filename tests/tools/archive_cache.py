# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Save the compiled files of archives, as Python does for files outside of archives.

Ansible sends each module in an archive, and Python compiles the files of an archive again in each process, which takes 40 % of
the processor time of a module. The setup copies this file into the virtual environment, where each Python imports it at its
start; so it imports only what Python itself has already imported. NO_ARCHIVE_CACHE switches it off for measurements.
"""

from __future__ import annotations

import _imp
import marshal
import os
import sys
import zipimport
from collections.abc import Callable
from contextlib import suppress
from types import CodeType

FOLDER = os.path.join(os.path.dirname(sys.prefix), "cache", "archives")


def install() -> None:
    """Use saved files in this process, if its Python has the function that compiles a file of an archive."""
    compile_source = vars(zipimport).get("_compile_source")
    if compile_source and not os.environ.get("NO_ARCHIVE_CACHE"):
        vars(zipimport)["_compile_source"] = _save_results(compile_source)


def _save_results(compile_source: Callable[[str, bytes], CodeType]) -> Callable[[str, bytes], CodeType]:
    def load_or_compile(path: str, source: bytes) -> CodeType:
        from importlib.util import source_hash

        # The hash differs between versions of Python. The path is that of the archive of another process.
        saved = os.path.join(FOLDER, source_hash(source).hex())
        try:
            with open(saved, "rb") as file:
                code: CodeType = marshal.loads(file.read())
        except OSError:
            code = compile_source(path, source)
            _save(saved, marshal.dumps(code))
        else:
            vars(_imp)["_fix_co_filename"](code, path)
        return code

    return load_or_compile


def _save(path: str, content: bytes) -> None:
    """Write the file at once, because other processes read it. A failure costs only time."""
    temporary = f"{path}.{os.getpid()}"
    with suppress(OSError):
        with open(temporary, "xb") as file:
            file.write(content)
        os.replace(temporary, path)


install()
