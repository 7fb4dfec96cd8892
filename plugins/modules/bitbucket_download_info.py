#!/usr/bin/python
# Copyright: (c) 2026, releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Front door of bitbucket_download_info: its documentation and its options. Knows no HTTP."""

from __future__ import annotations

DOCUMENTATION = r"""
module: bitbucket_download_info
short_description: List the artifacts in the Downloads of a Bitbucket Cloud repository
version_added: 1.0.0
author:
  - The releng.bitbucket contributors (@releng)
description:
  - Lists the artifacts of a repository's Downloads section, newest first, optionally only those whose names match.
  - Without credentials it lists those of public repositories.
extends_documentation_fragment:
  - releng.bitbucket._connection
  - releng.bitbucket._connection.repository
  - releng.bitbucket._attributes.info_module
  - releng.bitbucket._attributes.action_group
  - releng.bitbucket._selection
  - releng.bitbucket._selection.newest
options:
  patterns:
    description:
      - Names to list, as shell patterns that match the whole name, or with O(use_regex) as regular expressions that match from
        its beginning, as in M(ansible.builtin.find). One of them must match. By default every name does.
  excludes:
    description:
      - Names not to list, by the same rules. None of them must match.
  newest:
    description:
      - List only so many of the matching artifacts, the newest.
seealso:
  - module: releng.bitbucket.bitbucket_download
  - module: releng.bitbucket.bitbucket_download_verify
"""

EXAMPLES = r"""
- name: What is the newest build?
  releng.bitbucket.bitbucket_download_info:
    workspace: acme
    repository: widgets
    user: "{{ lookup('env', 'BITBUCKET_USERNAME') }}"
    api_token: "{{ lookup('env', 'BITBUCKET_API_TOKEN') }}"
    patterns: widgets-*.tar.gz
    excludes: "*-rc*"
    newest: 1
  register: builds

- name: List releases by a regular expression, connection from the environment
  releng.bitbucket.bitbucket_download_info:
    patterns: widgets-\d+\.\d+\.\d+\.tar\.gz$
    use_regex: true
"""

RETURN = r"""
artifacts:
  description: The artifacts that match, newest first.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
      sample: widgets-1.4.2.tar.gz
    size:
      description: Its bytes.
      type: int
      sample: 1048576
    created_on:
      description: When it was uploaded or last replaced; null where the service does not tell.
      type: str
      sample: "2026-11-22T10:15:00.123456+00:00"
    downloads:
      description: How often it was fetched, as the service counts; null where it does not tell.
      type: int
      sample: 42
    uploaded_by:
      description: The display name of whoever uploaded it; null where the service does not tell, as for access tokens.
      type: str
      sample: Release Bot
    url:
      description: The API's URL of the artifact. It needs credentials where the repository is private, and is no signed URL.
      type: str
      sample: https://api.bitbucket.org/2.0/repositories/acme/widgets/downloads/widgets-1.4.2.tar.gz
requests:
  description: How many requests went to the API, repeats included.
  returned: always
  type: int
  sample: 1
"""

import typing as t

from ..module_utils._ansible.arguments import repository_argument_spec, selection_argument_spec
from ..module_utils._ansible.module import create_module, run_module
from ..module_utils._downloads.api import Downloads
from ..module_utils._downloads.artifact import Artifact, parse_selection
from ..module_utils._http.client import Client
from ..module_utils._http.retries import CLOCK, Clock
from ..module_utils._outcome import Outcome, Progress, Result


def argument_spec() -> dict[str, t.Any]:
    """The options of this module beside the connection's."""
    return {
        **repository_argument_spec(),
        **selection_argument_spec(),
        "newest": {"type": "int"},
    }


def describe(downloads: Downloads, artifact: Artifact) -> Result:
    """Return an item of the artifact list as results show it."""
    return downloads.describe(
        artifact.name,
        artifact.size,
        created_on=artifact.created_on,
        downloads=artifact.downloads,
        uploaded_by=artifact.uploaded_by,
    )


def main(clock: Clock = CLOCK) -> None:
    """Run as a module."""
    module = create_module(argument_spec())
    options = module.params

    def list_artifacts(client: Client, _progress: Progress) -> Outcome:
        selection = parse_selection(options)
        downloads = Downloads(client, options["repository"])
        listed = downloads.list_artifacts()
        found = [describe(downloads, artifact) for artifact in selection.choose(listed.artifacts)]
        return Outcome({"artifacts": found}, warnings=listed.warnings)

    run_module(module, list_artifacts, Progress(), clock=clock)


if __name__ == "__main__":
    main()
