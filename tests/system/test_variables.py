# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test that modules take the options of the connection from variables of the host, in plays and in a command without one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.parsing.vault import VaultLib, VaultSecret

from tests.demo.runner import CALLBACKS
from tests.emulator import Emulator
from tests.helpers.command_line import ad_hoc
from tests.helpers.leaks import leaked
from tests.system.lookup.helpers import Done, each_ansible, play

INFO = "releng.bitbucket.bitbucket_download_info"
SNIPPETS = "releng.bitbucket.bitbucket_snippet_info"
UPLOAD = "releng.bitbucket.bitbucket_download"
FETCH = "releng.bitbucket.bitbucket_download_fetch"
BROKEN = "{{ undefined_variable }}"
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
# Values that differ from the defaults.
OTHERS = {"validate_certs": False, "ca_path": "/ca.pem", "timeout": 7, "retries": 1, "max_wait": 9}

ASYNC: dict[str, Any] = {"async": 60, "poll": 1}
UNWATCHED: dict[str, Any] = {**ASYNC, "poll": 0}

Task = dict[str, Any]


def task(*conditions: str, module: str = INFO, options: dict[str, Any] | None = None, **keywords: Any) -> list[Task]:
    """Return a task with a module, which can fail, and one that asserts the conditions on its result ``r``."""
    run = {module: options or {}, "register": "r", "ignore_errors": True, **keywords}
    return [run, {"ansible.builtin.assert": {"that": list(conditions)}}]


def named(**options: Any) -> dict[str, Any]:
    """Return the variables of these options."""
    return {f"bitbucket_{name}": value for name, value in options.items()}


def place(emulator: Emulator) -> dict[str, Any]:
    """Return the variables that reach acme/widgets on the emulator, without credentials."""
    urls = {"api_url": emulator.api_url, "token_url": emulator.token_url}
    return named(workspace="acme", repository="widgets", **urls)


