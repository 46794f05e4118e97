"""One attempt at a run, from its lease to its result."""

from __future__ import annotations

import os
import sys
import tarfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from autolab_core.cloud import keys
from autolab_core.cloud.runner import protect
from autolab_core.cloud.runner.command import Ended, last_lines, run_command
from autolab_core.cloud.runner.courier import Courier
from autolab_core.cloud.runner.install import InstallFailed, install
from autolab_core.cloud.runner.interrupting import interrupted_by
from autolab_core.cloud.runner.lease import Held, Taken
from autolab_core.cloud.runner.masking import Mask
from autolab_core.cloud.runner.notices import Watch
from autolab_core.cloud.runner.outputs import Outputs
from autolab_core.cloud.runner.stores import Store, StoreFault, sha256_of
from autolab_core.cloud.runner.surroundings import environment_of, secrets_of
from autolab_core.cloud.runner.unpack import Refused, unpack
from autolab_core.cloud.runner.writing import as_bytes, digest, now
from autolab_core.vocab.cloud import CloudEnd, CloudPhase

__all__ = ["COLLECT_SECONDS", "Carrying", "Stopped"]

# After the deadline what there is may still be brought to safety; the engine's own limit is later than that.
COLLECT_SECONDS: Final = 480.0
# The part of that which belongs to the words on how it ended, however long the outputs take.
_LAST_PART: Final = 1 / 8
_TIMED_OUT: Final = 124
_TERMINATED: Final = 143
_NOT_BEGUN: Final = 70  # EX_SOFTWARE
_GUARD_CHANGED: Final = 125
_PAUSES: Final = (0.5, 1.0, 2.0, 5.0, 10.0)


class Stopped(Exception):
    """The run is to end: the deadline, or somebody who said so."""

    def __init__(self, why: str, reason: CloudEnd = CloudEnd.INTERRUPTED) -> None:
        super().__init__(why)
        self.reason = reason


