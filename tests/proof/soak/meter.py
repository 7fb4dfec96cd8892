# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a program, and append its peak memory in bytes to a file. This is a script, not a module to import.

Usage: python -I -S meter.py FILE PROGRAM ARGUMENT...

It imports almost nothing, because the kernel adds the memory of the starting process to the program's peak.
"""

import os
import sys


def main(report: str, command: "list[str]") -> int:
    """Run the command with the input and output of this process; return its exit code."""
    child = os.posix_spawn(command[0], command, os.environ)
    _unused, status, used = os.wait4(child, 0)
    with open(report, "a", encoding="ascii") as stream:
        stream.write(f"{used.ru_maxrss * (1 if sys.platform == 'darwin' else 1024)}\n")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
