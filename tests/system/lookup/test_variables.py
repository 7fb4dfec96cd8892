# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the lookup bitbucket_download in a play whose variables are templates, as in group_vars."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.emulator import Emulator
from tests.http._downloads.helpers import widgets
from tests.http.lookup.helpers import DOWNLOAD, SNIPPET
from tests.system.lookup.helpers import each_ansible, play

LOOKUP = f"lookup('{DOWNLOAD}', 'VERSION')"


def required(*conditions: str, **variables: Any) -> dict[str, Any]:
    """Return a task that asserts the conditions, with these task variables."""
    return {"ansible.builtin.assert": {"that": list(conditions)}, "vars": variables}


@each_ansible
def test_a_variable_can_be_a_template(emulator: Emulator, tmp_path: Path, python: str) -> None:
    widgets(emulator).put("VERSION", b"1.3.0\n")
    emulator.repository("acme", "gadgets").put("VERSION", b"2.0.0\n")
    variables = {
        "organization": "acme",
        "attempts": 1,
        "bitbucket_workspace": "{{ organization }}",
        "bitbucket_repository": "{{ product | default('widgets') }}",
        "bitbucket_api_url": "{{ lookup('env', 'SERVICE') }}/2.0",
        "bitbucket_user": "{{ lookup('env', 'ACCOUNT') }}",
        "bitbucket_api_token": "{{ vault_token }}",
        "vault_token": "{{ lookup('env', 'TOKEN') }}",
        "bitbucket_access_token": "{{ lookup('env', 'NOTHING') }}",
        "bitbucket_retries": "{{ attempts * 2 }}",
        "bitbucket_validate_certs": "{{ attempts > 0 }}",
    }
    environment = {"SERVICE": emulator.origin, "ACCOUNT": emulator.user, "TOKEN": emulator.api_token}
    emulator.faults.add("status", host="storage", code=503, headers={"Retry-After": "0"}, times=2)
    tasks = [
        required(f"{LOOKUP} == '1.3.0'"),
        required(f"{LOOKUP} == '2.0.0'", product="gadgets"),
    ]
    done = play(tmp_path, tasks, environment=environment, variables=variables, python=python)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [entry.status for entry in emulator.journal.select("storage")] == [503, 503, 200, 200]


@each_ansible
def test_only_variables_of_missing_options_are_resolved(emulator: Emulator, tmp_path: Path, python: str) -> None:
    """A variable can contain the lookup itself, and can be undefined if no option needs it."""
    widgets(emulator).put("VERSION", b"1.3.0\n")
    emulator.snippets.create("Notes", {"VERSION": b"1.3.0"})
    variables = {
        "bitbucket_version": f"{{{{ {LOOKUP} }}}}",
        "bitbucket_other": "{{ undefined_variable }}",
        "bitbucket_title": "{{ undefined_variable }}",
        "bitbucket_repository": "widgets",
        "bitbucket_workspace": "{{ undefined_variable }}",
    }
    direct = LOOKUP[:-1] + ", workspace='acme')"
    snippet = f"lookup('{SNIPPET}', 'VERSION', workspace='acme', title='Notes')"
    tasks = [
        required(f"{direct} == '1.3.0'", f"{snippet} == '1.3.0'"),
        required("bitbucket_version == '1.3.0'", bitbucket_workspace="acme"),
        {"ansible.builtin.debug": {"msg": f"{{{{ {LOOKUP} }}}}"}, "register": "failed", "ignore_errors": True},
        required("'undefined_variable' in failed.msg"),
    ]
    done = play(tmp_path, tasks, environment=emulator.environment(), variables=variables, python=python)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(emulator.journal.select("storage")) == 2
