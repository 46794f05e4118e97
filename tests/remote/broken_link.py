"""An sshd whose link is cut at a chosen command: before the command begins, in the middle of its answer, or once
it has done its work."""

from __future__ import annotations

import shlex
from pathlib import Path

__all__ = ["AMID_PIECES", "BrokenLink"]

AMID_PIECES = 20

# Stands in the place of every command. What is not plain comes in octal, which `%b` turns back.
_LOGIN = """\
#!/bin/sh
[ -e {folder}/fault ] || exec sh -c "$SSH_ORIGINAL_COMMAND"
cd {folder} || exit 1
exec 9>lock; flock 9
text=$(printf %b "$SSH_ORIGINAL_COMMAND" | tr '\\0' ' ')
printf '%s\\n' "$text" >>commands
moment=never; read -r moment left wanted <fault 2>/dev/null
case $text in
*"$wanted"*) [ "$moment" = never ] || left=$((left - 1)) ;;
esac
if [ "$moment" != never ]; then echo "$moment $left $wanted" >fault; fi
if [ "$moment" != never ] && [ "$left" -le 0 ]; then rm -f fault; else moment=never; fi
exec 9>&-
cd
[ "$moment" != never ] || exec sh -c "$SSH_ORIGINAL_COMMAND"
case $moment in
amid) sh -c "$SSH_ORIGINAL_COMMAND" 2>/dev/null | dd bs=64k count={amid} 2>/dev/null ;;
after) sh -c "$SSH_ORIGINAL_COMMAND" >/dev/null 2>&1 ;;
esac
kill -9 "$PPID"
"""


class BrokenLink:
    """The faults of one server, in the folder *folder*. ``login`` is what ``SshServer`` is given."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        folder.chmod(0o777)  # the account there may be another one
        self._folder = folder
        self.login = _LOGIN.format(folder=shlex.quote(str(folder)), amid=AMID_PIECES)

    def cut(self, moment: str, wanted: str, number: int = 1) -> None:
        """Cut the link at the *number*-th command from now that has *wanted* in its text.

        ``before`` it begins, ``amid`` its answer, of which so many pieces of 64 KiB at most come here, or ``after`` it.
        """
        fault = self._folder / "fault"
        fault.write_text(f"{moment} {number} {wanted}\n")
        fault.chmod(0o666)

    @property
    def fired(self) -> bool:
        """Whether the link was cut."""
        return not (self._folder / "fault").exists()

    def mend(self) -> None:
        """No fault any more."""
        (self._folder / "fault").unlink(missing_ok=True)

    @property
    def commands(self) -> str:
        """What was asked for while a fault was waiting, in order, as the shell there reads it."""
        return (self._folder / "commands").read_text(errors="replace")
