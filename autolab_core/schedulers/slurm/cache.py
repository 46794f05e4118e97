"""Answers of one cluster, shared between the processes of one user for a few seconds.

Many monitors that look at once ask Slurm once: who comes first asks and holds a lock meanwhile, the others read what it
was told. The file is a convenience: one that is damaged, foreign, too old or from the future is as good as none. What
decides whether to submit or cancel is never read from here.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import attrs

from autolab_core.io.atomic import write_bytes
from autolab_core.io.lock import Lock, acquire
from autolab_core.models.job import Answer
from autolab_core.vocab.errors import StoreError

__all__ = ["INTERVAL", "INTERVAL_VARIABLE", "AnswerCache", "interval_of"]

INTERVAL: Final = 3.0
INTERVAL_VARIABLE: Final = "AUTOLAB_SLURM_INTERVAL"
_LONGEST: Final = 3600.0
_MAX_BYTES: Final = 16 * 2**20


def interval_of(environ: Mapping[str, str], policy: float | None = None) -> float:
    """Seconds between two questions to one cluster: the larger of ``AUTOLAB_SLURM_INTERVAL`` and *policy*, or 3.

    Both are a site's word, so neither can take back the other. 0 shares nothing. A variable that is no number from 0 to
    3600 says nothing.
    """
    said = [] if policy is None else [policy]
    try:
        seconds = float(environ.get(INTERVAL_VARIABLE, ""))
    except ValueError:
        seconds = -1.0
    if 0 <= seconds <= _LONGEST:
        said.append(seconds)
    return max(said, default=INTERVAL)


@attrs.frozen
class AnswerCache:
    """The shared answers. ``place`` tells clusters apart that have one name; ``clock`` gives seconds since 1970."""

    environ: Mapping[str, str]
    interval: float
    clock: Callable[[], float]
    place: str = ""

    def shared(
        self,
        cluster: str | None,
        program: str,
        ids: Sequence[str],
        ask: Callable[[], Sequence[Answer]],
        patience: float,
    ) -> Sequence[Answer]:
        """The answers of *program* about *ids*: those of another process that are new enough, else what *ask* brings.

        Waits up to *patience* seconds for who is asking. Whatever is wrong with the folder or the file, *ask* decides.
        """
        path = self._path(cluster, program) if self.interval > 0 else None
        lock: Lock | None = None
        if path is not None:
            with suppress(StoreError):
                lock = acquire(path.with_suffix(".lock"), what=f"{program} of the cluster", wait=patience)
        if path is None or lock is None:
            return ask()
        with lock:
            known = self._read(path, ids)
            if known is not None:
                return known
            answers = ask()
            self._write(path, ids, answers)
            return answers

    def forget(self, cluster: str | None) -> None:
        """Drop what is known of *cluster*: something was just done to it."""
        for program in ("squeue", "sacct"):
            path = self._path(cluster, program) if self.interval > 0 else None
            if path is not None:
                with suppress(OSError):
                    path.unlink()

    def _path(self, cluster: str | None, program: str) -> Path | None:
        folder = self._folder()
        if folder is None:
            return None
        names = (cluster or "", self.place, self.environ.get("SLURM_CONF", ""))
        digest = hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()[:24]
        return folder / f"{digest}.{program}.json"

    def _folder(self) -> Path | None:
        """The user's own folder, or None where it cannot be made, or others could write into it."""
        given = self.environ.get("XDG_CACHE_HOME", "")
        home = self.environ.get("HOME", "")
        base = Path(given) if given.startswith("/") else Path(home) / ".cache" if home.startswith("/") else None
        if base is None:
            return None
        folder = base / "autolab" / "slurm"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return folder if all(_is_ours(each) for each in (folder, folder.parent)) else None
        except OSError:
            return None

    def _read(self, path: Path, ids: Sequence[str]) -> Sequence[Answer] | None:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_size > _MAX_BYTES:
                return None
            try:
                kept = json.loads(file.read(_MAX_BYTES + 1))
                age = self.clock() - float(kept["at"])
                if not 0 <= age < self.interval or not set(ids) <= set(kept["ids"]):
                    return None
                return [_answer(each) for each in kept["answers"]]
            except (ValueError, LookupError, TypeError, RecursionError, OSError):
                return None

    def _write(self, path: Path, ids: Sequence[str], answers: Sequence[Answer]) -> None:
        kept = {"at": self.clock(), "ids": list(ids), "answers": [attrs.asdict(each) for each in answers]}
        data = json.dumps(kept).encode("utf-8", "replace")
        if len(data) <= _MAX_BYTES:
            with suppress(StoreError):
                write_bytes(path, data, mode=0o600)


def _is_ours(folder: Path) -> bool:
    status = os.stat(folder, follow_symlinks=False)
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022


def _answer(data: Mapping[str, Any]) -> Answer:
    """One answer as it was kept. Raises ValueError, LookupError or TypeError for anything else."""
    code, texts = data["exit_code"], [data["stdout"], data["stderr"], data["at"], *data["argv"]]
    if not all(isinstance(text, str) for text in texts) or not (code is None or type(code) is int):
        raise TypeError("no answer")
    return Answer(tuple(data["argv"]), code, data["stdout"], data["stderr"], data["at"])
