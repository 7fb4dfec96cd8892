# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts one program and says what it cost: wall and CPU seconds, peak memory in bytes. A script, not to be imported.

Usage: python -I -S launcher.py REPORT STDOUT PROGRAM ARGUMENT...

It is a process of its own, and imports next to nothing, because the kernel counts the memory of the process that starts
a program into the program's peak: started from the benchmark itself, nothing would seem smaller than the benchmark.
"""

import os
import sys
import time


def main(report: str, stdout: str, command: "list[str]") -> int:
    """Run the command with empty stdin; write `code wall cpu peak` to the report."""
    opened = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    ]
    begun = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=opened)
    _unused, status, used = os.wait4(child, 0)
    wall = time.perf_counter() - begun
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    with open(report, "w", encoding="ascii") as stream:
        stream.write(f"{os.waitstatus_to_exitcode(status)} {wall!r} {used.ru_utime + used.ru_stime!r} {peak}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
