# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run tests on one changed file at a time, each in a fork of a process that has already imported the libraries.

`runner` starts this program in a copy of the checkout. It reads one JSON request per line: ``file`` and ``source`` of the
change (null for none), ``tests``, ``seed``, ``cpu`` and ``wall`` (limits in seconds). It writes one JSON response per line:
``outcome`` (passed, failed or limit) and ``cpu`` (seconds used). It needs pytest and hypothesis, and no code of the project.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import select
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import hypothesis
import pytest

PROFILE = "mutants"
EXAMPLES = 25
GIB = 1 << 30
# A waiting test uses no processor time. None of the chosen tests waits this long.
SECONDS_PER_TEST = 60
WORKPLACE = Path.cwd()
TEMPORARY = WORKPLACE / "tmp"
# Packages without a file that are in the workplace.
OWN = ("tests", "ansible_collections")

Request = dict[str, Any]


def main() -> int:
    """Handle requests until the input ends."""
    responses = os.fdopen(os.dup(1), "w", encoding="utf-8")
    _redirect(1, 2)
    # Do not minimize failing examples: only the failure counts.
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    checks = list(hypothesis.HealthCheck)
    hypothesis.settings.register_profile(
        PROFILE, max_examples=EXAMPLES, phases=phases, database=None, deadline=None, suppress_health_check=checks
    )
    for number, line in enumerate(sys.stdin):
        request = json.loads(line)
        responses.write(json.dumps(_handled(request, number)) + "\n")
        responses.flush()
    return 0


def _handled(request: Request, number: int) -> dict[str, Any]:
    if request["source"] is None:
        response, modules = _forked(request)
        for name in modules:
            # Modules that cannot be imported separately are imported in the forks.
            with suppress(Exception):
                importlib.import_module(name)
        return response
    file = WORKPLACE / request["file"]
    original = file.read_bytes()
    try:
        file.write_text(request["source"], encoding="utf-8")
        # Python compares compiled files by size and time in seconds, so an old file might look current.
        os.utime(file, (number, number))
        return _forked(request)[0]
    finally:
        file.write_bytes(original)


def _forked(request: Request) -> tuple[dict[str, Any], list[str]]:
    """Run the tests in a fork; return the response and the names of the modules to import before the next fork."""
    reading, writing = os.pipe()
    gc.freeze()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _run(request, writing)
    os.close(writing)
    word = _word(reading, request["wall"])
    os.close(reading)
    # Also end the programs that a test might have left running.
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    _pid, _status, usage = os.wait4(pid, 0)
    shutil.rmtree(TEMPORARY, ignore_errors=True)
    modules = word.split()
    outcome = {"0": "passed", "1": "failed"}.get(modules[0], "failed") if modules else "limit"
    return {"outcome": outcome, "cpu": usage.ru_utime + usage.ru_stime}, modules[1:]


def _word(reading: int, seconds: float) -> str:
    """Read the output of the fork after the end of pytest; empty if a limit ended it."""
    pieces = []
    while select.select([reading], [], [], seconds)[0]:
        piece = os.read(reading, 1 << 16)
        pieces.append(piece)
        if not piece or piece.endswith(b"\n"):
            break
    return b"".join(pieces).decode()


def _run(request: Request, writing: int) -> NoReturn:
    """Run pytest in a separate process group within the limits, and end this process."""
    code: int = 3
    modules: list[str] = []
    try:
        os.setsid()
        _limit(resource.RLIMIT_CPU, request["cpu"])
        _limit(resource.RLIMIT_AS, 4 * GIB)
        _limit(resource.RLIMIT_FSIZE, GIB)
        code = int(pytest.main(_arguments(request)))
        if request["source"] is None:
            modules = _libraries()
    finally:
        os.write(writing, " ".join([str(code), *modules]).encode() + b"\n")
        os._exit(0)


def _libraries() -> list[str]:
    """Return the names of the modules outside the workplace. Other modules contain a change or depend on it."""
    files = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items() if name.isascii()}
    own = {name for name, file in files.items() if Path(file or "/").is_relative_to(WORKPLACE)}
    return sorted(name for name in files if name not in own and name.partition(".")[0] not in (*OWN, "__main__"))


def _arguments(request: Request) -> list[str]:
    hypothesis_options = [f"--hypothesis-profile={PROFILE}", f"--hypothesis-seed={request['seed']}"]
    options = ["-x", "-q", "--tb=no", "--no-header", f"--basetemp={TEMPORARY}", f"--timeout={SECONDS_PER_TEST}"]
    return [*options, "-o", f"cache_dir={WORKPLACE / 'cache'}", *hypothesis_options, *request["tests"]]


def _limit(kind: int, amount: float) -> None:
    resource.setrlimit(kind, (int(amount), int(amount)))


def _redirect(*descriptors: int) -> None:
    """Discard the output of tests."""
    sink = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(sink, descriptor)


if __name__ == "__main__":
    sys.exit(main())
