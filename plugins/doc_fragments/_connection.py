# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Document the connection options. A test compares them with the argument spec."""

from __future__ import annotations


class ModuleDocFragment:
    """DOCUMENTATION: all modules and lookups. REPOSITORY: those that work on Downloads. SNIPPETS: those that work on snippets.

    PLUGIN and PLUGIN_REPOSITORY: variables and environment variables of lookups. Ansible does not read secrets from the
    environment, because the code must know which credentials the task itself has set.
    """

    DOCUMENTATION = r"""
options:
  workspace:
    description:
      - Slug of the workspace, or its UUID in braces.
      - If not set, the variable C(bitbucket_workspace) is used, then the environment variable E(BITBUCKET_WORKSPACE), which
        Bitbucket Pipelines sets.
    type: str
    required: true
  user:
    description:
      - Email address of the Atlassian account that owns the O(api_token). This is not the Bitbucket user name.
      - If not set, the variable C(bitbucket_user) or C(bitbucket_username) is used, then the environment variable
        E(BITBUCKET_USERNAME).
      - Required with O(api_token).
    type: str
    aliases: [username]
  api_token:
    description:
      - Atlassian API token with scopes. The token is sent with O(user) as HTTP Basic authentication.
      - A write scope does not include the read scope. Publishing needs both.
      - If the task sets no credentials, the variable C(bitbucket_api_token) or C(bitbucket_password) is used. If no variable sets
        credentials either, the environment variable E(BITBUCKET_API_TOKEN) or E(BITBUCKET_PASSWORD) is used.
      - Mutually exclusive with O(access_token), O(client_id) and O(client_secret).
    type: str
    aliases: [password]
  access_token:
    description:
      - Access token of a repository, project or workspace. The token is sent as Bearer authentication.
      - If the task sets no credentials, the variable C(bitbucket_access_token) is used. If no variable sets credentials either,
        the environment variable E(BITBUCKET_ACCESS_TOKEN) is used.
      - If the environment has several kinds of credentials, an access token takes precedence over an API token, and an API token
        over an OAuth consumer. Several kinds in variables are an error.
      - Mutually exclusive with O(api_token), O(client_id) and O(client_secret).
    type: str
  client_id:
    description:
      - Key of a private OAuth 2.0 consumer. Each task requests one access token with the client credentials grant.
      - The key is not a secret and is not masked.
      - If the task sets no other credentials, the variable C(bitbucket_client_id) is used. If no variable sets other credentials
        either, the environment variable E(BITBUCKET_CLIENT_ID) is used.
      - Required with O(client_secret).
      - Mutually exclusive with O(api_token) and O(access_token).
    type: str
  client_secret:
    description:
      - Secret of the OAuth 2.0 consumer.
      - If the task sets no other credentials, the variable C(bitbucket_client_secret) is used. If no variable sets other
        credentials either, the environment variable E(BITBUCKET_CLIENT_SECRET) is used.
      - Required with O(client_id).
      - Mutually exclusive with O(api_token) and O(access_token).
    type: str
  api_url:
    description:
      - URL of the API. Plain C(http) is accepted only for a loopback address. User information in the URL is an error.
      - If not set, the variable C(bitbucket_api_url) is used, then the environment variable E(BITBUCKET_API_URL).
    type: str
    default: https://api.bitbucket.org/2.0
  token_url:
    description:
      - URL of the OAuth 2.0 token endpoint. The rules of O(api_url) apply.
      - If not set, the variable C(bitbucket_token_url) is used, then the environment variable E(BITBUCKET_TOKEN_URL).
    type: str
    default: https://bitbucket.org/site/oauth2/access_token
  validate_certs:
    description:
      - Whether to validate TLS certificates. V(false) takes precedence over CA bundles that the environment names.
      - If not set, the variable C(bitbucket_validate_certs) is used.
    type: bool
    default: true
  ca_path:
    description:
      - Path of a file with the CA certificates to trust instead of those of the system.
      - If not set, the variable C(bitbucket_ca_path) is used.
    type: path
  timeout:
    description:
      - Maximum time, in seconds, of one network operation, such as connecting or waiting for the next bytes.
      - If not set, the variable C(bitbucket_timeout) is used.
    type: int
    default: 30
  retries:
    description:
      - Maximum number of retries of a request that failed with a transient error. Transient errors are a broken connection, an
        incomplete response, and the HTTP statuses 429, 500, 502, 503 and 504.
      - Before the retry of an upload that might have been applied, the module looks for its result.
      - If not set, the variable C(bitbucket_retries) is used.
    type: int
    default: 4
  max_wait:
    description:
      - Maximum total time, in seconds, to wait between retries in one task. If the next wait would exceed it, the task fails
        immediately.
      - If not set, the variable C(bitbucket_max_wait) is used.
    type: int
    default: 300
notes:
  - The variables C(bitbucket_<option>) are those of the inventory host, also with C(delegate_to). Templates in them are resolved,
    and an empty value counts as not set. Only the options that name such a variable can be set in this way.
  - >-
    Modules run on the host of the task and read environment variables there. To publish from the control node, use
    C(delegate_to: localhost) or C(connection: local).
requirements:
  - requests >= 2.25.1
seealso:
  - ref: ansible_collections.releng.bitbucket.docsite.guide_credentials
    description: Choose a kind of credential and its scopes.
  - ref: ansible_collections.releng.bitbucket.docsite.guide_limits
    description: Stay within the rate limits and plans of Bitbucket Cloud.
"""

    REPOSITORY = r"""
options:
  repository:
    description:
      - Slug of the repository, or its UUID in braces.
      - If not set, the variable C(bitbucket_repository) is used, then the environment variable E(BITBUCKET_REPO_SLUG), which
        Bitbucket Pipelines sets.
    type: str
    required: true
seealso:
  - name: Downloads in the REST API of Bitbucket Cloud
    description: Reference of the endpoints that upload, list and delete artifacts.
    link: https://developer.atlassian.com/cloud/bitbucket/rest/api-group-downloads/
"""

    SNIPPETS = r"""
options: {}
seealso:
  - name: Snippets in the REST API of Bitbucket Cloud
    description: Reference of the endpoints that create, list and delete snippets.
    link: https://developer.atlassian.com/cloud/bitbucket/rest/api-group-snippets/
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
