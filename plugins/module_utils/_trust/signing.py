# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create the signer of ``signing_key``."""

from __future__ import annotations

from .._errors import BadInput
from .._signatures.values import SSH, Signer


def create_signer(signing_key: str, signature_format: str, passphrase: str | None, gnupg_home: str | None) -> Signer:
    """Return the signer, which searches for its key later. Raise BadInput.

    Files are compiled for each task, so only those of one format are imported.
    """
    if not signing_key.strip():
        raise BadInput("signing_key is empty. Set it to a key, or omit the option")
    if "-----BEGIN" in signing_key:
        raise BadInput(
            "signing_key is the text of a key. Set it to the path of an SSH key, or to the fingerprint of an OpenPGP key"
        )
    if signature_format != SSH:
        from .._openpgp.sign import OpenpgpSigner

        return OpenpgpSigner(signing_key, passphrase, gnupg_home)
    if gnupg_home is not None:
        raise BadInput("gnupg_home cannot be used with signature_format=ssh, for which signing_key is a path")
    from .._ssh.sign import SshSigner

    return SshSigner(signing_key, passphrase)
