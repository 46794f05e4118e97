"""Commands behind a few lines of shell: what a login node has to load before a scheduler's commands are there."""

from __future__ import annotations

from typing import Final

import attrs

from autolab_core.exec.command import Command, CommandResult, Runner

__all__ = ["ActivatedRunner"]

# What the lines print is nobody's answer. They read no standard input, which is the command's.
_BEHIND: Final = '{{\n{lines}\n}} </dev/null >&2\nexec "$@"\n'


@attrs.frozen
class ActivatedRunner:
    """Runs each command through *runner*, in the shell that *lines* have been run in; with none, as it is.

    A line that fails stops nothing: the command then says itself what is missing.
    """

    runner: Runner
    lines: str | None = None

    def run(self, command: Command) -> CommandResult:
        """See ``Runner.run``. An environment that replaces the one there is set before the lines are run."""
        if not self.lines or not self.lines.strip():
            return self.runner.run(command)
        script = _BEHIND.format(lines=self.lines.rstrip("\n"))
        argv = ("bash", "-c", script, "bash", *command.argv)
        done = self.runner.run(Command(argv, command.cwd, command.env, command.stdin, command.timeout))
        return CommandResult(command.argv, done.exit_code, done.stdout, done.stderr)
