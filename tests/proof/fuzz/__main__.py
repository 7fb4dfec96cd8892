# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fuzz the parsers with atheris, guided by coverage: python -m tests.proof.fuzz [--seconds S] [TARGET...]

The targets share the seconds. Each runs in a separate process. The corpus is stored in build/fuzz, and the next run starts
with it. Failing inputs are stored in build/fuzz/found; add them to tests/proof/fuzz/test_found.py.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from tests.tools.tree import BUILD, ROOT, link_checkout

FOLDER = BUILD / "fuzz"
# Longer inputs cost time and find nothing new. tests/proof/fuzz/test_scaling.py measures the growth.
LONGEST = 20_000
# Limits for one input, in seconds and megabytes.
SLOWEST, LARGEST = 10, 1024
# The program starts itself for each target, because instrumented modules must not be imported before.
_INSIDE = "--inside"


def main(words: list[str]) -> int:
    """Fuzz; return 0 if nothing was found."""
    sys.path.insert(0, str(link_checkout()))
    if words[:1] == [_INSIDE]:
        return _fuzz(words[1], int(words[2]))
    from .targets import TARGETS

    parser = argparse.ArgumentParser(prog="python -m tests.proof.fuzz", description="Fuzz the parsers of responses.")
    parser.add_argument("--seconds", type=int, default=60, help="total time (default: %(default)s)")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="one of " + ", ".join(TARGETS))
    chosen = parser.parse_args(words)
    unknown = set(chosen.targets) - TARGETS.keys()
    if unknown:
        parser.error(f"unknown targets: {', '.join(sorted(unknown))}")
    missing = _missing()
    if missing:
        print(f"Skipped: cannot import atheris ({missing}). 'make unit' runs the same targets with hypothesis.")
        return 0
    return _fuzz_each(chosen.targets or list(TARGETS), chosen.seconds)


def _missing() -> str:
    """Return why atheris cannot be imported, "" if it can."""
    try:
        import atheris  # noqa: F401 (only whether it is there)
    except ImportError as exc:
        return str(exc)
    return ""


def _fuzz_each(names: list[str], seconds: int) -> int:
    share = max(1, seconds // len(names))
    failed = [name for name in names if not _found_nothing(name, share)]
    print(f"== found failures: {', '.join(failed)}, see {FOLDER / 'found'}" if failed else "== found nothing")
    return 1 if failed else 0


def _found_nothing(name: str, seconds: int) -> bool:
    """Fuzz one target in a separate process, print the result in one line, and keep its output."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    log = FOLDER / f"{name}.log"
    command = [sys.executable, "-m", "tests.proof.fuzz", _INSIDE, name, str(seconds)]
    with log.open("wb") as stream:
        # An input can hang in C code, where libFuzzer's alarm cannot end it.
        try:
            limit = seconds + 10 * SLOWEST
            code = subprocess.run(command, cwd=ROOT, stdout=stream, stderr=stream, check=False, timeout=limit).returncode
        except subprocess.TimeoutExpired:
            code = -1
    text = log.read_text("utf-8", "replace")
    count = re.search(r"number_of_executed_units: (\d+)", text)
    print(f"{name:12} {count.group(1) if count else 'an unknown number of':>9} inputs in {seconds} s", flush=True)
    if code:
        print("".join(f"  {line}\n" for line in text.splitlines()[-40:]))
    return code == 0


def _fuzz(name: str, seconds: int) -> int:
    import atheris

    with atheris.instrument_imports(include=["ansible_collections", "email", "json", "urllib"]):
        from .targets import TARGETS, parse_or_refuse

    target = TARGETS[name]
    corpus, found = FOLDER / "corpus" / name, FOLDER / "found"
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    limits = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-timeout={SLOWEST}", f"-rss_limit_mb={LARGEST}"]
    quiet = [
        "-verbosity=0",
        "-print_final_stats=1",
        f"-artifact_prefix={found}/{name}-",
        f"-dict={_dictionary(name, target.words)}",
    ]
    atheris.Setup([name, *limits, *quiet, str(corpus)], lambda data: parse_or_refuse(target.read, data))
    atheris.Fuzz()  # ends the process
    return 0


def _dictionary(name: str, words: tuple[bytes, ...]) -> Path:
    """Write a dictionary for libFuzzer, which accepts words of at most 64 bytes; return its path."""
    path = FOLDER / f"{name}.dict"
    lines = ['"{}"\n'.format("".join(f"\\x{byte:02x}" for byte in word)) for word in words if 0 < len(word) <= 64]
    path.write_text("".join(lines))
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
