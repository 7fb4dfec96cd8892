# Copyright: (c) releng.bitbucket contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a separate host on this machine: an sshd on a loopback address, with its own keys, for the user who runs the tests.

Must not depend on Ansible, and must not change files of the user's or the machine's OpenSSH.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PROGRAMS = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
# The chroot of Debian's sshd if root starts it. Its service creates the folder, but no service runs here.
LOCKED_IN = Path("/run/sshd")
OURS = 0o700  # This mode marks the folder of the tests; that of the service is 0755.
PATIENCE = 600  # Seconds, for a busy machine.

SERVER = """\
ListenAddress {address}:{port}
HostKey "{folder}/host_key"
AuthorizedKeysFile "{escaped}/authorized_keys"
PidFile none
AllowUsers {user}
AuthenticationMethods publickey
PermitRootLogin prohibit-password
# The parent folders of the keys belong to pytest and can have any owner.
StrictModes no
UsePAM no
UseDNS no
PermitUserRC no
PrintMotd no
LogLevel VERBOSE
Subsystem sftp internal-sftp
"""
CLIENT = """\
Host {address}
  User {user}
  Port {port}
  IdentityFile "{escaped}/user_key"
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile "{escaped}/known_hosts"
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  PreferredAuthentications publickey
  BatchMode yes
  # A shared connection would leave a process behind.
  ControlMaster no
  ControlPath none
"""


class CannotStart(Exception):
    """The SSH server cannot start, with the reason."""


class SshServer:
    """A running sshd. ``settings`` is the file for ``ssh -F``: it knows the key of the user and that of the host."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address
        self.settings = folder / "ssh_config"
        self._log = folder / "sshd.log"
        folder.mkdir()
        self._write_files(_free_port(address))

    @property
    def log(self) -> str:
        """Return the output of sshd so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @contextmanager
    def running(self) -> Iterator[SshServer]:
        """Serve during the block; raise CannotStart if that fails."""
        command = [_program("sshd"), "-D", "-e", "-f", str(self.folder / "sshd_config")]
        with self._log.open("wb") as log, subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log) as process:
            try:
                self._sign_in(process)
                yield self
            finally:
                process.terminate()

    def _sign_in(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the server, and require that a login succeeds."""
        command = [_program("ssh"), "-F", str(self.settings), self.address, "true"]
        end = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < end:
            tried = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=PATIENCE
            )
            if tried.returncode == 0:
                return
            refusals = [line for line in self.log.splitlines() if "not allowed because" in line]
            if refusals:
                raise CannotStart(f"sshd does not take this account: {refusals[-1]}")
            if "Accepted publickey" in self.log:
                raise CannotStart(f"the shell of this account runs no commands: {(tried.stdout + tried.stderr).strip()}")
            if "refused" not in tried.stderr:
                break
            time.sleep(0.05)
        if process.poll() is not None:
            raise CannotStart(f"sshd does not start: {' '.join(self.log.splitlines()[-1:])}")
        raise AssertionError(f"sshd serves, and ssh does not get in: {tried.stderr}\n{self.log}")

    def _write_files(self, port: int) -> None:
        escaped = str(self.folder).replace("%", "%%")  # OpenSSH expands this in most file names.
        values = {"folder": self.folder, "escaped": escaped, "address": self.address, "port": port, "user": _user()}
        (self.folder / "sshd_config").write_text(SERVER.format(**values), encoding="utf-8")
        self.settings.write_text(CLIENT.format(**values), encoding="utf-8")
        host, user = (self._make_key(name) for name in ("host_key", "user_key"))
        (self.folder / "known_hosts").write_text(f"[{self.address}]:{port} {host}", encoding="utf-8")
        (self.folder / "authorized_keys").write_text(user, encoding="utf-8")

    def _make_key(self, name: str) -> str:
        """Create a key pair without a passphrase; return the public key."""
        file = self.folder / name
        subprocess.run([_program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(file)], check=True)
        return file.with_suffix(".pub").read_text(encoding="utf-8")


@contextmanager
def locked_in() -> Iterator[None]:
    """Create the folder that sshd requires for root. The last user of all processes removes it."""
    if os.geteuid() != 0 or not LOCKED_IN.parent.is_dir():
        yield
        return
    lock = os.open(LOCKED_IN.parent, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        while not LOCKED_IN.exists():
            fcntl.flock(lock, fcntl.LOCK_EX)
            LOCKED_IN.mkdir(mode=OURS, exist_ok=True)
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield
    finally:
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if LOCKED_IN.exists() and stat.S_IMODE(LOCKED_IN.stat().st_mode) == OURS:
                LOCKED_IN.rmdir()
        os.close(lock)


def _program(name: str) -> str:
    found = shutil.which(name, path=PROGRAMS)
    if not found:
        raise CannotStart(f"there is no {name} on this machine (Debian's packages openssh-server, openssh-client have it)")
    return found


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError as exc:
        raise CannotStart(f"sshd wants an account, and the user {os.getuid()} of these tests has none") from exc


def _free_port(address: str) -> int:
    try:
        with socket.create_server((address, 0)) as listener:
            port: int = listener.getsockname()[1]
    except OSError as exc:
        raise CannotStart(f"{address} is no address of this machine: {exc}") from exc
    return port