class Carrying:
    """*work* is a folder of our own; *left* are the seconds until the deadline; *told* says why we shall end."""

    def __init__(
        self, store: Store, run: Mapping[str, Any], held: Held, work: str, left: float, told: Callable[[], str | None]
    ) -> None:
        self._store, self._run, self._held, self._told = store, run, held, told
        self._id: str = run["run_id"]
        self._began, self._started_at = time.monotonic(), now()
        self._deadline = self._began + left
        self._repository = os.path.join(work, "repo")
        self._logs, self._place = os.path.join(work, "logs"), os.path.join(work, "python")
        self._downloads = os.path.join(work, "downloads")
        for folder in (self._repository, self._logs, self._downloads):
            os.makedirs(folder, exist_ok=True)
        for name in ("out.log", "err.log"):
            with open(os.path.join(self._logs, name), "ab"):
                pass
        self._out_folder = os.path.join(self._repository, run["output_dir"])
        attempt = held.attempt
        outputs = Outputs(store, self._out_folder, lambda sha256: keys.out(self._id, attempt, sha256))
        self._outputs = outputs
        self._mask = Mask(secrets_of(run))
        every = float(run.get("sync_seconds", 60))
        self._courier = Courier(store, self._id, attempt, self._logs, outputs, every, self._mask)
        self._phase = CloudPhase.STARTING
        self._guard: dict[str, Any] = {"level": None, "changes": []}
        self._command_seconds = self._cpu_seconds = 0.0

    def carry_out(self) -> int:
        """Do everything; the exit code that this process ends with. Nothing is raised that belongs to the run."""
        self._courier.start()
        if self._run.get("spot_notice"):
            Watch(self._courier.warn).start()
        lines: tuple[str, ...] = ()
        try:
            self._enter(CloudPhase.STARTING)
            with interrupted_by(self._go_on):
                self._fetch()
            self._enter(CloudPhase.INSTALLING)
            environment = install(
                self._run["requirements"],
                self._repository,
                self._place,
                environment=environment_of(self._run),
                log=self._log("err.log"),
                why_stop=self._why_stop,
            )
            self._enter(CloudPhase.RUNNING)
            code, reason, message = self._execute(environment)
            lines = last_lines(self._logs) if code else ()
        except InstallFailed as error:
            lines = error.lines
            code, reason, message = error.exit_code, CloudEnd.REQUIREMENTS, str(error)
            if self._why_stop() is not None:
                code, reason, message = self._cut_short()
        except Stopped as error:
            code = _TIMED_OUT if error.reason is CloudEnd.DEADLINE else _TERMINATED
            reason, message = error.reason, str(error)
        except (StoreFault, Refused, OSError, tarfile.TarError, ValueError) as error:
            code, reason, message = _NOT_BEGUN, CloudEnd.STAGING, f"code or data could not be brought here: {error}"
        ended_in = self._phase
        return self._commit(code, reason, self._mask.text(message), ended_in, tuple(map(self._mask.text, lines)))

    def _enter(self, phase: CloudPhase) -> None:
        self._go_on()
        self._phase = phase
        self._courier.enter(phase)

    def _fetch(self) -> None:
        """Bring code and data here, each verified."""
        run = self._run
        protected = {run["spec"]}
        self._unpack(keys.code(self._id), run["code"], self._repository, frozenset(protected))
        for folder in run["data"]:
            place = os.path.join(self._repository, folder["path"])
            os.makedirs(place, exist_ok=True)
            for each in folder["objects"]:
                self._go_on()
                if each["path"] is None:
                    self._unpack(keys.blob(each["sha256"]), each, place, frozenset())
                else:
                    self._alone(each, place)
        os.makedirs(self._out_folder, exist_ok=True)
        spec = os.path.join(self._repository, run["spec"])
        if not os.path.isfile(spec) or sha256_of(spec)[0] != run["spec_sha256"]:
            raise Refused(f"the spec {run['spec']} is not as it was staged")

    def _unpack(self, key: str, wanted: Mapping[str, Any], folder: str, keep: frozenset[str]) -> None:
        path = os.path.join(self._downloads, wanted["sha256"])
        self._get(key, wanted, path)
        unpack(path, folder, self._go_on, keep)
        os.unlink(path)

    def _alone(self, wanted: Mapping[str, Any], folder: str) -> None:
        path = os.path.normpath(os.path.join(folder, wanted["path"]))
        if not path.startswith(f"{folder}/"):
            raise Refused(f"the data names {wanted['path']!r}, which leads out of its folder")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self._get(keys.blob(wanted["sha256"]), wanted, path)
        os.chmod(path, 0o755 if wanted["mode"] & 0o100 else 0o644)

    def _get(self, key: str, wanted: Mapping[str, Any], path: str) -> None:
        self._insist(lambda: self._store.get_to(key, path), self._go_on)
        if sha256_of(path) != (wanted["sha256"], wanted["size"]):
            raise Refused(f"{key} does not hold what was staged: its SHA-256 is another one")

    def _execute(self, environment: Mapping[str, str]) -> tuple[int, CloudEnd, str]:
        """Run the command. How the run ended: exit code, reason, and a line."""
        run, spec = self._run, os.path.join(self._repository, self._run["spec"])
        words = ["/bin/sh", "-c", run["command"]] if run.get("command") is not None else list(run["argv"])
        level, why = protect.level_of(spec, run["spec_sha256"])
        if level == protect.LANDLOCK:
            words = [sys.executable, "-I", os.path.abspath(sys.argv[0]), "enter", spec, "--", *words]
        self._guard = {"level": level, "why": why, "changes": []}
        try:
            ended = run_command(
                words,
                folder=self._repository,
                environment={**environment, "AUTOLAB_CLOUD_RUN": self._id},
                out=self._log("out.log"),
                err=self._log("err.log"),
                why_stop=self._why_stop,
            )
        except OSError as error:
            return 127, CloudEnd.COMMAND, f"the command cannot be started: {error.strerror} ({words[0]})"
        self._command_seconds, self._cpu_seconds = ended.seconds, ended.cpu_seconds
        if not os.path.isfile(spec) or sha256_of(spec)[0] != run["spec_sha256"]:
            self._guard["changes"] = [{"path": run["spec"], "what": "is not as it was staged"}]
            return ended.exit_code or _GUARD_CHANGED, CloudEnd.GUARD, f"the command changed the spec {run['spec']}"
        return self._judged(ended)

    def _judged(self, ended: Ended) -> tuple[int, CloudEnd, str]:
        if ended.stopped is not None:
            return self._cut_short()
        killed = " (it was killed; --memory asks for more, if it was too little)" if ended.exit_code == 137 else ""
        return ended.exit_code, CloudEnd.COMMAND, f"the command ended with {ended.exit_code}{killed}"

    def _cut_short(self) -> tuple[int, CloudEnd, str]:
        told = self._told()
        if told is not None:
            notice = self._courier.notice
            warned = "" if notice is None else f", after the notice that {notice}"
            return _TERMINATED, CloudEnd.INTERRUPTED, told + warned
        hours = round(float(self._run["max_seconds"]) / 3600, 3)
        return _TIMED_OUT, CloudEnd.DEADLINE, f"it was ended at its deadline, after at most {hours:g} h"

    def _commit(self, code: int, reason: CloudEnd, message: str, ended_in: CloudPhase, lines: tuple[str, ...]) -> int:
        """Bring everything to safety and say last how it ended; tried again until there is no time."""
        self._phase = CloudPhase.COLLECTING
        self._courier.enter(CloudPhase.COLLECTING)
        until = max(self._deadline, time.monotonic()) + COLLECT_SECONDS
        outputs_until = until - COLLECT_SECONDS * _LAST_PART
        complete = self._try_until(outputs_until, self._bring_outputs)
        self._try_until(outputs_until, self._courier.send_log)
        manifest = as_bytes(self._outputs.manifest(self._id, self._held.attempt, so_far=not complete))
        result = self._result(code, reason, message, ended_in, lines, digest(manifest), complete)
        data = as_bytes(result)
        try:
            well = (
                self._try_until(until, self._held.require)
                and self._try_until(until, lambda: self._store_once(keys.manifest(self._id), manifest))
                and self._try_until(until, lambda: self._store_once(keys.result(self._id), data))
            )
        except Taken as error:
            sys.stderr.write(f"autolab: the results are not taken: {error}\n")
            return code or _NOT_BEGUN
        if not well:
            sys.stderr.write(f"autolab: the results could not be brought to the storage: {self._courier.fault}\n")
            return code or _NOT_BEGUN
        self._courier.phase = CloudPhase.ENDED
        with suppress(StoreFault):
            self._courier.beat()
        sys.stderr.write(f"autolab: {message}\n")
        return code

    def _bring_outputs(self) -> None:
        self._courier.stop()
        self._courier.sync(lambda: None)

    def _result(
        self,
        code: int,
        reason: CloudEnd,
        message: str,
        phase: CloudPhase,
        lines: tuple[str, ...],
        manifest: str,
        complete: bool,
    ) -> dict[str, Any]:
        return {
            "schema_version": "1.0",
            "run_id": self._id,
            "attempt": self._held.attempt,
            "exit_code": code,
            "reason": reason.value,
            "phase": phase.value,
            "message": message,
            "started_at": self._started_at,
            "finished_at": now(),
            "seconds": round(time.monotonic() - self._began, 3),
            "command_seconds": round(self._command_seconds, 3),
            "cpu_seconds": round(self._cpu_seconds, 3),
            "manifest_sha256": manifest,
            "outputs_complete": complete,
            "last_lines": [line[:2000] for line in lines],
            "guard": self._guard,
            "notice": None if self._courier.notice is None else self._courier.notice._asdict(),
            "host": {
                "name": os.uname().nodename,
                "system": f"{os.uname().sysname} {os.uname().release}",
                "python": sys.version.split()[0],
            },
        }

    def _store_once(self, key: str, data: bytes) -> None:
        if not self._store.put_if_absent(key, data, digest(data)) and self._store.get(key) != data:
            raise Taken(f"{key} was written by another runner")

    def _try_until(self, until: float, act: Callable[[], object]) -> bool:
        """Do *act*, again and again while the storage refuses or says nothing; False when there is no more time."""

        def look() -> None:
            if time.monotonic() > until:
                raise StoreFault("the storage gave no answer in time", transient=True)

        pauses = iter(_PAUSES)
        while True:
            try:
                with interrupted_by(look):
                    act()
            except StoreFault as error:
                self._courier.fault = str(error)
                pause = next(pauses, _PAUSES[-1])
                if time.monotonic() + pause > until:
                    return False
                time.sleep(pause)
            else:
                return True

    def _insist(self, act: Callable[[], None], go_on: Callable[[], None]) -> None:
        """Do *act*, again while the storage may still be well again; *go_on* raises when there is no more time."""
        pauses = iter(_PAUSES)
        while True:
            go_on()
            try:
                act()
            except StoreFault as error:
                if not error.transient:
                    raise
                time.sleep(next(pauses, _PAUSES[-1]))
            else:
                return

    def _go_on(self) -> None:
        """Raise Stopped when the run is to end."""
        if self._why_stop() is not None:
            _, reason, message = self._cut_short()
            raise Stopped(message, reason)

    def _why_stop(self) -> str | None:
        return self._told() or ("the deadline" if self._over() else None)

    def _over(self) -> bool:
        return time.monotonic() >= self._deadline

    def _log(self, name: str) -> str:
        return os.path.join(self._logs, name)
