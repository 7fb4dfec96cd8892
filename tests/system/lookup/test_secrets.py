# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing secret leaves a lookup: not in its errors, not in Ansible's most verbose output, not in the controller's log."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.http.lookup.helpers import DOWNLOAD, Looker
from tests.http.modules.downloading import widgets
from tests.system.lookup.helpers import each_ansible, leaked, play, secrets_of

EXPIRED = "<Error><Code>AccessDenied</Code><Message>canary</Message></Error>"


@pytest.fixture(params=["access token", "API token", "OAuth"])
def environment(request: pytest.FixtureRequest, emulator: Emulator) -> dict[str, str]:
    """The environment of each kind of credential."""
    everything = emulator.environment()
    del everything["BITBUCKET_API_TOKEN"]
    kinds = {
        "access token": {"BITBUCKET_ACCESS_TOKEN": emulator.access_token},
        "API token": {"BITBUCKET_API_TOKEN": emulator.api_token},
        "OAuth": {"BITBUCKET_CLIENT_ID": emulator.client_id, "BITBUCKET_CLIENT_SECRET": emulator.client_secret},
    }
    return {**everything, **kinds[request.param]}


@pytest.fixture
def quiet(environment: dict[str, str], look: Looker, monkeypatch: pytest.MonkeyPatch) -> Looker:
    """The lookup in this process, with each kind of credential from the environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return look


@pytest.fixture(autouse=True)
def _published(emulator: Emulator) -> None:
    widgets(emulator).put("f", b"text")


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("status", {"host": "storage", "code": 403, "body": EXPIRED}),
    ("status", {"host": "storage", "code": 500, "body": "canary"}),
    ("truncate", {"host": "storage"}),
    ("drop_before", {"host": "storage"}),
    ("drop_after", {"host": "storage"}),
    ("redirect", {"host": "storage", "location": "file:///canary?canary"}),
    ("status", {"code": 401}),
    ("html", {"body": "<html><title>Log in</title>"}),
]


@pytest.mark.parametrize(("kind", "arguments"), FAULTS, ids=str)
def test_no_error_holds_a_secret(emulator: Emulator, quiet: Looker, kind: str, arguments: dict[str, Any]) -> None:
    emulator.faults.add(kind, times=None, **arguments)
    message = quiet.bare_failure("f", retries=0)
    assert leaked(emulator, message) == []
    assert "canary" not in message


def test_an_answer_that_echoes_the_credential_is_scrubbed(emulator: Emulator, quiet: Looker) -> None:
    quiet.bare("f")
    sent = emulator.journal.select("api")[0].headers["Authorization"]
    emulator.faults.add("json", host="token", body={"access_token": sent.split()[1]})
    echo = f"you sent {sent} and {emulator.api_token if 'Basic' in sent else ''}, so much for that"
    emulator.faults.add("status", code=400, body=echo, times=None)
    message = quiet.bare_failure("f", retries=0)
    assert "so much for that" in message
    assert leaked(emulator, message) == []


def test_no_log_record_holds_a_secret(emulator: Emulator, quiet: Looker, caplog: pytest.LogCaptureFixture) -> None:
    """As with ANSIBLE_DEBUG and ANSIBLE_LOG_PATH, whose log is the root of all logging."""
    caplog.set_level(logging.DEBUG)
    assert quiet.bare("f") == ["text"]
    assert "nobody" in quiet.bare_failure("nobody")
    assert len(secrets_of(emulator)) > 6
    assert leaked(emulator, caplog.text) == []


def tasks(**variables: str) -> list[dict[str, Any]]:
    """Lookups that work, that find nothing, and that are refused, with these variables of each task."""
    terms = ["'f'", "'nobody'", "'f', repository='x'"]
    messages = [f"{{{{ lookup('{DOWNLOAD}', {term}) }}}}" for term in terms]
    more = {"ignore_errors": True, "vars": {f"bitbucket_{name}": f"{{{{ my_{name} }}}}" for name in variables}}
    return [{"ansible.builtin.debug": {"msg": message}, **more} for message in messages]


@each_ansible
def test_neither_the_most_verbose_output_nor_the_debug_log_holds_a_secret(
    emulator: Emulator, tmp_path: Path, python: str
) -> None:
    """With each kind of credential: one from the environment, the others from variables."""
    access = {"access_token": emulator.access_token}
    consumer = {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
    secrets = tmp_path / "secrets.yml"
    secrets.write_text("".join(f"my_{name}: {value}\n" for name, value in {**access, **consumer}.items()))
    log = tmp_path / "ansible.log"
    environment = {**emulator.environment(), "ANSIBLE_LOG_PATH": str(log), "ANSIBLE_DEBUG": "1"}
    emulator.faults.add("status", host="storage", code=403, body=EXPIRED, after=3, times=None)
    last = {"ansible.builtin.debug": {"msg": f"{{{{ lookup('{DOWNLOAD}', 'f', retries=0) }}}}"}, "ignore_errors": True}
    everything = [*tasks(), *tasks(**access), *tasks(**consumer), last]
    done = play(tmp_path, everything, "-vvvv", "-e", f"@{secrets}", environment=environment, python=python)
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    for words in ("is not in the Downloads", "AccessDenied", "HTTP status 404", "ignored=7"):
        assert words in " ".join(printed.split()), words
    kinds = {entry.headers["Authorization"].split()[0] for entry in emulator.journal.select("api")}
    assert (kinds, len(emulator.journal.select("token"))) == ({"Basic", "Bearer"}, 3)
    logged = log.read_text("utf-8")
    assert "PLAY RECAP" in logged
    assert leaked(emulator, printed, logged) == []
    assert "canary" not in printed + logged