def run(tmp_path: Path, tasks: list[list[Task]], variables: dict[str, Any], python: str, *flags: str, **environment: str) -> Done:
    """Run the tasks, whose conditions must all be true."""
    flat = [each for some in tasks for each in some]
    # Ansible would use the real home directory for asynchronous jobs. Only a verbose run shows the arguments of modules.
    variables = {**variables, "ansible_async_dir": str(tmp_path / "jobs")}
    record = {"ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS), "ANSIBLE_CALLBACKS_ENABLED": "record", "ANSIBLE_INJECT_INVOCATION": "1"}
    settings = {**record, "RECORD_FILE": str(tmp_path / "results.jsonl"), **environment}
    done = play(tmp_path, flat, "-vvv", *flags, environment=settings, variables=variables, python=python)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def arguments(tmp_path: Path) -> list[dict[str, Any]]:
    """Return the arguments of each module, which registered results do not have."""
    lines = (tmp_path / "results.jsonl").read_text("utf-8").splitlines()
    results = [json.loads(line)["result"] for line in lines]
    return [result["invocation"]["module_args"] for result in results if "requests" in result]


def kinds(emulator: Emulator) -> list[str]:
    """Return the kind of authorization of each request to the API."""
    return [entry.headers.get("Authorization", "none").split()[0] for entry in emulator.journal.select("api")]


@each_ansible
def test_each_option_is_read_from_its_variables(emulator: Emulator, tmp_path: Path, python: str) -> None:
    """The variable of an option takes precedence over that of its alias. A module without Downloads uses no repository."""
    consumer = {"client_id": emulator.client_id, "client_secret": emulator.client_secret}
    basic = {"user": emulator.user, "api_token": emulator.api_token}
    tasks = [
        task("r is success", vars=named(access_token=emulator.access_token, **OTHERS)),
        task("r is success", vars=named(username=emulator.user, password=emulator.api_token)),
        task("r is success", vars=named(username="x", password="x", **basic)),
        task("r is success", vars=named(**consumer)),
        task("r is success", module=SNIPPETS, vars=named(**basic)),
    ]
    run(tmp_path, tasks, place(emulator), python)
    access, aliases, token, oauth, snippets = arguments(tmp_path)
    expected = {name.removeprefix("bitbucket_"): value for name, value in place(emulator).items()}
    assert {name: access[name] for name in (*expected, *OTHERS)} == {**expected, **OTHERS}
    for found in (aliases, token, snippets):
        assert (found["user"], found["api_token"]) == (emulator.user, HIDDEN)
    assert (oauth["client_id"], oauth["client_secret"]) == (emulator.client_id, HIDDEN)
    assert "repository" not in snippets
    assert kinds(emulator)[:4] == ["Bearer", "Basic", "Basic", "Bearer"]
    assert len(emulator.journal.select("token")) == 1


@each_ansible
def test_precedence_is_task_then_variables_then_environment(emulator: Emulator, tmp_path: Path, python: str) -> None:
    """The first source with credentials decides; two kinds in one source are an error."""
    basic = named(user=emulator.user, api_token=emulator.api_token)
    bearer = named(access_token=emulator.access_token)
    wrong = {"access_token": "wrong"}
    twice = "More than one kind of credentials is set"
    tasks = [
        task("'acme/missing' in r.msg", options={"repository": "missing"}, vars=basic),
        task("r is success", options={"access_token": emulator.access_token}, vars=basic),
        task("r is success", vars=basic, environment={"BITBUCKET_ACCESS_TOKEN": "wrong"}),
        task("r is success", options={"password": emulator.api_token}, vars=named(user=emulator.user, **wrong)),
        task("r is success", environment={"BITBUCKET_USERNAME": emulator.user}, vars=named(api_token=emulator.api_token)),
        task("r is success", options={"api_token": "", "user": None}, vars=basic),
        task("r is success", vars={**basic, **named(access_token="", client_id=None)}),
        task("r is failed", f"'{twice} in variables: ' in r.msg", vars={**basic, **bearer}),
        task("'bitbucket_access_token and bitbucket_api_token' in r.msg", vars={**basic, **bearer}),
        task("r is failed", f"'{twice}: ' in r.msg", options={"api_token": "wrong-token", "client_id": "wrong"}, vars=bearer),
    ]
    run(tmp_path, tasks, place(emulator), python, BITBUCKET_WORKSPACE="missing", BITBUCKET_REPO_SLUG="missing")
    # The first three tasks, then the others that succeed.
    assert kinds(emulator)[:3] == ["Basic", "Bearer", "Basic"]
    assert set(kinds(emulator)[3:]) == {"Basic"}


@each_ansible
def test_variables_can_be_templates_or_vaulted_and_no_other_is_resolved(emulator: Emulator, tmp_path: Path, python: str) -> None:
    vault = VaultLib([("default", VaultSecret(b"password"))])
    lines = vault.encrypt(emulator.api_token).decode().splitlines()
    (tmp_path / "password").write_text("password")
    text = "\n  ".join(["bitbucket_api_token: !vault |", *lines])
    (tmp_path / "vault.yml").write_text(text + "\nplain_token: '{{ bitbucket_api_token }}'\n", encoding="utf-8")
    variables = {
        **place(emulator),
        **named(user="{{ account }}", retries="{{ 1 + 1 }}", validate_certs="{{ 1 > 2 }}", workspace="{{ 'ac' ~ 'me' }}"),
        **named(title=BROKEN, other=BROKEN, username=BROKEN, client_id="{{ lookup('env', 'NOTHING') }}"),
        "account": emulator.user,
        "broken": BROKEN,
        "nested": {"broken": BROKEN},
    }
    tasks = [
        task("r is success"),
        task("r is success", vars=named(api_token="{{ plain_token }}")),
        task("r is failed", "'bitbucket_timeout' in r.msg", "'undefined_variable' in r.msg", vars=named(timeout=BROKEN)),
        task("r is success", options={"timeout": 5}, vars=named(timeout=BROKEN)),
        task("r is success", options={"api_token": "{{ plain_token }}"}, vars=named(access_token=BROKEN, api_token=BROKEN)),
    ]
    flags = ["-e", f"@{tmp_path / 'vault.yml'}", "--vault-password-file", str(tmp_path / "password")]
    run(tmp_path, tasks[:4], variables, python, *flags)
    first = arguments(tmp_path)[0]
    assert (first["retries"], first["validate_certs"]) == (2, False)
    tasks[4][0][INFO]["api_token"] = emulator.api_token
    run(tmp_path, tasks[4:], variables, python)


@each_ansible
def test_keywords_of_a_task_work_with_variables(emulator: Emulator, tmp_path: Path, python: str) -> None:
    """Run in check mode, in a loop, asynchronously, in a role, and on another host with the variables of the inventory host."""
    (tmp_path / "hosts.yml").write_text(
        json.dumps({"all": {"hosts": {"localhost": {"ansible_connection": "local"}, "other": {**named(workspace="missing")}}}})
    )
    credential = named(user=emulator.user, api_token=emulator.api_token)
    content = {"content": "x", "name": "{{ item | default('x') }}"}
    other = {"delegate_to": "other", "vars": {"ansible_connection": "local"}}
    tasks = [
        task("r is changed", "r.diff is defined", module=UPLOAD, options=content, check_mode=True, diff=True),
        task("r.results | map(attribute='changed') == [true, true]", module=UPLOAD, options=content, loop=["a", "b"]),
        task("r is success", "r is not changed", module=UPLOAD, options={**content, "name": "a"}, **ASYNC),
        task("r is success", "r.artifacts | map(attribute='name') | sort == ['a', 'b']", **other),
        task("r is success", run_once=True),
        task("r is success", module=FETCH, options={"name": "a", "dest": f"{tmp_path}/a"}, **UNWATCHED),
    ]
    fetched = {"fetch_artifacts_names": ["b"], "fetch_artifacts_dest": str(tmp_path)}
    role = {"ansible.builtin.include_role": {"name": "releng.bitbucket.fetch_artifacts"}, "vars": fetched}
    job = {"ansible.builtin.async_status": {"jid": "{{ r.ansible_job_id }}"}, "register": "r"}
    wait = {**job, "until": "r is finished", "retries": 30, "delay": 0.2}
    run(tmp_path, [*tasks, [wait, role]], {**place(emulator), **credential}, python, "-i", str(tmp_path / "hosts.yml"))
    assert emulator.repository().names() == ["a", "b"]
    assert [(tmp_path / name).read_text() for name in ("a", "b")] == ["x", "x"]


@each_ansible
def test_no_secret_of_a_variable_is_shown(emulator: Emulator, tmp_path: Path, python: str) -> None:
    """Neither in the most verbose output nor in the log, of tasks that succeed, are refused, or cannot be parsed."""
    secrets = {
        "my_token": emulator.api_token,
        "my_access": emulator.access_token,
        "my_secret": emulator.client_secret,
    }
    (tmp_path / "secrets.yml").write_text(json.dumps(secrets))
    basic = named(user=emulator.user, api_token="{{ my_token }}")
    consumer = named(client_id=emulator.client_id, client_secret="{{ my_secret }}")
    tasks = [
        task("r is success", vars=basic),
        task("r is success", vars=named(access_token="{{ my_access }}")),
        task("r is success", vars=consumer, **ASYNC),
        task("r is failed", options={"repository": "missing"}, vars=basic),
        task("r is failed", options={"nothing": "x"}, vars=basic),
        task("r is failed", vars={**basic, **consumer}),
    ]
    log = tmp_path / "ansible.log"
    environment = {"ANSIBLE_LOG_PATH": str(log), "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "1"}
    done = run(tmp_path, tasks, place(emulator), python, "-vvvv", "-e", f"@{tmp_path / 'secrets.yml'}", **environment)
    logged = log.read_text("utf-8")
    assert "PLAY RECAP" in logged
    assert leaked(emulator, done.stdout, done.stderr, logged) == []


def test_a_command_without_a_playbook_uses_variables(emulator: Emulator, tmp_path: Path) -> None:
    emulator.repository().put("app.tgz", b"application")
    variables = {**place(emulator), **named(user=emulator.user, api_token=emulator.api_token)}
    (tmp_path / "variables.json").write_text(json.dumps(variables))
    done = ad_hoc("bitbucket_download_info", "patterns=*.tgz", "-e", f"@{tmp_path / 'variables.json'}", environment={})
    printed = done.stdout + done.stderr
    assert "localhost | SUCCESS" in printed
    assert "app.tgz" in printed
    assert leaked(emulator, printed) == []
