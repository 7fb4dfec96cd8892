# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs one program in its place and appends its peak memory in bytes to a file. A script, not to be imported.

Usage: python -I -S meter.py FILE PROGRAM ARGUMENT...

It imports next to nothing, because the kernel counts the memory of the process that starts a program into its peak.
"""

import os
import sys


def main(report: str, command: "list[str]") -> int:
    """Run the command with our own input and output; its exit code."""
    child = os.posix_spawn(command[0], command, os.environ)
    _unused, status, used = os.wait4(child, 0)
    with open(report, "a", encoding="ascii") as stream:
        stream.write(f"{used.ru_maxrss * (1 if sys.platform == 'darwin' else 1024)}\n")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
