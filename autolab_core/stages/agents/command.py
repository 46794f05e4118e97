"""An agent's command: started under the guard with the prompt as its input, kept in a log, and ended in time.

That it starts is on disk before it does. It ends when this process is killed, and until all of it is gone the lock of
the stage is held: nobody starts a second one beside it.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, BinaryIO, Final

import attrs

from autolab_core.exec.watched import Watched
from autolab_core.guard.enforce.syscalls import die_with_parent
from autolab_core.guard.entry import guard_words
from autolab_core.guard.policy import policy_to_data
from autolab_core.io.atomic import make_dirs, store_error, write_json
from autolab_core.io.documents import read_json
from autolab_core.io.layout import AGENT_LOGS, GUARD, guard_policy, guard_record
from autolab_core.io.lock import Lock
from autolab_core.io.repository import Repository
from autolab_core.models.handover import AgentRun, Handover
from autolab_core.models.resources import Duration
from autolab_core.models.stage_context import StageContextFile
from autolab_core.stages.agents.guard import agent_guard
from autolab_core.stages.agents.handing_over import save
from autolab_core.stages.agents.heard import Heard
from autolab_core.stages.agents.options import Echo
from autolab_core.stages.context import StageContext
from autolab_core.vocab.errors import AutolabError, GuardRefused
from autolab_core.vocab.guard import Change
from autolab_core.vocab.times import format_utc, format_utc_fine

__all__ = ["failure_of", "run_agent", "seen_to_end"]

_LINE_MAX: Final = 1 << 16
_TICK_SECONDS: Final = 0.2
_GRACE_SECONDS: Final = 10.0
_KILL_SECONDS: Final = 30.0
_LAST_LINE_BYTES: Final = 4096


def run_agent(
    context: StageContext,
    handover: Handover,
    about: StageContextFile,
    command: tuple[str, ...],
    *,
    timeout: Duration,
    lock: Lock,
    echo: Echo,
) -> Handover:
    """Run *command* for the stage that *handover* is about; the hand-over with the command's end in it.

    *about* is the stage's context, *lock* the stage's. Raises GuardRefused, UsageError when it cannot be guarded as the
    policy requires: then it was not started. KeyboardInterrupt ends it and is raised again, with its end on disk.
    """
    repository = context.repository
    root = os.path.realpath(repository.root)
    policy = agent_guard(repository, about)
    began = context.now()
    run = AgentRun(command, format_utc(began), _log(repository, handover), _guard_id(handover, began))
    make_dirs(repository.absolute(GUARD))
    make_dirs(repository.absolute(AGENT_LOGS))
    path = guard_policy(run.guard)
    write_json(repository.absolute(path), policy_to_data(policy))
    words = (*guard_words(sys.executable, root, os.path.join(root, path), run.guard), *command)
    save(repository, attrs.evolve(handover, agent=run))
    with _opened(repository, run.log) as log, open(repository.absolute(handover.prompt), "rb") as prompt:
        child = Watched(
            words,
            cwd=root,
            env={**os.environ, **_variables(handover, about)},
            line_max=_LINE_MAX,
            prepare=_die_with_us,
            stdin=prompt.fileno(),
            pass_fds=(lock.fileno(),),
        )
        interrupted, timed_out = True, False
        heard = Heard(log, echo, lambda: repository.tree().exists(guard_record(run.guard)))
        try:
            timed_out = _watch(child, timeout, heard)
            interrupted = False
        finally:
            child.close()
            with suppress(OSError):  # its end counts more than its last words
                heard.end()
            at = format_utc(context.now())
            run = attrs.evolve(run, ended_at=at, timed_out=timed_out, interrupted=interrupted)
            ended = attrs.evolve(handover, agent=_with_record(repository, run, _code(child)))
            save(repository, ended)
    assert ended.agent is not None
    if ended.agent.level is None:
        save(repository, handover)
        why = _last_line(repository, run.log).removeprefix("autolab: ") or "it could not be guarded"
        raise GuardRefused(f"the agent was not started: {why}")
    return ended


def seen_to_end(repository: Repository, run: AgentRun) -> AgentRun | None:
    """*run* with the end that the guard's record has of it, where nobody waited for it; None where it has none."""
    found = _record(repository, run)
    if found.get("finished_at") is None:
        return None
    ended = attrs.evolve(run, ended_at=found["finished_at"])
    return _with_record(repository, ended, None)


