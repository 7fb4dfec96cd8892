# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup bitbucket_download: what it returns for each output, and what it refuses to mangle."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.http.lookup.helpers import Looker
from tests.http.modules.downloading import fetches, widgets

BINARY = bytes(range(256)) * 3


def test_a_term_gives_the_text_of_the_artifact(emulator: Emulator, look: Looker) -> None:
    widgets(emulator).put("VERSION", b"1.3.0\n")
    assert look("VERSION") == ["1.3.0"]
    assert fetches(emulator) == [("VERSION", 200)]
    assert len(emulator.journal.select("api")) == 1


@pytest.mark.parametrize(("rstrip", "text"), [(True, "  a\n b"), (False, "  a\n b \r\n\n"), ("false", "  a\n b \r\n\n")])
def test_rstrip_takes_white_space_from_the_end(emulator: Emulator, look: Looker, rstrip: object, text: str) -> None:
    widgets(emulator).put("f", b"  a\n b \r\n\n")
    assert look("f", rstrip=rstrip) == [text]


@pytest.mark.parametrize("data", [BINARY, b"", b"text \n", b"\r\n"])
def test_base64_is_exact_whatever_the_bytes(emulator: Emulator, look: Looker, data: bytes) -> None:
    widgets(emulator).put("f", data)
    (found,) = look("f", output="base64")
    assert base64.b64decode(found, validate=True) == data


@pytest.mark.parametrize("output", ["json", "yaml"])
def test_json_and_yaml_are_data(emulator: Emulator, look: Looker, output: str) -> None:
    widgets(emulator).put("f", b'{"version": "1.30", "parts": [1, 2.5, true, null, "x "]}\n')
    assert look("f", output=output) == [{"version": "1.30", "parts": [1, 2.5, True, None, "x "]}]


def test_yaml_is_read_as_yaml(emulator: Emulator, look: Looker) -> None:
    widgets(emulator).put("f", b"version: '1.30'\nparts:\n  - 1\n")
    assert look("f", output="yaml") == [{"version": "1.30", "parts": [1]}]
    assert look.failure("f", output="json").startswith("'f' cannot be read as JSON: ")


@pytest.mark.parametrize("output", ["text", "json", "yaml"])
def test_the_encoding_holds_for_all_that_is_decoded(emulator: Emulator, look: Looker, output: str) -> None:
    widgets(emulator).put("f", '"grüß"'.encode("latin-1"))
    assert look("f", output=output, encoding="latin-1") == ['"grüß"' if output == "text" else "grüß"]


@pytest.mark.parametrize("output", ["text", "json", "yaml"])
def test_bytes_that_do_not_decode_are_an_error_that_names_the_way_out(emulator: Emulator, look: Looker, output: str) -> None:
    widgets(emulator).put("f", b"gr\xfc\xdf")
    message = look.failure("f", output=output)
    assert message == "'f' is not text in utf-8 (byte 2 does not decode): use output='base64' for binary contents"


@pytest.mark.parametrize("encoding", ["utf-9", "", "hex", "undefined"])
@pytest.mark.parametrize("output", ["text", "base64"])
def test_an_encoding_that_does_not_exist_is_refused_before_any_request(
    emulator: Emulator, look: Looker, encoding: str, output: str
) -> None:
    assert look.failure("f", encoding=encoding, output=output).startswith("encoding: ")
    assert len(emulator.journal) == 0


@pytest.mark.parametrize(
    ("output", "data"),
    [("json", b"{'a': 1}"), ("json", b""), ("yaml", b"a: [1"), ("yaml", b"a: 1\n---\nb: 1"), ("yaml", b"!!int ''")],
)
def test_a_broken_document_is_an_error_that_names_it(emulator: Emulator, look: Looker, output: str, data: bytes) -> None:
    widgets(emulator).put("f", data)
    assert look.failure("f", output=output).startswith(f"'f' cannot be read as {output.upper()}: ")


@pytest.mark.parametrize(
    "document",
    [
        "!!python/object/apply:os.system ['touch CANARY']",
        "- !!python/object/new:os.mkdir ['CANARY']",
        "a: !!python/name:os.system CANARY",
        "!vault CANARY",
        "!unsafe CANARY",
    ],
)
def test_a_tag_that_is_no_data_fails_and_runs_nothing(emulator: Emulator, look: Looker, tmp_path: Path, document: str) -> None:
    canary = tmp_path / "canary"
    widgets(emulator).put("f", document.replace("CANARY", str(canary)).encode())
    assert "could not determine a constructor for the tag" in look.failure("f", output="yaml")
    assert not canary.exists()


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sha1", "md5"])
@pytest.mark.parametrize("output", ["text", "base64"])
def test_the_right_checksum_passes_and_a_wrong_one_fails(emulator: Emulator, look: Looker, algorithm: str, output: str) -> None:
    widgets(emulator).put("f", BINARY if output == "base64" else b"text\n")
    right = hashlib.new(algorithm, BINARY if output == "base64" else b"text\n").hexdigest()
    assert len(look("f", checksum=f"{algorithm}:{right}", output=output)) == 1
    wrong = right.translate(str.maketrans("0123456789abcdef", "123456789abcdef0"))
    message = look.failure("f", checksum=f"{algorithm}:{wrong}", output=output)
    assert message == (f"'f' does not have the digest that checksum expects: its {algorithm} is {right}, expected is {wrong}")


def test_a_corrupted_transfer_is_noticed_by_its_checksum(emulator: Emulator, look: Looker) -> None:
    widgets(emulator).put("f", b"text")
    emulator.faults.add("corrupt", host="storage")
    assert "digest" in look.failure("f", output="base64", checksum="sha256:" + hashlib.sha256(b"text").hexdigest())


@pytest.mark.parametrize("checksum", ["crc:1", "sha256:12", "0" * 64, ""])
def test_a_checksum_that_is_none_is_refused_before_any_request(emulator: Emulator, look: Looker, checksum: str) -> None:
    assert look.failure("f", checksum=checksum).startswith("checksum")
    assert len(emulator.journal) == 0


@pytest.mark.parametrize(
    ("option", "value"), [("output", "xml"), ("on_missing", "maybe"), ("timeout", "soon"), ("max_size", "x")]
)
def test_a_value_that_an_option_does_not_have_is_refused(emulator: Emulator, look: Looker, option: str, value: str) -> None:
    assert option in look.bare_failure("f", **{**look.connection, option: value})
    assert len(emulator.journal) == 0


def test_results_are_plain_values(emulator: Emulator, look: Looker) -> None:
    """A type of Ansible's own could carry the mark of a trusted template."""
    widgets(emulator).put("f", b'["{{ 1 }}"]')
    (text,) = look("f")
    ((inner,),) = look("f", output="json")
    assert (type(text), type(inner)) == (str, str)
