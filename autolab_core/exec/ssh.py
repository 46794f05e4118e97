"""Running commands on a machine behind ssh, over one connection: the user's own OpenSSH, with the user's own settings.

A command that was given to ssh and brought no whole answer is of unknown fate, and is never run again here: whoever
asked for it has to find out. What failed before any session was had is tried again, with back-off.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import threading
import time
from collections.abc import Callable
from typing import Final

import attrs

from autolab_core.exec.command import Command, CommandResult
from autolab_core.exec.framing import framed, was_begun, without_frame
from autolab_core.exec.local import LocalRunner
from autolab_core.vocab.errors import RunnerError, UsageError

__all__ = ["SshHost", "SshRunner"]

_HOST: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:%\[\]-]*")
_SSH_FAILED: Final = 255
_AWAY_SECONDS: Final = 60.0
# A host that refuses says so at once, one that hangs takes its time at each attempt.
_PATIENCE_SECONDS: Final = 30.0
# Where the user's settings name no interval: a server that says nothing for 20 s is given up. One that only works hard
# still answers this, its network stack and sshd alone do; any byte from there begins the count anew.
_ALIVE: Final = ("-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=4")
# A socket's path has 107 bytes (unix(7)); of these ssh's hash takes 40, and 17 the name under which it makes it.
_FOLDER_MAX: Final = 107 - 1 - 40 - 17
# Said before there is a session: the command was not begun, and trying again may help (OpenSSH's own words).
_NOT_YET: Final = (
    "ssh: connect to host",
    "kex_exchange_identification",
    "banner exchange",
    "session open refused by peer",
    "temporary failure in name resolution",
)
# Said by a connection that was there, and cut.
_CUT: Final = re.compile(r"^connection to .* closed by remote host|broken pipe|timeout, server|client_loop", re.M)
# Said where only a person can help.
_FOR_A_PERSON: Final = (
    ("host key verification failed", "ask its administrators whether its key is new, then mend known_hosts"),
    ("permission denied", "log in by hand once (`ssh {host}`), or add your key to the agent (`ssh-add`)"),
    ("could not resolve hostname", "see the host's name in the profile and in ~/.ssh/config"),
    ("too many authentication failures", "name one key with IdentityFile and IdentitiesOnly in ~/.ssh/config"),
    ("bad configuration option", "mend ~/.ssh/config"),
)


@attrs.frozen
class SshHost:
    """A host as ``~/.ssh/config`` names it. ``config`` is another configuration file, ``control`` a folder of this user
    alone, with a short path, for the socket of the shared connection."""

    name: str
    config: str | None = None
    control: str | None = None
    connect_seconds: int = 15

    def __attrs_post_init__(self) -> None:
        if not _HOST.fullmatch(self.name):
            raise UsageError(f"{self.name!r} is no host that ssh can be given: write its alias of ~/.ssh/config")

    @property
    def options(self) -> tuple[str, ...]:
        """What every ``ssh`` to this host is given, rsync's too. Nothing is ever asked: there may be nobody."""
        return (*self.files, "-o", "BatchMode=yes", "-o", f"ConnectTimeout={self.connect_seconds}", "-T")

    @property
    def files(self) -> tuple[str, ...]:
        """The option that names the configuration, where it is not the user's own."""
        return () if self.config is None else ("-F", self.config)


