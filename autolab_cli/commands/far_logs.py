"""``autolab logs`` of a run behind ssh, while its files are not here: what it has written so far, asked for there."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from autolab_cli.printing import print_json
from autolab_core.io.layout import RunPaths
from autolab_core.io.repository import Repository
from autolab_core.stages.remote.far_logs import BYTES_MAX, FarLook, look_at_logs
from autolab_core.stages.remote.machines import Remote, Remotes
from autolab_core.vocab.errors import AutolabError, UsageError

__all__ = ["FarRun"]

# One refusal of a busy host is no answer; who waits for a log is not to wait for minutes.
_TRIES: Final = 2


class FarRun:
    """The run in *folder* of the repository *root*, which was sent as *sent* (``remote`` of its manifest) says."""

    def __init__(self, root: str, folder: str, sent: Mapping[str, Any], names: tuple[str, ...]) -> None:
        self._root = Path(root)
        self._run = RunPaths(folder)
        self._sent = sent
        self._names = names

    @property
    def _place(self) -> str:
        return f"{self._sent.get('host')}:{self._sent.get('work_tree')}/{self._run.logs}"

    def show(self, run_id: str, *, as_json: bool, follow: Callable[[], bool] | None) -> int:
        """Print the end of its logs; with *follow* go on until it has ended there, or *follow* says that it is over.

        The exit code: 2 where they cannot be had now, which is said in one line; nothing of them is here then.
        """
        note = f"the logs are still at {self._place}, and come home at its end"
        try:
            remote = self._remote()
            if as_json:
                texts = {name: log.text.decode("utf-8", "replace") for name, log in self._look(remote).logs.items()}
                print_json({"run_id": run_id, **texts})
            else:
                self._print(remote, note, follow)
        except AutolabError as error:
            print(f"autolab: {note}; they cannot be read now: {error}", file=sys.stderr)
            return error.exit_code
        return 0

    def _remote(self) -> Remote:
        repository = Repository(self._root)
        profile = self._sent.get("profile")
        if not isinstance(profile, str) or not isinstance(self._sent.get("work_tree"), str):
            raise UsageError("the manifest does not say by which profile the run was sent, or where it lies")
        remote = Remotes(repository.root, repository.remote_profiles, repository.policy)[profile]
        remote.runner.tries = _TRIES
        return remote

    def _look(self, remote: Remote, places: Mapping[str, int] | None = None) -> FarLook:
        wanted = {name: None if places is None else places[name] for name in self._names}
        return look_at_logs(remote.runner, str(self._sent["work_tree"]), self._run, wanted)

    def _print(self, remote: Remote, note: str, follow: Callable[[], bool] | None) -> None:
        places: dict[str, int] | None = None
        while True:
            over = follow is None or not follow()
            look = self._look(remote, places)
            if places is None:
                cut = [name for name, log in look.logs.items() if log.start]
                print(f"autolab: {note}{_cut(cut)}", file=sys.stderr)
            for name, log in look.logs.items():
                stream = sys.stdout if name == self._names[0] else sys.stderr
                stream.write(log.text.decode("utf-8", "replace"))
                stream.flush()
            places = {name: log.start + len(log.text) for name, log in look.logs.items()}
            behind = any(len(log.text) == BYTES_MAX for log in look.logs.values())
            if follow is None or ((over or look.ended) and not behind):
                return
            if not behind:
                time.sleep(max(1.0, remote.profile.poll_seconds))


def _cut(names: list[str]) -> str:
    return f"; this is the last MiB of {' and '.join(names)}" if names else ""
