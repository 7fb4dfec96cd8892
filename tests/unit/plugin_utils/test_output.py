# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Convert contents to text, base64, JSON and YAML without loss; errors name the file."""

from __future__ import annotations

import base64
import hashlib
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.releng.bitbucket.plugins.module_utils._errors import BadInput, BitbucketError
from ansible_collections.releng.bitbucket.plugins.plugin_utils import _yaml
from ansible_collections.releng.bitbucket.plugins.plugin_utils._output import OutputOptions, render


def read(data: bytes, **options: Any) -> Any:
    return render("the-file", data, OutputOptions(**options))


@pytest.mark.parametrize(
    ("data", "stripped"), [(b"1.3.0\n", "1.3.0"), (b"  a\r\n \t\n", "  a"), (b"a\nb\n", "a\nb"), (b"\n", ""), (b"a\x00", "a\x00")]
)
def test_white_space_at_the_end_is_removed_unless_rstrip_is_false(data: bytes, stripped: str) -> None:
    assert read(data) == stripped
    assert read(data, rstrip=False) == data.decode()


@given(st.binary())
def test_base64_is_exact_for_all_bytes(data: bytes) -> None:
    assert base64.b64decode(read(data, output="base64", encoding="ascii"), validate=True) == data


@given(st.text())
def test_text_is_exact_for_all_text(text: str) -> None:
    assert read(text.encode(), rstrip=False, encoding="utf-8") == text


@pytest.mark.parametrize(
    ("encoding", "data", "text"),
    [
        ("latin-1", b"gr\xfc\xdf", "grüß"),
        ("utf-16", "grüß".encode("utf-16"), "grüß"),
        ("utf-8", b"\xef\xbb\xbfa", "\ufeffa"),
        ("utf-8-sig", b"\xef\xbb\xbfa", "a"),
    ],
)
def test_text_is_decoded_with_the_encoding(encoding: str, data: bytes, text: str) -> None:
    assert read(data, encoding=encoding) == text


@pytest.mark.parametrize("output", ["text", "json", "yaml"])
@pytest.mark.parametrize(
    ("data", "encoding", "byte"),
    [(b"ok\xff", "utf-8", 2), (b"\xc3", "utf-8", 0), (b"\xed\xa0\x80", "utf-8", 0), (b"gr\xc3", "ascii", 2), (b"a", "utf-16", 0)],
)
def test_bytes_that_do_not_decode_are_an_error_with_advice(data: bytes, encoding: str, byte: int, output: str) -> None:
    with pytest.raises(BitbucketError) as caught:
        read(data, encoding=encoding, output=output)
    assert str(caught.value) == (
        f"'the-file' is not text in {encoding} (byte {byte} cannot be decoded). Use output='base64' for binary contents"
    )


@pytest.mark.parametrize("output", ["json", "yaml"])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"version": "1.30", "parts": [1, 2.5, true, null]}', {"version": "1.30", "parts": [1, 2.5, True, None]}),
        ('"{{ x }}"', "{{ x }}"),
        ("[]", []),
        ("false", False),
        ("0", 0),
        ('"gr\\u00fc\\u00df"\n', "grüß"),
        ('"grüß"', "grüß"),
    ],
)
def test_document_is_parsed(text: str, value: object, output: str) -> None:
    found = read(text.encode(), output=output)
    assert found == value
    assert type(found) is type(value)


def test_yaml_and_json_are_distinguished() -> None:
    assert read(b"a: &x [1]\nb: *x\nc: |\n  text\n", output="yaml") == {"a": [1], "b": [1], "c": "text\n"}
    assert read(b"", output="yaml") is None
    assert read(b"- 2026-11-28\n- {2026-11-28: 2026-11-28 10:00:00+01:00}\n- !!pairs [a: 1]", output="yaml") == [
        "2026-11-28",
        {"2026-11-28": "2026-11-28T10:00:00+01:00"},
        [["a", 1]],
    ]
    assert math.isnan(read(b"NaN", output="json"))
    with pytest.raises(BitbucketError):
        read(b"a: 1", output="json")


TOO_MANY = "its aliases expand to more than 100000 values"


def bomb(shape: str, value: str = "v", levels: int = 9) -> str:
    """Return a few hundred bytes of YAML; each level has nine aliases of the previous level."""
    lines = [f"l0: &l0 {value}"]
    lines += [f"l{level}: &l{level} {shape.format(*[f'*l{level - 1}'] * 9)}" for level in range(1, levels + 1)]
    return "\n".join(lines)


BROKEN = [
    ("json", b""),
    ("json", b"{'a': 1}"),
    ("json", b'{"a": 1} x'),
    ("json", b"\xef\xbb\xbf{}"),
    ("json", b"[" * 100_000),
    ("json", b"1" * 5000),
    ("yaml", b"a: [1"),
    ("yaml", b"a: 1\n---\nb: 2\n"),
    ("yaml", b"\tx: 1"),
    ("yaml", b"? [a]\n: b"),
    ("yaml", b"2026-99-99"),
    ("yaml", b"[" * 600),
    ("yaml", b"a\x00b"),
    ("yaml", b"!!int ''"),
    ("yaml", b"!!float ''"),
    ("yaml", b"!!timestamp abc"),
    ("yaml", b"!!bool abc"),
    ("yaml", b"!!binary '\xc3\xa9'"),
    ("yaml", b"*unknown"),
]


