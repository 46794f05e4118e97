"""Running commands to their end on this machine."""

from __future__ import annotations

import os
import signal
import subprocess

from autolab_core.exec.command import Command, CommandResult
from autolab_core.vocab.errors import RunnerError

__all__ = ["LocalRunner"]


class LocalRunner:
    """Runs commands as children of this process, each in a process group of its own that a time-out kills whole."""

    def run(self, command: Command) -> CommandResult:
        """See ``Runner.run``."""
        try:
            child = subprocess.Popen(
                command.argv,
                cwd=command.cwd,
                env=None if command.env is None else dict(command.env),
                stdin=subprocess.PIPE if command.stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=0,
            )
        except FileNotFoundError as error:
            missing = command.cwd if error.filename == command.cwd else command.argv[0]
            raise RunnerError(f"{missing}: not found") from error
        except OSError as error:
            raise RunnerError(f"{command.argv[0]}: cannot be run: {error.strerror}") from error
        with child:  # closes the pipes, whatever happens
            try:
                stdout, stderr = child.communicate(command.stdin or None, timeout=command.timeout)
            except subprocess.TimeoutExpired as error:
                raise RunnerError(
                    f"{command.argv[0]}: no answer within {command.timeout:g} s", transient=True
                ) from error
            finally:
                if child.poll() is None:
                    _kill_group(child.pid)
        return CommandResult(command.argv, child.returncode, stdout, stderr)


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
