"""A second host for tests: an sshd of their own with its own keys, on the loopback or on a machine of its own.

The machine stays as it is, but for sshd's empty folder below /run.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.cluster.programs import SEARCH_PATH
from tests.remote.machine import SameMachine

__all__ = ["ALIAS", "NOT_INSTALLED", "SshServer", "missing"]

ALIAS = "cluster"
NOT_INSTALLED = "needs OpenSSH; not installed: "
_PROGRAMS = {"sshd": "openssh-server", "ssh": "openssh-client", "ssh-keygen": "openssh-client"}


def missing() -> list[str]:
    """The programs that cannot be found; empty when all are there."""
    return [name for name in _PROGRAMS if shutil.which(name, path=SEARCH_PATH) is None]


# sshd ends with the tests, also where they are killed: then nothing holds the pipe open any more.
_WHILE_WE_LIVE = '"$@" & cat; kill -9 "$!"; wait'


class SshServer:
    """``ssh -F server.config cluster …`` reaches it.

    *settings* are lines of sshd_config(5). *login* is a script that sshd starts in the place of every command, which
    finds it in SSH_ORIGINAL_COMMAND: what a strange login shell would do. ``home`` is the account's own folder there.
    *machine* is where it runs; None is here. *account* is another one there than the machine's own.
    """

    def __init__(
        self, *settings: str, login: str | None = None, machine: SameMachine | None = None, account: str | None = None
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="autolab-sshd-"))
        self.folder.chmod(0o755)
        self.port = _free_port()
        self.address = machine.address if machine else "127.0.0.1"
        self._account = account or (machine.account if machine else None)
        self._enter = machine.enter if machine else ()
        self.config = str(self.folder / "ssh_config")
        # What the account of this machine has its shell do at its start is no part of a test, nor of what it costs.
        self.home = machine.home if machine else self.folder / "home"
        self.home.mkdir(exist_ok=True)
        self._settings = list(settings)
        if login is not None:
            script = self.folder / "login"
            script.write_text(login)
            script.chmod(0o755)
            self._settings.append(f"ForceCommand {script}")
        self._daemon: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        for name in ("host_key", "id"):
            _keygen(self.folder / name)
        (self.folder / "authorized_keys").write_text((self.folder / "id.pub").read_text())
        self.know_host()
        self._write_config()
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self) -> int:
        return int((self.folder / "sshd.pid").read_text())

    def start(self) -> None:
        """Start sshd, and return when it answers."""
        if os.getuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # sshd(8): the privilege separation directory
        sshd = shutil.which("sshd", path=SEARCH_PATH)
        assert sshd is not None
        number = self.folder / "sshd.pid"
        number.unlink(missing_ok=True)
        words = (sshd, "-D", "-E", str(self.folder / "sshd.log"), "-f", str(self.folder / "sshd_config"))
        self._daemon = subprocess.Popen(
            ("sh", "-c", _WHILE_WE_LIVE, "sh", *self._enter, *words), stdin=subprocess.PIPE, start_new_session=True
        )
        for _ in range(500):
            with socket.socket() as probe:
                # It listens before it has written down its number.
                if probe.connect_ex((self.address, self.port)) == 0 and number.is_file() and number.read_text().strip():
                    return
            time.sleep(0.02)
        raise AssertionError((self.folder / "sshd.log").read_text())

    def kill(self) -> None:
        """Kill sshd and every session of its."""
        if self._daemon is None:
            return
        self.cut()
        self._daemon.communicate()
        self._daemon = None

    def hang(self) -> None:
        """Stop sshd and every session of its (SIGSTOP): connections are taken, and nobody answers."""
        self._tell(signal.SIGSTOP, self.pid)

    def resume(self) -> None:
        """Let them go on after ``hang``."""
        self._tell(signal.SIGCONT, self.pid)

    def cut(self) -> None:
        """Kill every session: what a link that is cut looks like to a client. What the sessions ran goes on."""
        self._tell(signal.SIGKILL)

    def _tell(self, number: signal.Signals, *more: int) -> None:
        for pid in (*self._sessions(), *more):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _sessions(self) -> list[int]:
        below = {self.pid}
        found = []
        for _ in range(3):  # the listener, its privileged monitor, and the user's own part
            for pid in sorted(int(name) for name in os.listdir("/proc") if name.isdigit()):
                try:
                    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                    name = Path(f"/proc/{pid}/comm").read_text().strip()
                except OSError:
                    continue
                if int(fields[1]) in below and name.startswith("sshd") and pid not in below:
                    below.add(pid)
                    found.append(pid)
        return found

    def know_host(self) -> None:
        """Put the host's key where the client looks for it."""
        kind, key = (self.folder / "host_key.pub").read_text().split()[:2]
        (self.folder / "known_hosts").write_text(f"[{self.address}]:{self.port} {kind} {key}\n")

    def change_host_key(self) -> None:
        """Give the host another key, of which the client was not told."""
        self.kill()
        for name in ("host_key", "host_key.pub"):
            (self.folder / name).unlink()
        _keygen(self.folder / "host_key")
        self.start()

    def _write_config(self) -> None:
        folder = self.folder
        own = (
            *(f"ListenAddress {self.address}", f"Port {self.port}", f"HostKey {folder}/host_key"),
            *(f"PidFile {folder}/sshd.pid", f"AuthorizedKeysFile {folder}/authorized_keys", "StrictModes no"),
            *("UsePAM no", "PasswordAuthentication no", "KbdInteractiveAuthentication no", "UseDNS no"),
            *("PermitRootLogin prohibit-password", "Subsystem sftp internal-sftp", f"SetEnv HOME={self.home}"),
        )
        # sshd takes the first value of a setting.
        (folder / "sshd_config").write_text("\n".join((*self._settings, *own)) + "\n")
        (folder / "ssh_config").write_text(
            f"Host {ALIAS}\n  HostName {self.address}\n  Port {self.port}\n  IdentityFile {folder}/id\n"
            f"  IdentitiesOnly yes\n  UserKnownHostsFile {folder}/known_hosts\n  GlobalKnownHostsFile /dev/null\n"
            "  StrictHostKeyChecking yes\n" + (f"  User {self._account}\n" if self._account else "")
        )


def _keygen(path: Path) -> None:
    words = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path))
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