@pytest.mark.parametrize(("output", "data"), BROKEN, ids=lambda value: str(value[:15]))
def test_broken_document_is_an_error_that_names_it(output: str, data: bytes) -> None:
    with pytest.raises(BitbucketError) as caught:
        read(data, output=output)
    assert str(caught.value).startswith(f"'the-file' cannot be read as {output.upper()}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: !!binary aGVsbG8=", "it contains binary data (!!binary), which is not text. Store the data in a separate file"),
        ("[!!set {a, b}]", "it contains a set (!!set), which JSON does not support. Use a list"),
        ("&a [1, *a]", "an anchor contains an alias of itself"),
        (bomb("[{}, {}, {}, {}, {}, {}, {}, {}, {}]"), TOO_MANY),
        (
            bomb("{{a: {}, b: {}, c: {}, d: {}, e: {}, f: {}, g: {}, h: {}, i: {}}}"),
            "its aliases expand to more than 100000 values",
        ),
        (bomb("{{<<: [{}, {}, {}, {}, {}, {}, {}, {}, {}]}}", "{k: v}"), TOO_MANY),
        (f"- &a {'x' * 100_000}\n" + "- *a\n" * 1000, TOO_MANY),
    ],
    ids=lambda text: text[:30],
)
def test_yaml_that_json_cannot_represent_is_refused_at_once(text: str, words: str) -> None:
    with pytest.raises(BitbucketError) as caught:
        read(text.encode(), output="yaml")
    assert str(caught.value) == f"'the-file' cannot be read as YAML: {words}"


def test_few_aliased_values_and_many_plain_values_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a small limit, because PyYAML reads 10,000 values in a second."""
    assert read(bomb("[{}, {}, {}, {}, {}, {}, {}, {}, {}]", levels=3).encode(), output="yaml")["l3"][8][8][8] == "v"
    monkeypatch.setattr(_yaml, "MAX_ALIASED", 100)
    with pytest.raises(BitbucketError, match="its aliases expand to more than 100 values"):
        read(b"- &a [1, 2, 3]\n" + b"- *a\n" * 101, output="yaml")
    assert len(read(b"- 1\n" * 1000, output="yaml")) == 1000


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system ['touch %s']",
        "!!python/name:os.system %s",
        "!!python/object/new:os.mkdir ['%s']",
        "!vault %s",
        "!unsafe %s",
    ],
)
def test_tag_for_code_is_an_error_and_runs_nothing(tmp_path: Path, tag: str) -> None:
    canary = tmp_path / "canary"
    with pytest.raises(BitbucketError, match="cannot be read as YAML: could not determine a constructor"):
        read((tag % canary).encode(), output="yaml")
    assert not canary.exists()


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sha1", "md5"])
@pytest.mark.parametrize("output", ["text", "base64", "json", "yaml"])
def test_digest_is_that_of_the_bytes_whatever_the_output(algorithm: str, output: str) -> None:
    right = hashlib.new(algorithm, b" 1 \n").hexdigest()
    assert read(b" 1 \n", checksum=f"{algorithm}:{right.upper()}", output=output) is not None
    wrong = hashlib.new(algorithm, b" 1 ").hexdigest()
    with pytest.raises(BitbucketError, match=rf"^'the-file' .* its {algorithm} is {right} instead of {wrong}$"):
        read(b" 1 \n", checksum=f"{algorithm}:{wrong}", output=output)


def test_wrong_digest_is_reported_before_a_broken_document() -> None:
    with pytest.raises(BitbucketError, match="digest"):
        read(b"{", output="json", checksum="sha256:" + "0" * 64)


@pytest.mark.parametrize(
    ("options", "terms", "words"),
    [
        *(({}, ["ok", term], f"A term must be a name, not {type(term).__name__}") for term in (None, 3, True, b"x", {})),
        *(({}, ["ok", term], "A term must be a name, not a list. Write ") for term in (["x"], ("x",), [])),
        *(({"checksum": "md5:" + "0" * 32}, terms, "checksum requires exactly one term") for terms in ([], ["a", "b"])),
        *(({"checksum": text}, ["a"], "checksum") for text in ("", "sha256", "crc:1", "sha256:12", "0" * 64)),
        *(({"encoding": name}, ["a"], "encoding: ") for name in ("utf-9", "", "hex", "rot13", "undefined", "utf\0-8")),
    ],
)
def test_contradictory_options_and_terms_are_refused(options: dict[str, str], terms: list[Any], words: str) -> None:
    OutputOptions().check(["a", "b"])
    with pytest.raises(BadInput, match=f"^{words}"):
        OutputOptions(**options).check(terms)
