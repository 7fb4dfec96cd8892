# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a program, and report wall and CPU seconds and peak memory in bytes. This is a script, not a module to import.

Usage: python -I -S launcher.py REPORT STDOUT PROGRAM ARGUMENT...

It is a separate process that imports almost nothing, because the kernel adds the memory of the starting process to the
program's peak. Started from the benchmark itself, no program would appear smaller than the benchmark.
"""

import os
import sys
import time


def main(report: str, stdout: str, command: "list[str]") -> int:
    """Run the command with an empty stdin, and write `code wall cpu peak` to the report."""
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
