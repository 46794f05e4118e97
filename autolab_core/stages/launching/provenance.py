"""What a run could rely on: the commit, the interpreter and packages behind the activation block, the inputs."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from autolab_core.exec.command import Command, Runner
from autolab_core.git.commit import commit_at
from autolab_core.io.environment import Activation
from autolab_core.io.layout import IterationPaths
from autolab_core.io.repository import Repository
from autolab_core.models.design import Design
from autolab_core.models.manifest import Commit, Environment
from autolab_core.vocab.errors import DocumentError, RunnerError
from autolab_core.vocab.paths import relative_problem

__all__ = ["commit_of", "declared_inputs", "environment_of", "environment_there"]

# Runs in the project's own environment, which need not have this package; standard library only.
_PROBE: Final = """\
import hashlib, importlib.metadata, json, platform
names = sorted({f"{d.metadata['Name']}=={d.version}" for d in importlib.metadata.distributions()})
print(json.dumps({"python": platform.python_version(), "platform": platform.platform(), "hostname": platform.node(),
    "packages": len(names), "packages_sha256": hashlib.sha256("\\n".join(names).encode()).hexdigest()}))
"""


def commit_of(runner: Runner, repository: Repository, paths: IterationPaths | None = None) -> Commit:
    """What is checked out; ``note`` says plainly when there is no git to say it.

    What Autolab itself writes is no change: its records and, of the iteration *paths*, launch scripts and runs.
    """
    own = () if paths is None else (paths.run_local, paths.run_slurm, f"{paths.runs}/")
    return commit_at(runner, str(repository.root), own)


def environment_of(
    runner: Runner | None, repository: Repository, activation: Activation, design: Design
) -> Environment:
    """The environment that the activation block makes, asked by running the block and its ``python``.

    Where that fails, ``note`` says how; the launch goes on, because the run itself will show it. Without a *runner*
    nobody is asked yet.
    """
    found = Environment(
        activation_sha256=activation.sha256, inputs=_hash_inputs(repository, declared_inputs(design, repository))
    )
    if runner is None:
        return found
    environment = {**os.environ, "AUTOLAB_PROBE": _PROBE}
    # Not from standard input: a block that reads (ssh does) would take the rest of the script.
    command = Command(
        ("bash", "-c", _script(activation.text)), cwd=str(repository.root), env=environment, timeout=120.0
    )
    return attrs.evolve(_asked(runner, command, found), hostname=os.uname().nodename)


def environment_there(runner: Runner, work_tree: str, activation: str, known: Environment) -> Environment:
    """*known* with what *activation* makes of the machine of *runner*, asked in the *work_tree* there."""
    argv = ("env", f"AUTOLAB_PROBE={_PROBE}", "bash", "-c", _script(activation))
    return _asked(runner, Command(argv, cwd=work_tree, timeout=120.0), known)


def _script(activation: str) -> str:
    return f'set -eo pipefail\n{activation}\npython -c "$AUTOLAB_PROBE"\n'


def _asked(runner: Runner, command: Command, known: Environment) -> Environment:
    answer: dict[str, Any] = {}
    note = None
    try:
        result = runner.run(command)
        if result.exit_code == 0:
            answer = json.loads(result.stdout.splitlines()[-1])
        else:
            note = f"the environment could not be asked: {result.complaint or f'exit code {result.exit_code}'}"
    except RunnerError as error:
        note = f"the environment could not be asked: {error}"
    except (ValueError, LookupError):
        note = "the environment could not be asked: its python gave no answer"
    return attrs.evolve(
        known,
        python=answer.get("python"),
        platform=answer.get("platform"),
        hostname=answer.get("hostname"),
        packages_sha256=answer.get("packages_sha256"),
        note=note,
    )


def declared_inputs(design: Design, repository: Repository) -> tuple[str, ...]:
    """The design's ``inputs``, and those of its entry point's arguments that name a file of the repository."""
    named = [
        item
        for value in design.entrypoint.args.values()
        for item in (value if isinstance(value, list | tuple) else [value])
        if isinstance(item, str) and relative_problem(item) is None and os.path.isfile(repository.root / item)
    ]
    return tuple(sorted({*design.inputs, *named}))


def _hash_inputs(repository: Repository, paths: tuple[str, ...]) -> Mapping[str, str]:
    """sha256 of each input, streamed; a folder is hashed as the sorted paths and hashes of all that lies in it."""
    return {path: _hash_path(repository, path) for path in paths}


def _hash_path(repository: Repository, path: str) -> str:
    """``sha256:<hex>``, ``missing``, or ``unreadable: …`` with the reason."""
    try:
        absolute = repository.absolute(path)
        return f"sha256:{_hash_folder(absolute) if absolute.is_dir() else _hash_file(os.path.realpath(absolute))}"
    except FileNotFoundError:
        return "missing"
    except DocumentError as error:
        return f"unreadable: {error.message}"
    except OSError as error:
        return f"unreadable: {error.strerror}"


def _hash_folder(top: Path) -> str:
    digest = hashlib.sha256()
    for folder, folders, names in sorted(os.walk(top, onerror=_refuse)):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in sorted([*names, *links]):
            full = os.path.join(folder, name)
            # A link is its target's name: what it leads to may lie anywhere.
            what = f"link:{os.readlink(full)}" if os.path.islink(full) else _hash_file(full)
            digest.update(f"{os.path.relpath(full, top)}\0{what}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _refuse(error: OSError) -> None:
    raise error


def _hash_file(path: str) -> str:
    """sha256 of a regular file; opening anything else could wait for ever."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, f"{os.path.basename(path)} is not a regular file")
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