@attrs.define
class SshRunner:
    """A ``Runner`` on *host*. At most *sessions* commands run at once (sshd's MaxSessions is 10 by default).

    ``tries`` connections are attempted, with back-off between them, of which *sleep* is told. Right after all of them
    have failed only one is: who asks several things of a host that is away is not to wait that long for each.
    """

    host: SshHost
    sessions: int = 6
    tries: int = 5
    sleep: Callable[[float], None] = time.sleep
    _local: LocalRunner = attrs.field(factory=LocalRunner, init=False)
    _free: threading.BoundedSemaphore = attrs.field(init=False)
    _opening: threading.Lock = attrs.field(factory=threading.Lock, init=False)
    _shared: tuple[str, ...] | None = attrs.field(default=None, init=False)
    _alive: tuple[str, ...] = attrs.field(default=_ALIVE, init=False)
    _is_open: bool = attrs.field(default=False, init=False)
    _away_since: float = attrs.field(default=-_AWAY_SECONDS, init=False)

    def __attrs_post_init__(self) -> None:
        self._free = threading.BoundedSemaphore(self.sessions)

    def run(self, command: Command) -> CommandResult:
        """See ``Runner.run``. ``exit_code`` is as a shell has it: 128 + n where signal n ended the command."""
        with self._free:
            tries = 1 if time.monotonic() - self._away_since < _AWAY_SECONDS else self.tries
            until = time.monotonic() + _PATIENCE_SECONDS
            for attempt in range(1, tries + 1):
                mark = f"autolab{secrets.token_hex(12)}"
                said = self._say(command, mark)
                done = without_frame(command, mark, said.stdout, said.stderr)
                if done is not None:
                    return done
                last = attempt == tries or time.monotonic() > until
                if last or not _may_try_again(said, mark):
                    if last and tries > 1:
                        self._away_since = time.monotonic()
                    raise self._failure(command, mark, said)
                self.sleep(min(8.0, 0.5 * 2**attempt))
        raise AssertionError("the last attempt returned or raised")

    def close(self) -> None:
        """End the shared connection, if it is one of ours."""
        shared, self._shared, self._is_open = self._shared, None, False
        if shared:
            self._local.run(Command(("ssh", *self.host.options, *shared, "-O", "exit", self.host.name), timeout=10))

    @property
    def ssh(self) -> tuple[str, ...]:
        """``ssh`` with its options, without a host: for programs that start it themselves. Opens the connection."""
        self._open()
        return self._words()

    def _words(self) -> tuple[str, ...]:
        return ("ssh", *self.host.options, *self._alive, *(self._shared or ()))

    def _say(self, command: Command, mark: str) -> CommandResult:
        quiet = () if command.stdin else ("-n",)
        line = framed(command, mark)
        try:
            refused = self._open()
            if refused is not None:
                return refused  # asked once more, a host that hangs would take as long again
            argv = (*self._words(), *quiet, "--", self.host.name, line)
            return self._local.run(Command(argv, stdin=command.stdin, timeout=command.timeout))
        except RunnerError as error:
            text = str(error).replace("ssh:", f"{command.argv[0]} on {self.host.name}:", 1)
            raise RunnerError(text, transient=error.transient) from error

    def _open(self) -> CommandResult | None:
        """Open the shared connection, once; what ssh said where there was no way to the host. The user's own settings
        may share one already, and say how long to wait for a server."""
        with self._opening:
            if self._shared is None:
                settings = self._settings()
                shares = settings.get("controlpath", "none") != "none"
                shares = shares and settings.get("controlmaster", "false") != "false"
                self._alive = _ALIVE if settings.get("serveraliveinterval", "0") == "0" else ()
                self._shared = () if shares else self._own_socket()
            if self._is_open:
                return None
            # Those that come at once would each find no connection yet and make one of their own.
            done = self._local.run(Command((*self._words(), "-n", "--", self.host.name, "true")))
            self._is_open = not _was_refused(done)
            return None if self._is_open else done

    def _settings(self) -> dict[str, str]:
        """What the user's files say of the host, by the names that ``ssh -G`` has."""
        # Without BatchMode, with which some distributions change the default of ServerAliveInterval.
        asked = ("ssh", *self.host.files, "-G", "--", self.host.name)
        answer = self._local.run(Command(asked, timeout=self.host.connect_seconds + 15))
        if answer.exit_code != 0:
            raise UsageError(f"ssh refuses {self.host.name!r}: {answer.complaint}")
        return dict(line.partition(" ")[::2] for line in answer.text.splitlines())

    def _own_socket(self) -> tuple[str, ...]:
        folder = self.host.control or f"{os.environ.get('XDG_RUNTIME_DIR') or '/tmp'}/autolab-ssh-{os.getuid()}"
        if len(os.fsencode(folder)) > _FOLDER_MAX:
            raise UsageError(f"{folder} is too long a path for a socket: at most {_FOLDER_MAX} bytes")
        _make_private(folder)
        path = f"{folder}/%C"
        return ("-o", "ControlMaster=auto", "-o", f"ControlPath={path}", "-o", "ControlPersist=60")

    def _failure(self, command: Command, mark: str, said: CommandResult) -> RunnerError:
        text = said.stderr.decode("utf-8", "replace")
        low = text.lower()
        for words, way_out in _FOR_A_PERSON:
            if words in low and not was_begun(mark, said.stdout, said.stderr):
                return RunnerError(f"{self.host.name}: {_last(text)}; {way_out.format(host=self.host.name)}")
        what = _last(text.replace(mark, "")) or f"ssh ended with {said.exit_code}"
        program = command.argv[0]
        fate = f"{program} was not run" if _may_try_again(said, mark) else f"it is not known what became of {program}"
        return RunnerError(f"{self.host.name}: {what}; {fate}", transient=True)


def _may_try_again(said: CommandResult, mark: str) -> bool:
    """Whether the command was surely not begun, and another attempt may reach the host."""
    return not was_begun(mark, said.stdout, said.stderr) and _was_refused(said)


def _was_refused(said: CommandResult) -> bool:
    low = said.stderr.decode("utf-8", "replace").lower()
    return said.exit_code == _SSH_FAILED and any(words in low for words in _NOT_YET) and not _CUT.search(low)


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _make_private(folder: str) -> None:
    """The folder, of this user alone: whoever may write it could speak in our name."""
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        about = os.lstat(folder)
        if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & 0o077:
            raise UsageError(f"{folder} is no folder of yours alone: remove it, or name another one") from None
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made: {error.strerror}") from error
