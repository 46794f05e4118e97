"""The question that ``remote check`` asks of a far side, and its answer as values. POSIX ``sh``; nothing is left."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import attrs

from autolab_core.exec.command import Command

__all__ = ["FarAnswer", "FarDisk", "parse_answer", "probe_command"]

_SECONDS: Final = 60.0
_PROGRAMS: Final = (
    *("git --version", "rsync --version", "sha256sum --version", "find --version", "xargs --version"),
    *("sinfo -V", "sbatch -V", "squeue -V", "sacct -V"),
)
_MARK: Final = "autolab-check"
# $1 the root, $2 the scratch folder or nothing, $3 the interpreter, then programs with what makes them name themselves.
# A line each: a name, a tab, what there is to say. What is not there has no line.
_SCRIPT: Final = f"""\
say() {{ printf '%s\\t%s\\n' "$1" "$2"; }}
say shell "${{SHELL:-unknown}}"
say umask "$(umask)"
look() {{
    case $2 in
    '~/'*) folder=$HOME/${{2#??}} ;;
    *) folder=$2 ;;
    esac
    [ -d "$folder" ] && say "$1.there" yes
    while [ ! -d "$folder" ]; do folder=$(dirname -- "$folder"); done
    say "$1.folder" "$(cd -- "$folder" && pwd -P)"
    file=$folder/.{_MARK}.$$
    if said=$( (LC_ALL=C head -c 1024 /dev/zero >"$file") 2>&1); then
        say "$1.writable" yes
    else
        say "$1.refusal" "$(printf '%s\n' "${{said##*: }}" | head -n 1)"
    fi
    rm -f -- "$file"
    say "$1.space" "$(LC_ALL=C df -Pk -- "$folder" | tail -n 1)"
    say "$1.inodes" "$(LC_ALL=C df -Pi -- "$folder" | tail -n 1)"
}}
look root "$1"
[ -n "$2" ] && look scratch "$2"
said=$("$3" -c 'import sys; print(sys.version.split()[0])' </dev/null 2>/dev/null) && say python "$said"
shift 3
for each in "$@"; do
    program=${{each%% *}}
    command -v "$program" >/dev/null 2>&1 || continue
    said=$("$program" "${{each#* }}" </dev/null 2>&1) && say "$program" "$(printf '%s\\n' "$said" | head -n 1)"
done
say {_MARK} done
"""
_COUNTS: Final = re.compile(r"\s([0-9]+)\s+[0-9]+\s+([0-9]+)\s+(?:[0-9]+%|-)\s")


@attrs.frozen
class FarDisk:
    """A folder there. ``folder`` is the nearest one that exists; ``refusal`` says why nothing can be written, else it
    is None. Sizes are bytes, None where the file system does not tell."""

    folder: str
    exists: bool
    refusal: str | None
    free: int | None
    size: int | None
    free_inodes: int | None


@attrs.frozen
class FarAnswer:
    """``programs`` maps those that are there to their versions."""

    login_shell: str
    umask: int | None
    root: FarDisk
    scratch: FarDisk | None
    python: str | None
    programs: Mapping[str, str]


def probe_command(root: str, scratch: str | None, python: str) -> Command:
    """The question. It is answered within a minute, or not at all."""
    return Command(("sh", "-c", _SCRIPT, "sh", root, scratch or "", python, *_PROGRAMS), timeout=_SECONDS)


def parse_answer(text: str) -> FarAnswer | None:
    """The answer in *text*; None when it did not arrive whole. Lines that are not ours are passed over."""
    said = dict(line.split("\t", 1) for line in text.splitlines() if "\t" in line)
    if said.get(_MARK) != "done":
        return None
    umask = said.get("umask", "")
    return FarAnswer(
        login_shell=said.get("shell", "unknown"),
        umask=int(umask, 8) if re.fullmatch(r"[0-7]{1,5}", umask) else None,
        root=_disk(said, "root"),
        scratch=_disk(said, "scratch") if "scratch.folder" in said else None,
        python=said.get("python"),
        programs={name: said[name] for each in _PROGRAMS if (name := each.split()[0]) in said},
    )


def _disk(said: Mapping[str, str], name: str) -> FarDisk:
    size, free = _counts(said.get(f"{name}.space", ""))
    _, inodes = _counts(said.get(f"{name}.inodes", ""))
    return FarDisk(
        folder=said.get(f"{name}.folder", ""),
        exists=f"{name}.there" in said,
        refusal=None if f"{name}.writable" in said else said.get(f"{name}.refusal") or "it cannot be written",
        free=None if free is None else free * 1024,
        size=None if size is None else size * 1024,
        free_inodes=inodes,
    )


def _counts(line: str) -> tuple[int | None, int | None]:
    """All and free of a line of ``df -P``; (None, None) where it has no numbers, or none are counted."""
    found = _COUNTS.search(f" {line} ")
    if found is None or found[1] == "0":
        return None, None
    return int(found[1]), int(found[2])
