# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that processor time and memory grow with the input and not with its square.

Tests compare the times of an input and of one eight times as large. Linear readers need 8 times as long, quadratic ones 64 times;
the limit is 24. A busy machine can only make a measurement longer, so each test passes with the first of several attempts
that stays below the limit.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._renames import renamed_pattern
from tests.proof.fuzz.targets import TARGETS, parse_or_refuse, response_with

GROWTH = 8
LIMIT = 24
ATTEMPTS = 10
LEAST_SECONDS = 0.02  # shorter times cannot be measured
DIGEST = b"ab" * 32


def _parts(count: int) -> bytes:
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f%d"\r\n\r\nx\r\n'
    return b"multipart/form-data; boundary=b\n" + b"".join(part % number for number in range(count)) + b"--b--\r\n"


def _files(count: int) -> bytes:
    names = b", ".join(b'"f%d": {}' % number for number in range(count))
    part = b"--b\r\nContent-ID: <f%d>\r\n\r\nx\r\n"
    body = b"".join(part % number for number in range(count))
    return b'multipart/related; boundary=b\n--b\r\n\r\n{"files": {' + names + b"}}\r\n" + body + b"--b--\r\n"


GROWING: dict[str, tuple[str, int, Callable[[int], bytes]]] = {
    "parts of a form": ("form", 1000, _parts),
    "parts of a snippet": ("related", 500, _files),
    "parts of one name": ("form", 1000, lambda count: _parts(count).replace(b"f%d" % 1, b"f")),
    "headers of a part": ("form", 1000, lambda count: _parts(1).replace(b"\r\n\r\n", b"\r\nX: y" * count + b"\r\n\r\n")),
    "parameters": ("form", 2000, lambda count: _parts(1).replace(b'"f0"', b'"f0"' + b'; a="b' * count)),
    "open quotes": ("form", 2000, lambda count: _parts(1).replace(b'"f0"', b'"\\' * count)),
    "blanks in a parameter": ("form", 20_000, lambda count: _parts(1).replace(b'"f0"', b" " * count + b"x")),
    "equals signs": ("form", 50_000, lambda count: _parts(1).replace(b"\r\n\r\nx", b"\r\n\r\n" + b"=" * count)),
    "lines of a part": ("form", 10_000, lambda count: _parts(1).replace(b"\r\n\r\nx", b"\r\n\r\n" + b"x\r\n" * count)),
    "boundaries that are none": (
        "form",
        10_000,
        lambda count: _parts(1).replace(b"\r\n\r\nx", b"\r\n\r\n" + b"--bx\r\n" * count),
    ),
    "lines of a manifest": ("manifest", 2000, lambda count: b"".join(DIGEST + b"  f%d\n" % number for number in range(count))),
    "one line of a manifest": ("manifest", 10_000, lambda count: DIGEST + b"  " + b"\\n" * count),
    "escapes of a manifest": ("manifest", 20_000, lambda count: b"\\" + DIGEST + b"  " + b"\\n" * count),
    "open titles": ("error_body", 20_000, lambda count: b"<html>" + b"<title" * count),
    "open codes": ("error_body", 10_000, lambda count: b"<Code>A" * count),
    "blanks": ("error_body", 50_000, lambda count: b" " * count + b"x"),
    "scopes": ("error_body", 5000, lambda count: b'{"error": {"detail": {"required": [' + b'"a",' * count + b'""]}}}'),
    "items of a page": (
        "listing",
        500,
        lambda count: b'{"values": [' + b'{"name": "a", "size": 1},' * count + b'{"name": "a", "size": 1}]}',
    ),
    "segments of a link": (
        "snippet",
        20_000,
        lambda count: b'{"id": "x", "links": {"diff": {"href": "' + b"/x" * count + b'"}}}',
    ),
    "a long name": ("name", 20_000, lambda count: b"x" * count),
    "a long location": ("location", 20_000, lambda count: b"https://h" + b"/.." * count),
    "a long host": ("location", 50_000, lambda count: b"https://" + b"a." * count),
    "a long header": ("headers", 10_000, lambda count: b"Mon, " + b" 1" * count),
}


def seconds(target: str, data: bytes) -> float:
    """Return the processor time of this thread for one read."""
    begin = time.thread_time()
    parse_or_refuse(TARGETS[target].read, data)
    return time.thread_time() - begin


@pytest.mark.parametrize("case", GROWING)
def test_time_is_not_quadratic(case: str) -> None:
    target, count, grown = GROWING[case]
    small, large = grown(count), grown(count * GROWTH)
    # The longest of the short times, so that an interruption does not count against the parser.
    before = max(LEAST_SECONDS, *(seconds(target, small) for _unused in range(3)))
    times = (seconds(target, large) for _unused in range(ATTEMPTS))
    assert any(after < LIMIT * before for after in times), (
        f"{GROWTH} times the input, which took {before:.3f} s, takes more than {LIMIT} times as long"
    )


@pytest.mark.parametrize("target", ["form", "related"])
def test_memory_is_not_quadratic(target: str) -> None:
    """A part of a snippet needs a few kilobytes in the standard library's parser, regardless of the number of parts."""
    data = {"form": _parts, "related": _files}[target](2000)
    tracemalloc.start()
    parse_or_refuse(TARGETS[target].read, data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * len(data)


@pytest.mark.parametrize("runs", [3, 8, 30, 120])
@pytest.mark.parametrize("stored", ["x" * 250 + "y", "x" * 40, "_x" * 125, "x" * 255])
def test_comparison_of_a_name_with_many_parts_is_fast(runs: int, stored: str) -> None:
    """The number of ways to match a renamed artifact must not affect the time."""
    pattern = renamed_pattern("x " * runs + "z")
    assert pattern is not None
    assert not pattern.match(stored)


def test_parse_deeply_nested_documents() -> None:
    for target in ("listing", "snippet", "error_body"):
        for depth in (100, 400, 500, 700, 900, 950, 990, 100_000):
            deep = b"[" * depth + b"]" * depth
            for frame in (b'{"values": [%s]}', b'{"error": {"message": %s}}', b'{"id": "x", "files": {"f": %s}}', b"%s"):
                parse_or_refuse(TARGETS[target].read, frame % deep)


def test_parse_deeply_nested_parts() -> None:
    for depth in (50, 300, 1500):
        nested = b"".join(
            b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (level, level + 1) for level in range(depth)
        )
        parse_or_refuse(TARGETS["form"].read, b"multipart/form-data; boundary=b0\n" + nested + b"--b0--\r\n")
        parse_or_refuse(TARGETS["related"].read, b"multipart/related; boundary=b0\n" + nested + b"--b0--\r\n")


def test_message_has_a_location_with_any_bytes_as_text() -> None:
    for byte in range(256):
        assert isinstance(response_with(302, "Location", f"/{chr(byte)}").location, str)
