# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Document the options that sign and verify a manifest."""

from __future__ import annotations


class ModuleDocFragment:
    """DOCUMENTATION: modules that verify. SIGNING: modules that sign, too."""

    DOCUMENTATION = r"""
options:
  signed_by:
    description:
      - Public keys, one of which must have signed the O(manifest). Nothing in the manifest is used before its signature was
        verified.
      - Each item is an armored OpenPGP public key, an SSH public key, a line of an SSH allowed signers file, or a path.
      - A path is that of a key file on the host that runs the module, for a lookup on the control node. The file can be armored,
        a binary keyring, a keybox, or text with SSH keys.
      - All items must be of one format, OpenPGP or SSH. An empty list and V(null) are errors.
      - OpenPGP signatures are verified with C(gpgv), C(sqv) or C(gpg), SSH signatures with C(ssh-keygen) of OpenSSH 8.1 or later.
        The keyrings and settings of the user are not read.
      - Requires O(manifest), or C(channel) in modules that read channels. Then the channel must be signed.
    type: list
    elements: str
    version_added: 1.1.0
  signature:
    description:
      - Name of the artifact that holds the detached signature of the O(manifest).
      - The default is the name of the manifest with C(.asc) for OpenPGP and with C(.sig) for SSH.
    type: str
    version_added: 1.1.0
"""

    SIGNING = r"""
options:
  signing_key:
    description:
      - Private key that signs the O(manifest) whenever the module writes it.
      - With O(signature_format=openpgp), the fingerprint or the long key ID of a key in O(gnupg_home). With
        O(signature_format=ssh), the path of a private key, or of a public key whose private key is in the SSH agent.
      - The key can be on a hardware token. The module uses it twice for each new manifest. The first signature makes sure, before
        anything is sent, that the key can sign.
      - The existing manifest must have a good signature by a key of O(signed_by) or, if that is not set, by this key. Otherwise
        the task fails before it sends anything, so that no line is signed that was not verified.
      - If nothing changes, nothing is signed, and the existing signature is verified.
      - Requires O(manifest).
    type: str
    version_added: 1.1.0
  signature_format:
    description:
      - Format of the O(signing_key) and of the signature. It must be that of O(signed_by).
    type: str
    choices: [openpgp, ssh]
    default: openpgp
    version_added: 1.1.0
  signing_passphrase:
    description:
      - Passphrase of the O(signing_key). Without it, the key must have none, or an agent must know it.
      - It is never written to a file, an argument or the environment of a process.
    type: str
    version_added: 1.1.0
  gnupg_home:
    description:
      - GnuPG home directory with the O(signing_key). The default is that of the user who runs the module.
      - Use a short path, because the socket of the GnuPG agent must fit into 108 bytes.
    type: path
    version_added: 1.1.0
"""