def failure_of(repository: Repository, run: AgentRun) -> str | None:
    """Why the agent's command did not end well, with the last line of its log; None when it did."""
    changes = (_record(repository, run).get("after") or {}).get("changes") or []
    if changes:
        path, what = changes[0].get("path"), changes[0].get("what")
        more = f", and {len(changes) - 1} more" if len(changes) > 1 else ""
        how = Change(what).meaning if what in list(Change) else what
        return f"the agent changed what is protected: {path} {how}{more}"
    if run.timed_out:
        what = "the agent was ended because its time was over"
    elif run.exit_code != 0:
        what = f"the agent ended with exit code {run.exit_code}"
    else:
        return None
    last = _last_line(repository, run.log)
    return f"{what}: {last}" if last else what


def _variables(handover: Handover, about: StageContextFile) -> Mapping[str, str]:
    return {
        "AUTOLAB_STAGE": handover.stage.value,
        "AUTOLAB_ITERATION_ID": handover.iteration_id,
        "AUTOLAB_ITERATION_PATH": about.iteration.path,
        "AUTOLAB_RUN_ID": handover.run_id or "",
        "AUTOLAB_PROMPT": handover.prompt,
        "AUTOLAB_CONTEXT": handover.context,
    }


def _log(repository: Repository, handover: Handover) -> str:
    """The first of the stage's log names that is free."""
    number, tree = 1, repository.tree()
    while tree.exists(path := f"{AGENT_LOGS}/{handover.stage}-{number}.log"):
        number += 1
    return path


def _guard_id(handover: Handover, now: datetime) -> str:
    stamp = format_utc_fine(now).replace("-", "").replace(":", "")
    return f"agent-{handover.stage}-{stamp}-{secrets.token_hex(2)}"


def _opened(repository: Repository, path: str) -> BinaryIO:
    try:
        return open(repository.absolute(path), "xb", buffering=0)
    except OSError as error:
        raise store_error(path, "cannot be written", error) from error


def _watch(child: Watched, timeout: Duration, heard: Heard) -> bool:
    """Keep what it writes until it has ended; True when it had to be ended because its time was over."""
    until = None if timeout.seconds is None else time.monotonic() + timeout.seconds
    try:
        for output in child.output(_TICK_SECONDS):
            if output is not None:
                heard.add(output.text)
                continue
            heard.flush()
            if until is not None and time.monotonic() > until:
                _stop(child, signal.SIGTERM, heard)
                return True
    except KeyboardInterrupt:
        _stop(child, signal.SIGINT, heard)
        raise
    except BaseException:
        _stop(child, signal.SIGTERM, heard)
        raise
    return False


def _stop(child: Watched, first: signal.Signals, heard: Heard) -> None:
    """Ask, wait, and then kill all that it started. The guard itself goes on to its record."""
    child.signal(first)
    until = time.monotonic() + _GRACE_SECONDS
    for output in child.output(0.1):
        if output is not None:
            heard.add(output.text)
            continue
        with suppress(OSError):  # where the log cannot be written, the agent has to end all the same
            heard.flush()
        if time.monotonic() > until:
            break
    if child.wait(0) is None:
        child.kill_below()
        child.wait(_KILL_SECONDS)


def _code(child: Watched) -> int:
    code = child.wait(0)
    if code is None:
        return 128 + signal.SIGKILL
    return 128 - code if code < 0 else code


def _with_record(repository: Repository, run: AgentRun, code: int | None) -> AgentRun:
    """*run* with level and exit code as the guard's record has them; without a record it was not started."""
    found = _record(repository, run)
    ended = found.get("exit_code")
    if ended is None and found.get("signal"):
        ended = 128 + getattr(signal, str(found["signal"]), signal.SIGKILL)
    return attrs.evolve(run, level=found.get("level"), exit_code=code if ended is None else ended)


def _record(repository: Repository, run: AgentRun) -> Mapping[str, Any]:
    path = guard_record(run.guard)
    try:
        found = read_json(repository.absolute(path), path).data
    except AutolabError:
        return {}
    return found if isinstance(found, dict) else {}


def _last_line(repository: Repository, path: str) -> str:
    try:
        with open(repository.absolute(path), "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _LAST_LINE_BYTES))
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return "".join(each for each in lines[-1] if each.isprintable()) if lines else ""


def _die_with_us() -> None:
    """In the child: end when this process is killed, and with the guard all that it guards."""
    die_with_parent(signal.SIGKILL)
