# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the connection options. Knows no code; a test compares it with the argument spec."""

from __future__ import annotations


class ModuleDocFragment:
    """DOCUMENTATION: every module and lookup. REPOSITORY: those that work on Downloads.

    PLUGIN and PLUGIN_REPOSITORY: what lookups add, variables and the environment. Secrets are read from the environment by the
    code, which must know what was set on the task.
    """

    DOCUMENTATION = r"""
options:
  workspace:
    description:
      - The workspace, by its slug or by its UUID in braces.
      - Taken from the variable C(bitbucket_workspace) when not set, then from the environment variable E(BITBUCKET_WORKSPACE),
        which Bitbucket Pipelines sets.
    type: str
    required: true
  user:
    description:
      - The e-mail address of the Atlassian account that an API token belongs to.
      - It is not the Bitbucket user name, and it is not a kind of credential by itself.
      - Taken from the variable C(bitbucket_user) or C(bitbucket_username) when not set, then from the environment variable
        E(BITBUCKET_USERNAME).
    type: str
    aliases: [username]
  api_token:
    description:
      - An Atlassian API token with scopes, sent with O(user) as HTTP Basic authentication.
      - A write scope does not include the read scope, and publishing needs both.
      - Taken from the variable C(bitbucket_api_token) or C(bitbucket_password) when no kind of credential is set on the task.
        Taken from the environment variables E(BITBUCKET_API_TOKEN) or E(BITBUCKET_PASSWORD) when none is set in variables either.
    type: str
    aliases: [password]
  access_token:
    description:
      - An access token of a repository, project or workspace, sent as Bearer.
      - Taken from the variable C(bitbucket_access_token) when no kind of credential is set on the task. Taken from the
        environment variable E(BITBUCKET_ACCESS_TOKEN) when none is set in variables either. In the environment, an access token
        wins over an API token, and that over an OAuth consumer.
    type: str
  client_id:
    description:
      - The key of an OAuth 2.0 consumer that is marked as private; the client credentials grant is used, once per task.
      - It is no secret and is not masked.
      - Taken from the variable C(bitbucket_client_id) when no other kind of credential is set on the task. Taken from the
        environment variable E(BITBUCKET_CLIENT_ID) when no other kind is set in variables either.
    type: str
  client_secret:
    description:
      - The secret that goes with O(client_id).
      - Taken from the variable C(bitbucket_client_secret) when no other kind of credential is set on the task. Taken from the
        environment variable E(BITBUCKET_CLIENT_SECRET) when no other kind is set in variables either.
    type: str
  api_url:
    description:
      - The address of the API. Plain C(http) is accepted for a loopback host only, and user info in it is refused.
      - Taken from the variable C(bitbucket_api_url) when not set, then from the environment variable E(BITBUCKET_API_URL).
    type: str
    default: https://api.bitbucket.org/2.0
  token_url:
    description:
      - The OAuth 2.0 token endpoint, by the same rules as O(api_url).
      - Taken from the variable C(bitbucket_token_url) when not set, then from the environment variable E(BITBUCKET_TOKEN_URL).
    type: str
    default: https://bitbucket.org/site/oauth2/access_token
  validate_certs:
    description:
      - Whether TLS certificates are checked. When V(false), this wins over CA bundles named in the environment.
      - Taken from the variable C(bitbucket_validate_certs) when not set.
    type: bool
    default: true
  ca_path:
    description:
      - The path of a bundle of CA certificates to trust instead of the system's.
      - Taken from the variable C(bitbucket_ca_path) when not set.
    type: path
  timeout:
    description:
      - Seconds that one operation on a connection may take, such as connecting or waiting for the next bytes.
      - Taken from the variable C(bitbucket_timeout) when not set.
    type: int
    default: 30
  retries:
    description:
      - How often a request is tried again that failed for a passing reason, which is a broken connection, an answer that breaks
        off, or one of the statuses 429, 500, 502, 503 and 504.
      - An upload that may have had its effect is looked up in the listing before it is sent again.
      - Taken from the variable C(bitbucket_retries) when not set.
    type: int
    default: 4
  max_wait:
    description:
      - Seconds in all that one task may spend waiting between tries. A wait that would pass it is not begun, the task fails.
      - Taken from the variable C(bitbucket_max_wait) when not set.
    type: int
    default: 300
notes:
  - Variables C(bitbucket_<option>) are those of the inventory host, also with C(delegate_to). A variable that is a template is
    resolved, and an empty one sets nothing.
  - The modules run on the host of the task, and read environment variables there. Use C(delegate_to=localhost) or
    C(connection=local) to publish from the control node.
requirements:
  - requests
"""

    REPOSITORY = r"""
options:
  repository:
    description:
      - The repository, by its slug or by its UUID in braces.
      - Taken from the variable C(bitbucket_repository) when not set, then from the environment variable E(BITBUCKET_REPO_SLUG),
        which Bitbucket Pipelines sets.
    type: str
    required: true
"""

    PLUGIN = r"""
options:
  workspace:
    vars:
      - name: bitbucket_workspace
    env:
      - name: BITBUCKET_WORKSPACE
  user:
    vars:
      - name: bitbucket_username
      - name: bitbucket_user
  api_token:
    vars:
      - name: bitbucket_password
      - name: bitbucket_api_token
  access_token:
    vars:
      - name: bitbucket_access_token
  client_id:
    vars:
      - name: bitbucket_client_id
  client_secret:
    vars:
      - name: bitbucket_client_secret
  api_url:
    vars:
      - name: bitbucket_api_url
    env:
      - name: BITBUCKET_API_URL
  token_url:
    vars:
      - name: bitbucket_token_url
    env:
      - name: BITBUCKET_TOKEN_URL
  validate_certs:
    vars:
      - name: bitbucket_validate_certs
  ca_path:
    vars:
      - name: bitbucket_ca_path
  timeout:
    vars:
      - name: bitbucket_timeout
  retries:
    vars:
      - name: bitbucket_retries
  max_wait:
    vars:
      - name: bitbucket_max_wait
"""

    PLUGIN_REPOSITORY = r"""
options:
  repository:
    vars:
      - name: bitbucket_repository
    env:
      - name: BITBUCKET_REPO_SLUG
"""
