"""The end of what a run on another machine has written so far: one call a look, and a bounded number of bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from autolab_core.exec.command import Command, Runner
from autolab_core.io.layout import RunPaths
from autolab_core.vocab.errors import RunnerError

__all__ = ["BYTES_MAX", "FarLog", "FarLook", "look_at_logs"]

# Of each log, at one look: more than anybody reads at once, and a second on a slow line.
BYTES_MAX: Final = 1 << 20
_SECONDS: Final = 60.0
_NO_FOLDER: Final = 66

# $1 the folder, $2 the marker of the run's end, $3 how many bytes of a log at most; then names, each with the place
# from which on it is wanted (nothing: its end). The marker is looked for first: what is read after it is all there is.
_SCRIPT: Final = f"""\
cd -- "$1" 2>/dev/null || exit {_NO_FOLDER}
if [ -f "$2" ]; then echo ended; else echo going; fi
most=$3
shift 3
while [ $# -gt 1 ]; do
  size=0 from=${{2:-0}}
  [ -f "$1" ] && [ ! -L "$1" ] && size=$(wc -c <"$1")
  [ -z "$2" ] && [ "$size" -gt "$most" ] && from=$((size - most))
  [ "$from" -gt "$size" ] && from=$size
  count=$((size - from))
  [ "$count" -gt "$most" ] && count=$most
  echo "$from $count"
  [ "$count" -eq 0 ] || tail -c "+$((from + 1))" -- "$1" | head -c "$count"
  shift 2
done
"""


class FarLog(NamedTuple):
    """``text`` begins at the byte ``start`` of the file."""

    start: int
    text: bytes


class FarLook(NamedTuple):
    """The logs by their names. ``ended``: the run had written its end before they were read."""

    logs: Mapping[str, FarLog]
    ended: bool


def look_at_logs(runner: Runner, work_tree: str, run: RunPaths, wanted: Mapping[str, int | None]) -> FarLook:
    """The logs *wanted* of *run*, whose tree is *work_tree* there: from the byte named on, or the end of it for None.

    Of each at most ``BYTES_MAX`` bytes come; one that is not there, or is no regular file, is empty. Raises RunnerError
    where the host does not answer, or has no such folder.
    """
    folder = f"{work_tree}/{run.logs}"
    words = [word for name, start in wanted.items() for word in (name, "" if start is None else str(start))]
    marker = run.exit_marker.rpartition("/")[2]
    argv = ("sh", "-c", _SCRIPT, "sh", folder, marker, str(BYTES_MAX), *words)
    done = runner.run(Command(argv, timeout=_SECONDS))
    if done.exit_code == _NO_FOLDER:
        raise RunnerError(f"{folder} is no folder there; it is made when the run is submitted")
    if done.exit_code != 0:
        raise RunnerError(f"{folder}: {done.complaint or f'exit code {done.exit_code}'}")
    return _look(done.stdout, tuple(wanted))


def _look(said: bytes, names: tuple[str, ...]) -> FarLook:
    state, _, rest = said.partition(b"\n")
    logs = {}
    for name in names:
        head, _, rest = rest.partition(b"\n")
        start, _, count = head.partition(b" ")
        if not (start.isdigit() and count.isdigit()) or len(rest) < int(count):
            raise RunnerError(f"{name} was cut while it was read", transient=True)
        logs[name], rest = FarLog(int(start), rest[: int(count)]), rest[int(count) :]
    return FarLook(logs, state == b"ended")
