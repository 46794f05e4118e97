"""The same files behind a runner: one command for all runs, and what did not arrive whole is not known."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from autolab_core.exec.command import Command, CommandResult, Runner
from autolab_core.io.layout import RunPaths
from autolab_core.models.job import Answer
from autolab_core.schedulers.slurm.evidence import MARKER
from autolab_core.schedulers.slurm.job_files import MARKER_BYTES, Place, markers_of
from autolab_core.vocab.errors import RunnerError
from autolab_core.vocab.times import format_utc

__all__ = ["FarFiles"]

_SECONDS: Final = 60.0

# Standard input has the markers' paths, one a line. What is there is told with its kind, and what can be a marker is
# sent as an archive: tar opens nothing but regular files, so a pipe or a device in the place of a marker holds nobody
# up, and a name means nothing to a shell.
_READ: Final = f"""\
list=$(while IFS= read -r path; do
  [ -e "$path" ] || [ -L "$path" ] || continue
  if [ -L "$path" ] || [ ! -f "$path" ]; then printf 'strange %s\\n' "$path"
  elif [ "$(wc -c <"$path")" -gt {MARKER_BYTES} ]; then printf 'long %s\\n' "$path"
  else printf 'there %s\\n' "$path"; fi
done)
printf '%s\\n\\n' "$list"
printf '%s\\n' "$list" | sed -n 's/^there //p' | tar -cPf - --no-unquote -T -
"""
_MAKE: Final = """\
for folder; do
  mkdir -p -- "$folder" || exit 3
  if [ -e "$folder/start.json" ] || [ -L "$folder/start.json" ]; then printf '%s\\n' "$folder"; exit 0; fi
done
"""
_REQUEST: Final = """\
request=$(cat) || exit 3
for path; do
  mkdir -p -- "${path%/*}" && printf '%s' "$request" >"$path.tmp" && mv -f -- "$path.tmp" "$path" || exit 3
done
"""


class FarFiles:
    """The files of runs on the machine that *runner* is on, each below the root of its own place."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def absolute(self, place: Place, path: str) -> str:
        """See ``JobFiles.absolute``."""
        return f"{_root(place)}/{path}"

    def prepare(self, places: Sequence[Place]) -> str | None:
        """See ``JobFiles.prepare``."""
        folders = {f"{_root(place)}/{RunPaths(place.folder).logs}": place.folder for place in places}
        done = self._run(_MAKE, *folders)
        begun = done.text.rstrip("\n")
        return folders[begun] if begun else None

    def markers(self, places: Sequence[Place], now: datetime) -> Sequence[tuple[Answer, ...]]:
        """See ``JobFiles.markers``."""
        if not places:
            return []
        wanted = {place: {f"{_root(place)}/{path}": path for path in markers_of(place.folder)} for place in places}
        listing = "".join(f"{path}\n" for paths in wanted.values() for path in paths)
        done = self._run(_READ, stdin=listing.encode())
        answers = _answers(done.stdout, {each: path for paths in wanted.values() for each, path in paths.items()}, now)
        return [tuple(answers[each] for each in wanted[place] if each in answers) for place in places]

    def request_end(self, places: Sequence[Place], token: str, reason: str) -> None:
        """See ``JobFiles.request_end``."""
        request = json.dumps({"token": token, "reason": reason}) + "\n"
        paths = [f"{_root(place)}/{RunPaths(place.folder).cancel_request}" for place in places]
        self._run(_REQUEST, *paths, stdin=request.encode())

    def _run(self, script: str, *words: str, stdin: bytes = b"") -> CommandResult:
        command = Command(("sh", "-c", script, "sh", *words), stdin=stdin, timeout=_SECONDS)
        done = self._runner.run(command)
        if done.exit_code != 0:
            why = done.complaint or f"exit code {done.exit_code}"
            raise RunnerError(f"the run's files on the far side cannot be reached: {why}")
        return done


def _root(place: Place) -> str:
    if place.root is None:
        raise RunnerError(f"it is not on record where {place.folder} lies on the far side")
    return place.root


def _answers(source: bytes, wanted: dict[str, str], now: datetime) -> dict[str, Answer]:
    """The answer of each absolute path that is there. Raises RunnerError for a reply that is not whole."""
    listing, end, archive = source.partition(b"\n\n")
    at = format_utc(now)
    found: dict[str, Answer] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as members:
            texts = {
                member.name: file.read(MARKER_BYTES).decode("utf-8", "replace")
                for member in members
                if member.isreg() and (file := members.extractfile(member)) is not None
            }
    except (tarfile.TarError, EOFError, OSError) as error:
        raise RunnerError(f"the run's markers did not arrive whole: {error}", transient=True) from error
    for line in listing.decode("utf-8", "surrogateescape").splitlines():
        kind, _, absolute = line.partition(" ")
        path = wanted.get(absolute)
        if path is None or not end:
            raise RunnerError("the list of the run's markers cannot be understood", transient=True)
        if kind == "there" and absolute in texts:
            found[absolute] = Answer((MARKER, path), 0, texts[absolute], "", at)
        else:
            found[absolute] = Answer((MARKER, path), 1, "", f"{path}: {_WHY.get(kind, _VANISHED)}", at)
    return found


_WHY: Final = {"strange": "is no regular file", "long": f"is longer than {MARKER_BYTES} bytes"}
_VANISHED: Final = "was replaced while it was read"
