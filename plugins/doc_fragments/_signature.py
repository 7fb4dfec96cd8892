# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Document the options that sign and verify a manifest."""

from __future__ import annotations


class ModuleDocFragment:
    """DOCUMENTATION: modules and lookups that verify. SIGNING: modules that also sign."""

    DOCUMENTATION = r"""
options:
  signed_by:
    description:
      - Public keys, one of which must have signed the O(manifest). Nothing in the manifest is used before its signature is
        verified.
      - Each item is an armored OpenPGP public key, an SSH public key, a line of an SSH allowed signers file, or the path of a key
        file.
      - The key file is on the host that runs the module, or on the control node for a lookup. It can be armored, a binary
        keyring, a keybox, or text with SSH keys.
      - All items must have one format, OpenPGP or SSH. An empty list and V(null) are errors.
      - The module verifies OpenPGP signatures with C(gpgv), C(sqv) or C(gpg), and SSH signatures with C(ssh-keygen). It does not
        read keyrings and settings of the user.
      - Requires O(manifest), or C(channel) in modules with that option. With C(channel), the channel must be signed.
    type: list
    elements: str
    version_added: 1.1.0
  signature:
    description:
      - Name of the artifact with the detached signature of the O(manifest).
      - The default is the name of the manifest with C(.asc) for OpenPGP and with C(.sig) for SSH.
      - Requires O(signed_by), or C(signing_key) in modules with that option.
    type: str
    version_added: 1.1.0
requirements:
  - GnuPG >= 2.2 or sqv, to verify OpenPGP signatures
  - OpenSSH >= 8.1, to verify SSH signatures
seealso:
  - ref: ansible_collections.releng.bitbucket.docsite.guide_sign
    description: Create keys, sign a release, and verify it with and without Ansible.
"""

    SIGNING = r"""
options:
  signing_key:
    description:
      - Private key that signs the O(manifest) each time the module writes it.
      - With O(signature_format=openpgp), the fingerprint or the long key ID of a key in O(gnupg_home). With
        O(signature_format=ssh), the path of a private key, or of a public key whose private key is in the SSH agent.
      - The key can be on a hardware token. The module signs twice for each new manifest. The first signature checks, before
        anything is sent, that the key can sign.
      - The existing manifest must have a valid signature by a key of O(signed_by). If O(signed_by) is not set, the signature must
        be by this key. Otherwise, the task fails before it sends anything, so it never signs unverified lines.
      - If nothing changes, the module signs nothing and verifies the existing signature.
      - Requires O(manifest).
    type: str
    version_added: 1.1.0
  signature_format:
    description:
      - Format of the O(signing_key) and of the signature. The keys in O(signed_by) must have the same format.
    type: str
    choices: [openpgp, ssh]
    default: openpgp
    version_added: 1.1.0
  signing_passphrase:
    description:
      - Passphrase of the O(signing_key). If not set, the key must have no passphrase, or an agent must know it.
      - The passphrase is never written to a file, an argument or the environment of a process.
      - Requires O(signing_key).
    type: str
    version_added: 1.1.0
  gnupg_home:
    description:
      - GnuPG home directory with the O(signing_key). The default is that of the user who runs the module.
      - Use a short path, because the path of the socket of the GnuPG agent is limited to 108 bytes.
      - Not allowed with O(signature_format=ssh).
      - Requires O(signing_key).
    type: path
    version_added: 1.1.0
requirements:
  - gpg from GnuPG >= 2.2, to sign with OpenPGP keys
  - ssh-keygen from OpenSSH >= 8.1, to sign with SSH keys
"""
