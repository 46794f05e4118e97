"""``run_slurm.sbatch``: pure rendering. Its markers are those of a local run, so both are read in the same way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import attrs

from autolab_core.exec.quoting import quote, quote_all
from autolab_core.models.replicates import RUN_VARIABLE
from autolab_core.schedulers.script import ACTIVATED, IDENTITY, MARKERS, ScriptIdentity
from autolab_core.schedulers.slurm.array import TASK_IDENTITY, TaskArray
from autolab_core.schedulers.slurm.request import SlurmRequest
from autolab_core.schedulers.slurm.scratch import GATHERED, SCRATCH, place_of
from autolab_core.vocab.errors import UsageError
from autolab_core.vocab.limits import HARD_CAPS

__all__ = ["NAME_MAX", "SlurmScript", "render"]

# sacct finds no job by a name of 300 characters, and its database keeps 255 of them.
NAME_MAX: Final = 200
_CAP: Final = HARD_CAPS["launch/run_slurm.sbatch"]
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")
_PATH: Final = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.+/-]*")


@attrs.frozen
class SlurmScript(ScriptIdentity):
    """What goes into the script.

    ``root`` is the repository on the cluster, absolute. ``guard`` is put before the command; it may be empty. With
    ``scratch`` the run has a folder below that one on its node (``AUTOLAB_SCRATCH``), whose content is gathered into
    the run's outputs when the script ends, in whatever way a script can end by itself. With ``requeue`` Slurm may start
    the job again, as another attempt. With ``array`` it is the script of a group: each task of the job array is one of
    the group's replicates.
    Raises UsageError naming what cannot be said in a line that Slurm or the shell reads.
    """

    root: str = attrs.field(kw_only=True)
    command: Sequence[str] = attrs.field(kw_only=True)
    request: SlurmRequest = attrs.field(kw_only=True)
    guard: Sequence[str] = attrs.field(default=(), kw_only=True)
    scratch: str | None = attrs.field(default=None, kw_only=True)
    requeue: bool = attrs.field(default=False, kw_only=True)
    array: TaskArray | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not _NAME.fullmatch(self.token) or len(self.token) > NAME_MAX:
            raise UsageError(
                f"the token {self.token[:80]!r} cannot be a job's name: at most {NAME_MAX} letters, digits and . _ + -"
            )
        if not _PATH.fullmatch(self.run_folder):
            raise UsageError(
                f"the run's folder {self.run_folder!r} cannot stand in an #SBATCH line: "
                "it may hold letters, digits and . _ + - / only"
            )
        if not self.root.startswith("/") or not self.root.isprintable():
            raise UsageError(f"the repository's path on the cluster {self.root!r} is not absolute, or not printable")
        if not self.command:
            raise UsageError("there is no command to run")


def render(content: SlurmScript) -> bytes:
    """The script's bytes.

    It starts at most once, writes its output and markers below ``runs/<run_id>/logs/``, and its exit marker says how
    the command ended. A SIGTERM (the warning before the time limit, ``scancel``, the limit itself) is handed on to the
    command and put on record in ``logs/signal.json``; a run that was told to stop never ends with 0.

    Raises UsageError when the script gets longer than a launch script may be.
    """
    array = content.array
    folder = content.run_folder if array is None else array.folder(content.run_folder)
    given = (
        f"--job-name={content.token}",
        *(() if array is None else array.options()),
        f"--output={folder}/logs/stdout.log",
        f"--error={folder}/logs/stderr.log",
        "--open-mode=append",
        "--export=ALL",
        "--requeue" if content.requeue else "--no-requeue",
        *content.request.options(),
    )
    identity = IDENTITY if array is None else TASK_IDENTITY
    words = content.words() if array is None else content.words() | array.words()
    scratch = ""
    if content.scratch is not None:
        scratch, words["before_end"] = SCRATCH.format(scratch=place_of(content.scratch)), GATHERED
    guard = quote_all(content.guard, RUN_VARIABLE)
    text = (
        _HEAD + identity + (_ATTEMPT if content.requeue else "") + MARKERS + "{scratch}" + ACTIVATED + _COMMAND
    ).format(
        directives="\n".join(f"#SBATCH {option}" for option in given),
        root=quote(content.root),
        first=quote_all((*content.guard, *content.command)[:1], content.variables),
        command=" ".join(filter(None, (guard, quote_all(content.command, content.variables)))),
        scratch=scratch,
        **words,
    )
    lines = text.count("\n")
    if lines > _CAP:
        raise UsageError(
            f"run_slurm.sbatch would have {lines} lines, and {_CAP} are allowed: move a part of the activation block "
            "of docs/environment.md into a file that it sources"
        )
    return text.encode()


_HEAD: Final = """\
#!/usr/bin/env bash
{directives}
# Made by `autolab launch` for run {run_id}. It starts once; `autolab launch` makes a new run.
set -euo pipefail
cd -- {root}
[ -d .autolab ] || {{ echo "$PWD is no Autolab repository on $(uname -n)" >&2; exit 2; }}
"""

# An attempt that Slurm itself began is no second start: what the one before left is kept beside it.
_ATTEMPT: Final = """\
if [ "${{SLURM_RESTART_COUNT:-0}}" -gt 0 ]; then
  for autolab_marker in start signal exit; do
    [ ! -e "$autolab_logs/$autolab_marker.json" ] || mv -f -- "$autolab_logs/$autolab_marker.json" \\
      "$autolab_logs/$autolab_marker.attempt-$((SLURM_RESTART_COUNT - 1)).json"
  done
fi
"""

# Slurm signals the shell alone (``--signal=B:``), and a shell acts on a signal only after a command in the foreground:
# so the command runs in the background and is waited for. A function of the activation block runs in a shell of its
# own, which would die of the signal before its command could write anything: there its children are told instead.
# A signal that comes between the traps and the start of the command is not lost: it is handed on once there is one.
_COMMAND: Final = """\
autolab_signal=''
autolab_child=''
autolab_forward() {{
  autolab_signal=$1
  autolab_again=yes
  printf '{{"token": "%s", "signal": "%s", "at": "%s"}}\\n' "$autolab_token" "$1" "$(autolab_now)" \\
    >"$autolab_logs/signal.json" || :
  if [ -z "$autolab_child" ]; then
    return 0
  elif [ "$(type -t -- {first})" = file ]; then
    kill -s TERM "$autolab_child" 2>/dev/null || :
  else
    pkill -TERM -P "$autolab_child" || kill -s TERM "$autolab_child" 2>/dev/null || :
  fi
}}
trap 'autolab_forward TERM' TERM
trap 'autolab_forward INT' INT
{command} &
autolab_child=$!
[ -z "$autolab_signal" ] || autolab_forward "$autolab_signal"
autolab_again=yes
while [ -n "$autolab_again" ]; do
  autolab_again=''
  autolab_code=0
  wait "$autolab_child" || autolab_code=$?
done
autolab_child=''
if [ -n "$autolab_signal" ]; then
  echo "the run was told to stop (SIG$autolab_signal); its command ended with $autolab_code" >&2
  [ "$autolab_code" -ne 0 ] || autolab_code=143
fi
exit "$autolab_code"
"""
