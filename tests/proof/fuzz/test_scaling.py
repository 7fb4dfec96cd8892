# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inputs that grow: eight times the input may cost some eight times the time, not sixty-four times, and not for ever.

Ratios of processor time, not seconds. Each is between an input large enough to be measured and one eight times as large; a
reader whose time grows with the square of its input needs 64 times, and the limit is 24.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import pytest

from ansible_collections.releng.bitbucket.plugins.module_utils._names import renamed_pattern
from tests.proof.fuzz.targets import TARGETS, bear, response_with

GROWTH = 8
LIMIT = 24
LEAST_SECONDS = 0.02  # below it the clock says nothing
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
    """The least of three: what else runs on the machine only adds."""
    spent = []
    for _unused in range(3):
        begin = time.process_time()
        bear(TARGETS[target].read, data)
        spent.append(time.process_time() - begin)
    return min(spent)


@pytest.mark.parametrize("case", GROWING)
def test_time_grows_with_the_input_and_not_with_its_square(case: str) -> None:
    target, count, grown = GROWING[case]
    before, after = seconds(target, grown(count)), seconds(target, grown(count * GROWTH))
    assert after < LIMIT * max(before, LEAST_SECONDS), f"{after:.3f} s for {GROWTH} times what took {before:.3f} s"


@pytest.mark.parametrize("target", ["form", "related"])
def test_memory_grows_with_the_input_and_not_with_its_square(target: str) -> None:
    """A part of a snippet costs a few kilobytes in the standard library's parser, whatever the number of parts."""
    data = {"form": _parts, "related": _files}[target](2000)
    tracemalloc.start()
    bear(TARGETS[target].read, data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * len(data)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("runs", [3, 8, 30, 120])
@pytest.mark.parametrize("stored", ["x" * 250 + "y", "x" * 40, "_x" * 125, "x" * 255])
def test_a_name_of_many_pieces_is_compared_in_no_time(runs: int, stored: str) -> None:
    """What a service may have made of a name: the number of ways to match must not count."""
    pattern = renamed_pattern("x " * runs + "z")
    assert pattern is not None
    assert not pattern.match(stored)


@pytest.mark.timeout(30)
def test_deep_documents_end() -> None:
    for target in ("listing", "snippet", "error_body"):
        for depth in (100, 400, 500, 700, 900, 950, 990, 100_000):
            deep = b"[" * depth + b"]" * depth
            for frame in (b'{"values": [%s]}', b'{"error": {"message": %s}}', b'{"id": "x", "files": {"f": %s}}', b"%s"):
                bear(TARGETS[target].read, frame % deep)


@pytest.mark.timeout(30)
def test_deep_parts_end() -> None:
    for depth in (50, 300, 1500):
        nested = b"".join(
            b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (level, level + 1) for level in range(depth)
        )
        bear(TARGETS["form"].read, b"multipart/form-data; boundary=b0\n" + nested + b"--b0--\r\n")
        bear(TARGETS["related"].read, b"multipart/related; boundary=b0\n" + nested + b"--b0--\r\n")


def test_a_location_is_told_as_text_whatever_its_bytes() -> None:
    for byte in range(256):
        assert isinstance(response_with(302, "Location", f"/{chr(byte)}").location, str)
